package superoffice

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/fakehttp"
	"github.com/superoffice-go/superoffice/internal/transport"
)

// listen serves every connection with handle, one goroutine each, until the
// test ends, and returns the address and the number of connections so far.
func listen(t testing.TB, handle func(net.Conn)) (address string, accepted *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		conns []net.Conn
	)
	accepted = new(atomic.Int64)
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			group.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, conn := range conns {
			_ = conn.Close()
		}
		mu.Unlock()
		group.Wait()
	})
	return listener.Addr().String(), accepted
}

// receive reads one request whole, or tells that there is none.
func receive(r *bufio.Reader) (*http.Request, bool) {
	req, err := http.ReadRequest(r)
	if err != nil {
		return nil, false
	}
	_, err = io.Copy(io.Discard, req.Body)
	return req, err == nil
}

// client returns a client of an address, on a transport of its own.
func clientOf(t testing.TB, address string, opts ...ClientOption) *Client {
	t.Helper()
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	client, err := NewClient(address, append([]ClientOption{WithRetry(hurried())}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// secureServer answers every call with 200, and keeps quiet about handshakes
// that fail.
func secureServer(t testing.TB, protocols *tls.Config) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	calls := new(atomic.Int64)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"Provider":"p"}`)
	}))
	server.TLS = protocols
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, calls
}

// dialing is a transport that dials by a function.
func dialing(transport http.RoundTripper, dial func(ctx context.Context) (net.Conn, error)) ClientOption {
	own := transport.(*http.Transport).Clone()
	own.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }
	return WithHTTPClient(&http.Client{Transport: own})
}

func connect(ctx context.Context, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// refusing is an address where nobody listens: port 1 was given to tcpmux.
const refusing = "127.0.0.1:1"

var bothClasses = []class{read, write}

// What fails before a request can have been written is tried again, whatever
// the call does.
func TestFailuresBeforeTheRequest(t *testing.T) {
	t.Parallel()
	modern, modernCalls := secureServer(t, &tls.Config{MinVersion: tls.VersionTLS13})
	aged := modern.Client().Transport.(*http.Transport).Clone()
	aged.TLSClientConfig.MaxVersion = tls.VersionTLS12
	slammed, _ := listen(t, func(net.Conn) {})
	silent, _ := listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	hasty := RetryPolicy{AttemptTimeout: 30 * time.Millisecond, Sleep: new(naps).sleep}
	trusting := func(address string) ClientOption {
		return dialing(modern.Client().Transport, func(ctx context.Context) (net.Conn, error) { return connect(ctx, address) })
	}
	for name, c := range map[string]struct {
		address string
		opts    []ClientOption
		text    string
	}{
		"connection refused":    {refusing, nil, "refused"},
		"no version in common":  {modern.URL, []ClientOption{WithHTTPClient(&http.Client{Transport: aged})}, "protocol version"},
		"hung up in handshake":  {modern.URL, []ClientOption{trusting(slammed)}, ""},
		"handshake gets silent": {modern.URL, []ClientOption{trusting(silent), WithRetry(hasty)}, "the attempt took longer than RetryPolicy.AttemptTimeout"},
		"dial takes too long": {"http://127.0.0.1", []ClientOption{WithRetry(hasty), dialing(newTransport(), func(ctx context.Context) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})}, "the attempt took longer than RetryPolicy.AttemptTimeout"},
		"name server is down": {"http://127.0.0.1", []ClientOption{dialing(newTransport(), func(context.Context) (net.Conn, error) {
			return nil, &net.DNSError{Err: "server misbehaving", Name: "crm.example.com", IsTemporary: true}
		})}, "server misbehaving"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range bothClasses {
				err := send(t.Context(), clientOf(t, c.address, c.opts...), kind)
				assert.Equal(t, 4, failureOfCall(t, err).Attempts, "%v %v", kind, err)
				assert.ErrorContains(t, err, c.text)
				assert.NotContains(t, err.Error(), "Post ", "net/http's wrapping is off")
			}
		})
	}
	t.Cleanup(func() { assert.Zero(t, modernCalls.Load()) })
}

// A server that comes up late gets a write once.
func TestAWriteReachesAServerThatComesUpLate(t *testing.T) {
	t.Parallel()
	server, calls := secureServer(t, nil)
	slammed, _ := listen(t, func(net.Conn) {})
	var dials atomic.Int64
	client := clientOf(t, server.URL, dialing(server.Client().Transport, func(ctx context.Context) (net.Conn, error) {
		switch dials.Add(1) {
		case 1:
			return connect(ctx, refusing)
		case 2:
			return connect(ctx, slammed)
		}
		return connect(ctx, server.Listener.Addr().String())
	}))
	var got Response
	require.NoError(t, send(t.Context(), client, write, CaptureResponse(&got)))
	assert.Equal(t, []int64{3, 3, 1}, []int64{int64(got.Attempts), dials.Load(), calls.Load()})
}

// Some failures are the same the next time.
func TestFailuresThatStay(t *testing.T) {
	t.Parallel()
	secure, calls := secureServer(t, nil)
	plain, _ := listen(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1))
		_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
	})
	smtp, _ := listen(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1))
		_, _ = io.WriteString(conn, "220 mail.example.com ESMTP\r\n")
	})
	for name, c := range map[string]struct {
		address string
		opts    []ClientOption
		text    string
	}{
		"an authority nobody knows": {secure.URL, nil, "certificate"},
		"a certificate of another": {"https://other.example.net", []ClientOption{dialing(secure.Client().Transport, func(ctx context.Context) (net.Conn, error) {
			return connect(ctx, secure.Listener.Addr().String())
		})}, "certificate is valid for"},
		"a name that does not exist": {"https://crm.example.com", []ClientOption{dialing(newTransport(), func(context.Context) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "crm.example.com", IsNotFound: true}
		})}, "no such host"},
		"http where TLS is due":      {"https://" + plain, nil, "HTTP response to HTTPS client"},
		"neither HTTP nor TLS there": {"https://" + smtp, nil, "does not look like a TLS handshake"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range bothClasses {
				err := send(t.Context(), clientOf(t, c.address, c.opts...), kind)
				assert.Equal(t, 1, failureOfCall(t, err).Attempts, "%v %v", kind, err)
				assert.ErrorContains(t, err, c.text)
			}
		})
	}
	t.Cleanup(func() { assert.Zero(t, calls.Load()) })
}

// Once a request may have been seen, a write is over, whatever comes then.
func TestFailuresAfterTheRequest(t *testing.T) {
	t.Parallel()
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	for name, c := range map[string]struct {
		reply string
		reset bool
		is    error
	}{
		"no word":                 {"", false, io.EOF},
		"half a status line":      {"HTTP/1.1 2", false, nil},
		"wrong length":            {head + "Content-Length: 999\r\n\r\n{\"Provider\":\"p\"", false, io.ErrUnexpectedEOF},
		"whole value, cut length": {head + "Content-Length: 17\r\n\r\n{\"Provider\":\"p\"}", false, io.ErrUnexpectedEOF},
		"chunks that stop":        {head + "Transfer-Encoding: chunked\r\n\r\n10\r\n{\"Provider\":\"p\"}\r\n", false, io.ErrUnexpectedEOF},
		"reset in the body":       {head + "Content-Length: 999\r\n\r\n{", true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, want := range map[class]int64{read: 4, write: 1} {
				var seen atomic.Int64
				address, _ := listen(t, func(conn net.Conn) {
					if _, ok := receive(bufio.NewReader(conn)); ok {
						seen.Add(1)
					}
					_, _ = io.WriteString(conn, c.reply)
					if c.reset {
						_ = conn.(*net.TCPConn).SetLinger(0)
					}
				})
				err := send(t.Context(), clientOf(t, address), kind)
				failure := failureOfCall(t, err)
				assert.Equal(t, []int64{want, want}, []int64{int64(failure.Attempts), seen.Load()}, "%v: %v", kind, err)
				assert.Zero(t, failure.StatusCode, "no answer came")
				assert.Empty(t, failure.Body)
				if c.is != nil {
					assert.ErrorIs(t, err, c.is)
				}
			}
		})
	}
}

// A failure counts as answered even if its explanation is cut short.
func TestAFailureThatIsCutShort(t *testing.T) {
	t.Parallel()
	address, accepted := listen(t, func(conn net.Conn) {
		receive(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\nno such th")
	})
	err := send(t.Context(), clientOf(t, address), read)
	require.ErrorIs(t, err, ErrNotFound)
	assert.Equal(t, "no such th", string(failureOfCall(t, err).Body))
	assert.EqualValues(t, 1, accepted.Load())
}

// A server that takes a request and never answers gets a write once and a read
// as often as the policy says, whoever's clock runs out.
func TestAServerThatNeverAnswers(t *testing.T) {
	t.Parallel()
	const limit = 200 * time.Millisecond
	once := RetryPolicy{MaxAttempts: 3, Sleep: new(naps).sleep, AttemptTimeout: limit}
	endless := once
	endless.AttemptTimeout = -1
	for name, opts := range map[string][]ClientOption{
		"attempt's clock":     {WithRetry(once)},
		"http.Client's clock": {WithRetry(endless), WithHTTPClient(&http.Client{Timeout: limit})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, want := range map[class]int{read: 3, write: 1} {
				seen := make(chan struct{}, 100)
				address, _ := listen(t, func(conn net.Conn) {
					r := bufio.NewReader(conn)
					for {
						if _, ok := receive(r); !ok {
							return
						}
						seen <- struct{}{}
					}
				})
				err := send(t.Context(), clientOf(t, address, opts...), kind)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				for range want {
					<-seen
				}
				assert.Equal(t, want, failureOfCall(t, err).Attempts)
				assert.Empty(t, seen)
			}
		})
	}
}

func TestAServerThatNeverAnswersOverHTTP2(t *testing.T) {
	t.Parallel()
	for kind, want := range map[class]int{read: 2, write: 1} {
		seen := make(chan string, 100)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			seen <- fmt.Sprint(r.Proto, r.Header["Idempotency-Key"])
			<-r.Context().Done()
		}))
		server.EnableHTTP2 = true
		server.StartTLS()
		t.Cleanup(server.Close)
		client := clientOf(t, server.URL, WithHTTPClient(server.Client()),
			WithRetry(RetryPolicy{MaxAttempts: 2, AttemptTimeout: 300 * time.Millisecond, Sleep: new(naps).sleep}))
		require.ErrorIs(t, send(t.Context(), client, kind), context.DeadlineExceeded)
		for range want {
			assert.Equal(t, "HTTP/2.0[]", <-seen, "and the empty key is not sent here either")
		}
		assert.Empty(t, seen)
	}
}

// A server that accepts and says nothing at all does not hold a call beyond
// its attempts, nor beyond its own deadline.
func TestAHalfOpenServer(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	address, accepted := listen(t, func(net.Conn) { <-gone })
	t.Cleanup(func() { close(gone) })
	client := clientOf(t, address, WithRetry(RetryPolicy{MaxAttempts: 2, AttemptTimeout: 50 * time.Millisecond, Sleep: new(naps).sleep}))
	err := send(t.Context(), client, read)
	require.ErrorIs(t, err, errAttemptTimeout)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "the attempt took longer than RetryPolicy.AttemptTimeout")
	assert.Equal(t, 2, failureOfCall(t, err).Attempts)
	assert.LessOrEqual(t, accepted.Load(), int64(2))

	err = send(t.Context(), clientOf(t, address, WithTimeout(20*time.Millisecond)), read)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, errAttemptTimeout, "it was the call's own")
	assert.Equal(t, 1, failureOfCall(t, err).Attempts)

	ctx, cancel := context.WithCancelCause(t.Context())
	mine := errors.New("the user went home")
	client = clientOf(t, address, WithRetry(RetryPolicy{AttemptTimeout: -1}), dialing(newTransport(), func(ctx context.Context) (net.Conn, error) {
		defer cancel(mine)
		return connect(ctx, address)
	}))
	err = send(ctx, client, read)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, mine)
	assert.Equal(t, 1, failureOfCall(t, err).Attempts, err)
}

// A connection that the server has closed meanwhile costs a read nothing: not
// a failure, not a wait, not an attempt.
func TestStaleConnections(t *testing.T) {
	t.Parallel()
	for kind, failing := range map[class]int{read: 0, write: 10} {
		var answered atomic.Int64
		key := make(chan string, 100)
		address, _ := listen(t, func(conn net.Conn) {
			r := bufio.NewReader(conn)
			req, ok := receive(r)
			if !ok {
				return
			}
			key <- fmt.Sprint(req.Header["Idempotency-Key"])
			answered.Add(1)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"Provider\":\"p\"}")
			// It seems open until it is used once more: the order in which a
			// closed one and the next request cross is not left to chance.
			_, _ = r.Peek(1)
		})
		client := clientOf(t, address, WithRetry(RetryPolicy{MaxAttempts: 1}))
		failed := 0
		for range 20 {
			if err := send(t.Context(), client, kind); err != nil {
				assert.Equal(t, 1, failureOfCall(t, err).Attempts)
				failed++
			}
		}
		assert.Equal(t, failing, failed, "of 20, %v", kind)
		assert.EqualValues(t, 20-failing, answered.Load())
		for range answered.Load() {
			assert.Equal(t, "[]", <-key, "the header is net/http's business, not the server's")
		}
	}
}

func TestAnswersThatAreTooLarge(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	zip := gzip.NewWriter(&bomb)
	_, err := io.CopyN(zip, zeros{}, 8<<20)
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		switch r.Header.Get("X-Ask") {
		case "length":
			w.Header().Set("Content-Length", "1001")
			_, _ = w.Write(make([]byte, 1001))
		case "chunks":
			for range 3 {
				_, _ = w.Write(make([]byte, 400))
				w.(http.Flusher).Flush()
			}
		case "bomb":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		case "failure":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, strings.Repeat("x", 5000))
		case "fits":
			_, _ = io.WriteString(w, `{"Provider":"`+strings.Repeat("x", 985)+`"}`)
		}
	}))
	t.Cleanup(server.Close)
	client := clientOf(t, server.URL, WithMaxResponseBytes(1000))
	for _, ask := range []string{"length", "chunks", "bomb"} {
		for _, kind := range bothClasses {
			t.Run(ask+" "+kind.String(), func(t *testing.T) {
				t.Parallel()
				err := send(t.Context(), client, kind, WithHeader("X-Ask", ask))
				failure := failureOfCall(t, err)
				assert.Equal(t, 1, failure.Attempts)
				assert.Empty(t, failure.Body)
				assert.ErrorContains(t, err, "the answer is larger than 1000 bytes; see WithMaxResponseBytes")
			})
		}
	}
	failure := failureOfCall(t, send(t.Context(), client, read, WithHeader("X-Ask", "failure")))
	assert.Equal(t, 400, failure.StatusCode, "a failure is told even so")
	assert.LessOrEqual(t, len(failure.Body), 5000)
	info, err := client.User.GetExternalTokens(t.Context(), "quos", WithHeader("X-Ask", "fits"))
	require.NoError(t, err, "1000 bytes are not more than 1000 bytes")
	assert.Len(t, info.Provider, 985)

	req := new(Response)
	require.NoError(t, client.Call(t.Context(), http.MethodHead, "v1/x", nil, nil, WithHeader("X-Ask", "length"), CaptureResponse(req)), "HEAD tells a length and has no body")
	assert.Equal(t, "1001", req.Header.Get("Content-Length"))
}

// zeros has no end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// A body of any length arrives whole, however it is cut into pieces.
func TestBodiesArriveWhole(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 511, 512, 513, 1 << 10, 1<<20 - 1, 1 << 20, 1<<20 + 1, 3 << 20} {
		for _, length := range []int64{-1, int64(size)} {
			want := strings.Repeat("0123456789abcdef", size/16+1)[:size]
			resp := &http.Response{Body: io.NopCloser(strings.NewReader(want)), ContentLength: length}
			got, err := readBody(resp, 4<<20)
			require.NoError(t, err)
			assert.True(t, want == string(got), size)
		}
	}
	_, err := readBody(&http.Response{Body: io.NopCloser(iotest.ErrReader(io.ErrClosedPipe)), ContentLength: 5}, 4)
	var tooLarge *sizeError
	assert.ErrorAs(t, err, &tooLarge, "one that says it is too large is not begun")
}

// A transport of the caller's may do less than net/http's.
func TestOddTransports(t *testing.T) {
	t.Parallel()
	calls := 0
	client := over(t, fakehttp.Transport(func(*http.Request) (*http.Response, error) {
		calls++
		return nil, nil
	}))
	require.ErrorIs(t, send(t.Context(), client, read), errNoAnswer)
	assert.Equal(t, 4, calls)
	client = over(t, fakehttp.Transport(func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 204}, nil }))
	require.NoError(t, send(t.Context(), client, write), "neither body nor header")
	require.ErrorIs(t, send(t.Context(), client, read), ErrNotFound)
}

// A body that gives nothing and never ends is given up, and the file of a Stream
// with it.
func TestAnAnswerThatGivesNothing(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"application/octet-stream", "application/json", "text/xml", "text/html"} {
		for _, begin := range []string{"", `"YWJj`} {
			client := over(t, fakehttp.Transport(func(*http.Request) (*http.Response, error) {
				nothing := readerFunc(func([]byte) (int, error) { return 0, nil })
				return &http.Response{
					StatusCode: 200, Header: http.Header{"Content-Type": {contentType}}, ContentLength: -1,
					Body: io.NopCloser(io.MultiReader(strings.NewReader(begin), nothing)),
				}, nil
			}))
			require.ErrorIs(t, send(t.Context(), client, write), io.ErrNoProgress)
			for _, accept := range []ContentType{"application/octet-stream", "application/json, text/xml"} {
				s, err := getFile(t.Context(), client, WithAccept(accept))
				if err == nil {
					_, err = io.ReadAll(s)
					require.NoError(t, s.Close())
				}
				require.ErrorIs(t, err, io.ErrNoProgress, contentType)
			}
		}
	}
}

// What the caller's CheckRedirect refuses, it would refuse again.
func TestARefusedRedirectIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	mine := errors.New("not today")
	for _, reply := range []error{mine, http.ErrUseLastResponse, nil} {
		server := scripted(says(307, "Location", "/again"))
		asked := 0
		client := over(t, server, WithHTTPClient(&http.Client{Transport: server, CheckRedirect: func(*http.Request, []*http.Request) error {
			asked++
			return reply
		}}))
		err := send(t.Context(), client, read)
		require.Error(t, err)
		failure := failureOfCall(t, err)
		assert.Equal(t, []int{1, 307}, []int{failure.Attempts, failure.StatusCode})
		switch {
		case errors.Is(reply, mine):
			require.ErrorIs(t, err, mine)
			assert.ErrorContains(t, err, "following a redirect: not today")
		case reply != nil:
			require.NoError(t, errors.Unwrap(failure))
		default:
			assert.ErrorContains(t, err, "already 10 redirects")
			assert.Equal(t, []int{9, 10}, []int{asked, server.sent()})
			continue
		}
		assert.Equal(t, []int{1, 1}, []int{asked, server.sent()})
	}
}

// What net/http puts around an error goes; what the error is about stays.
func TestBareErrors(t *testing.T) {
	t.Parallel()
	reason, mine := errors.New("no route to host"), errors.New("sign-in failed")
	assert.Equal(t, reason, bare(&url.Error{Op: "Post", URL: "https://crm.example.com/x?token=secret", Err: reason}))
	assert.Equal(t, reason, bare(reason))
	inner := &url.Error{Op: "Post", URL: "https://login.example.com/oauth?code=secret", Err: reason}
	outer := &stepError{"renewing the credentials", fmt.Errorf("%w: %w", mine, inner)}
	for _, err := range []error{bare(outer), bare(&url.Error{Op: "Post", URL: "https://crm.example.com/", Err: outer})} {
		assert.EqualError(t, err, `renewing the credentials: sign-in failed: Post "https://login.example.com": no route to host`)
		assert.ErrorIs(t, err, mine)
		assert.ErrorIs(t, err, reason)
		var found *url.Error
		assert.ErrorAs(t, err, &found)
	}
	assert.EqualError(t, bare(fmt.Errorf("x: %w", &url.Error{Op: "parse", URL: "%zz:secret", Err: reason})), `x: parse "elsewhere": no route to host`)
	nameless := fmt.Errorf("x: %w", &url.Error{Op: "parse", Err: reason})
	assert.Equal(t, nameless, bare(nameless))
}

// newTransport is what a client has that is given none.
func newTransport() http.RoundTripper { return transport.New() }

// swapsDefault is what a program may put in the place of http.DefaultTransport.
type swapsDefault struct{ http.RoundTripper }

func TestTheDefaultTransport(t *testing.T) { // not parallel: it swaps a global
	standard := http.DefaultTransport.(*http.Transport)
	own := newTransport().(*http.Transport)
	assert.NotSame(t, standard, own)
	assert.GreaterOrEqual(t, own.MaxIdleConnsPerHost, 64)
	assert.GreaterOrEqual(t, own.MaxIdleConns, own.MaxIdleConnsPerHost)
	assert.Zero(t, standard.MaxIdleConnsPerHost, "nobody else's is changed")
	assert.NotNil(t, own.Proxy)
	assert.True(t, own.ForceAttemptHTTP2)
	assert.Less(t, own.HTTP2.SendPingTimeout+own.HTTP2.PingTimeout, RetryPolicy{}.withDefaults().AttemptTimeout, "a dead connection is found out within one attempt")

	t.Cleanup(func() { http.DefaultTransport = standard })
	http.DefaultTransport = swapsDefault{standard}
	assert.Equal(t, http.DefaultTransport, newTransport())
}
