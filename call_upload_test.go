package superoffice

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/fakehttp"
	"github.com/superoffice-go/superoffice/internal/operation"
)

var (
	opSetFile  = operation.Operation{Route: "v1/Agents/Document/SetFile"}
	opLookFile = operation.Operation{Route: "v1/Agents/Document/LookAtFile", Class: operation.Read}
)

type setFileRequest struct {
	Name   string
	Stream io.Reader `json:"-"`
}

func (r *setFileRequest) upload() (string, io.Reader) { return "Stream", r.Stream }

type setDataRequest struct {
	DataStream io.Reader `json:"-"`
}

func (r *setDataRequest) upload() (string, io.Reader) { return "DataStream", r.DataStream }

// setFile is a call that sends a file, as the agents make it.
func setFile(ctx context.Context, c *Client, kind class, from io.Reader, opts ...CallOption) error {
	op := &opSetFile
	if kind == read {
		op = &opLookFile
	}
	return callNone(ctx, &c.agent, op, &setFileRequest{"a \"b\".pdf", from}, opts)
}

// received is what a server got of a call that sends a file.
type received struct {
	file   []byte
	length int64
	method string
}

// taking is a server that reads files and answers as it is told; nil is 204.
func taking(t testing.TB, answer http.HandlerFunc) (server *httptest.Server, got func() []received) {
	t.Helper()
	var (
		mu  sync.Mutex
		all []received
	)
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Name               string
			Stream, DataStream []byte
		}
		body := json.NewDecoder(r.Body)
		if !assert.NoError(t, body.Decode(&in)) {
			return
		}
		_, err := body.Token()
		assert.Equal(t, io.EOF, err, "one value, and nothing after it")
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		mu.Lock()
		all = append(all, received{append(in.Stream, in.DataStream...), r.ContentLength, r.Method})
		mu.Unlock()
		if answer == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server, func() []received {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

// started starts a server for HTTP/1.1 or HTTP/2 and returns a client of it.
func started(t testing.TB, server *httptest.Server, protocol int, opts ...ClientOption) *Client {
	t.Helper()
	server.EnableHTTP2 = protocol == 2
	server.StartTLS()
	return clientOf(t, server.URL, append([]ClientOption{WithHTTPClient(server.Client())}, opts...)...)
}

// once hides everything of a reader but Read.
type once struct{ io.Reader }

// opened is a file on disk with the given content, behind something else.
func opened(t testing.TB, content []byte) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, append([]byte("before"), content...), 0o600))
	file, err := os.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, file.Close(), "nobody else closes it") })
	_, err = io.ReadFull(file, make([]byte, len("before")))
	require.NoError(t, err)
	return file
}

// A file is sent whole, of any length and from any reader, with its length
// if that is known.
func TestAnUploadFromAnyReader(t *testing.T) {
	t.Parallel()
	for _, protocol := range []int{1, 2} {
		server, got := taking(t, nil)
		client := started(t, server, protocol)
		for _, size := range []int{0, 1, 2, 3, 4, 5, 24<<10 - 1, 24 << 10, 24<<10 + 1, 150_000} {
			file := someFile(size)
			advanced := strings.NewReader("before" + string(file))
			_, _ = advanced.Seek(int64(len("before")), io.SeekStart)
			beyond := bytes.NewReader(file)
			_, _ = beyond.Seek(10, io.SeekEnd)
			near, far, err := os.Pipe()
			require.NoError(t, err)
			go func() {
				_, _ = far.Write(file)
				_ = far.Close()
			}()
			for name, c := range map[string]struct {
				from  io.Reader
				known bool
				want  []byte
			}{
				"bytes":           {bytes.NewReader(file), true, file},
				"string, further": {advanced, true, file},
				"beyond its end":  {beyond, true, nil},
				"buffer":          {bytes.NewBuffer(file), true, file},
				"section":         {io.NewSectionReader(bytes.NewReader(file), 0, int64(size)), true, file},
				"disk":            {opened(t, file), true, file},
				"pipe":            {near, false, file},
				"no length":       {once{bytes.NewReader(file)}, false, file},
				"end with data":   {iotest.DataErrReader(bytes.NewReader(file)), false, file},
				"halves":          {iotest.HalfReader(bytes.NewReader(file)), false, file},
				"cannot find end": {endless{bytes.NewReader(file)}, false, file},
			} {
				require.NoError(t, setFile(t.Context(), client, write, c.from), name)
				all := got()
				last := all[len(all)-1]
				assert.True(t, bytes.Equal(c.want, last.file), "%s of %d", name, size)
				assert.Equal(t, c.known, last.length >= 0, name)
			}
			require.NoError(t, near.Close())
			if size < 10 {
				require.NoError(t, setFile(t.Context(), client, write, iotest.OneByteReader(bytes.NewReader(file))))
			}
			require.NoError(t, callNone(t.Context(), &client.agent, &opSetFile, &setDataRequest{bytes.NewReader(file)}, nil), "no other member")
			all := got()
			assert.True(t, bytes.Equal(file, all[len(all)-1].file))
		}
	}
}

// endless is a Seeker that does not know where it ends.
type endless struct{ *bytes.Reader }

func (e endless) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		return 0, errors.ErrUnsupported
	}
	return e.Reader.Seek(offset, whence)
}

// stuck is a Seeker that goes to its end and does not come back.
type stuck struct{ endless }

func (e stuck) Seek(_ int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		return 0, errors.ErrUnsupported
	}
	return 0, nil
}

func TestUploadsThatCannotBe(t *testing.T) {
	t.Parallel()
	client := over(t, fakehttp.Transport(func(*http.Request) (*http.Response, error) { panic("nothing is sent") }))
	file := strings.NewReader("abc")
	for text, err := range map[string]error{
		"stream is nil":                     setFile(t.Context(), client, write, nil),
		"stream is nil; to send nothing":    setFile(t.Context(), client, write, (*os.File)(nil)),
		"dataStream is nil":                 callNone(t.Context(), &client.agent, &opSetFile, &setDataRequest{}, nil),
		"stream cannot be sent: unsupporte": setFile(t.Context(), client, write, stuck{}),
		`got "application/x-www-form-urlencoded", which does not go with the upload of dataStream`: callNone(t.Context(), &client.agent, &opSetFile, &setDataRequest{file}, []CallOption{WithContentType(ContentTypeForm)}),
		"the request cannot be encoded": callNone(t.Context(), &client.agent, &opSetFile, &setFileRequest{"\xff", file}, nil),
	} {
		require.ErrorIs(t, err, ErrInvalidArgument)
		assert.ErrorContains(t, err, text)
	}
	assert.Equal(t, 3, file.Len(), "nothing was read")
}

// asked answers with each status in turn, and with 204 from then on. A 401
// comes with no token but the first one's.
func asked(statuses ...int) http.HandlerFunc {
	var calls atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		n := int(calls.Add(1))
		if n > len(statuses) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Retry-After", "0")
		w.Header().Set("Location", r.URL.Path)
		w.WriteHeader(statuses[n-1])
	}
}

// A reader that can go back is sent as often as any body is.
func TestAnUploadIsSentAgain(t *testing.T) {
	t.Parallel()
	file := someFile(300_000)
	for _, protocol := range []int{1, 2} {
		for name, from := range map[string]func() io.Reader{
			"bytes":  func() io.Reader { return bytes.NewReader(file) },
			"buffer": func() io.Reader { return bytes.NewBuffer(file) },
			"disk":   func() io.Reader { return opened(t, file) },
		} {
			t.Run(fmt.Sprint(name, protocol), func(t *testing.T) {
				t.Parallel()
				auth := &rotating{}
				server, got := taking(t, asked(503, 429, 401, 308, 503, 307))
				client := started(t, server, protocol, WithAuth(auth))
				var resp Response
				require.NoError(t, setFile(t.Context(), client, write, from(), CaptureResponse(&resp)))
				assert.Equal(t, []int{5, 1}, []int{resp.Attempts, auth.renewed()})
				all := got()
				require.Len(t, all, 7)
				for _, one := range all {
					assert.True(t, bytes.Equal(file, one.file))
					assert.Equal(t, http.MethodPost, one.method)
				}
			})
		}
	}
}

// One that cannot go back is sent once, and the error says why.
func TestAnUploadIsNotSentAgain(t *testing.T) {
	t.Parallel()
	const note = "not sent again: the upload was read from a reader that cannot go back"
	for _, c := range []struct {
		status int
		is     error
	}{{503, ErrUnavailable}, {429, ErrThrottled}, {401, ErrUnauthorized}, {307, nil}, {308, nil}} {
		for _, kind := range bothClasses {
			auth := &rotating{}
			server, got := taking(t, asked(c.status))
			err := setFile(t.Context(), started(t, server, 1, WithAuth(auth)), kind, once{strings.NewReader("abc")})
			require.ErrorContains(t, err, note)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			assert.Equal(t, []int{c.status, 1}, []int{failureOfCall(t, err).StatusCode, failureOfCall(t, err).Attempts})
			assert.Len(t, got(), 1)
			assert.Equal(t, c.status == 401, auth.renewed() == 1, "the next call has new credentials")
		}
	}
	server, _ := taking(t, asked(302))
	err := setFile(t.Context(), started(t, server, 1), write, once{strings.NewReader("abc")})
	require.ErrorContains(t, err, "would turn POST into GET")
	require.NotContains(t, err.Error(), note)

	u := &upload{from: strings.NewReader("abc"), busy: make(chan struct{})}
	_, err = u.open()
	require.ErrorIs(t, err, errOnce)
}

// As long as nobody has read from it, even a reader that cannot go back is
// sent again.
func TestAnUnreadUploadIsSentAgain(t *testing.T) {
	t.Parallel()
	server, got := taking(t, nil)
	server.Start()
	var dials atomic.Int64
	client := clientOf(t, "http://127.0.0.1", dialing(newTransport(), func(ctx context.Context) (net.Conn, error) {
		if dials.Add(1) < 4 {
			return connect(ctx, refusing)
		}
		return connect(ctx, server.Listener.Addr().String())
	}))
	var resp Response
	require.NoError(t, setFile(t.Context(), client, write, once{strings.NewReader("abc")}, CaptureResponse(&resp)))
	assert.Equal(t, 4, resp.Attempts)
	assert.Equal(t, "abc", string(got()[0].file))
}

// A reader that fails ends the call, and no further attempt mends it.
func TestAnUploadThatFailsToRead(t *testing.T) {
	t.Parallel()
	mine := errors.New("the disk is broken")
	grown, shrunk := &resized{strings.NewReader("abcdef"), 3}, &resized{strings.NewReader("abcdef"), 60_000}
	for _, protocol := range []int{1, 2} {
		cut := make(chan error, 1)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(io.Discard, r.Body)
			cut <- err
		}))
		t.Cleanup(server.Close)
		client := started(t, server, protocol)
		for name, c := range map[string]struct {
			from io.Reader
			is   error
			text string
		}{
			"at once":       {iotest.ErrReader(mine), mine, "reading the upload: the disk is broken"},
			"later":         {io.MultiReader(bytes.NewReader(someFile(100_000)), iotest.ErrReader(mine)), mine, "reading the upload: the disk is broken"},
			"grown":         {grown, io.ErrUnexpectedEOF, "its size changed: 3 bytes were there, 6 were read"},
			"shrunk":        {shrunk, io.ErrUnexpectedEOF, "its size changed: 60000 bytes were there, 6 were read"},
			"panic":         {once{readerFunc(func([]byte) (int, error) { panic(mine) })}, nil, "the reader panicked with a *errors.errorString"},
			"counts wrong":  {once{readerFunc(func(p []byte) (int, error) { return len(p) * 10, nil })}, nil, "the reader panicked with a runtime.boundsError"},
			"gives nothing": {once{readerFunc(func([]byte) (int, error) { return 0, nil })}, io.ErrNoProgress, "reading the upload: multiple Read calls return no data"},
			"does not come": {once{readerFunc(func([]byte) (int, error) { runtime.Goexit(); return 0, nil })}, errReaderLeft, "the reader did not return"},
		} {
			for _, kind := range bothClasses {
				_, _ = grown.Seek(0, io.SeekStart)
				_, _ = shrunk.Seek(0, io.SeekStart)
				err := setFile(t.Context(), client, kind, c.from)
				require.ErrorContains(t, err, c.text, name)
				if c.is != nil {
					require.ErrorIs(t, err, c.is, name)
				}
				assert.Equal(t, 1, failureOfCall(t, err).Attempts, name)
				require.Error(t, <-cut, "the server does not take it for whole: %s", name)
				if name == "at once" || name == "later" {
					break // it is used up
				}
			}
		}
	}
}

// readerFunc is a function as a reader.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// resized says that it has another size than it has.
type resized struct {
	*strings.Reader
	size int64
}

func (r *resized) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		return r.size, nil
	}
	return r.Reader.Seek(offset, whence)
}

// gated is a Seeker whose first Read waits, and which tells whoever goes back
// during a Read.
type gated struct {
	*bytes.Reader
	t       testing.TB
	reading atomic.Bool
	began   chan struct{} // closed when the first Read has begun
	gate    chan struct{} // lets it end
	first   sync.Once
}

func newGated(t testing.TB, file []byte) *gated {
	return &gated{Reader: bytes.NewReader(file), t: t, began: make(chan struct{}), gate: make(chan struct{})}
}

func (g *gated) Read(p []byte) (int, error) {
	assert.True(g.t, g.reading.CompareAndSwap(false, true), "two read at once")
	defer g.reading.Store(false)
	g.first.Do(func() {
		close(g.began)
		<-g.gate
	})
	return g.Reader.Read(p)
}

func (g *gated) Seek(offset int64, whence int) (int64, error) {
	assert.False(g.t, g.reading.Load(), "it goes back while it is read")
	return g.Reader.Seek(offset, whence)
}

// WriteTo is not to be used: it would read past the guard.
func (g *gated) WriteTo(io.Writer) (int64, error) { panic("nobody asked for this") }

// A server may answer before it has the file, and net/http then still reads
// for the first attempt when the second begins.
func TestAnUploadIsReadByOneAttemptAtATime(t *testing.T) {
	t.Parallel()
	for _, protocol := range []int{1, 2} {
		file := someFile(500_000)
		from := newGated(t, file)
		var calls atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if calls.Add(1) == 1 {
				<-from.began
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			var in struct{ Stream []byte }
			assert.NoError(t, json.NewDecoder(r.Body).Decode(&in))
			assert.True(t, bytes.Equal(file, in.Stream))
		}))
		t.Cleanup(server.Close)
		client := started(t, server, protocol, WithRetry(RetryPolicy{Sleep: func(context.Context, time.Duration) error {
			time.AfterFunc(10*time.Millisecond, func() { close(from.gate) }) // most likely after the next attempt has begun
			return nil
		}}))
		require.NoError(t, setFile(t.Context(), client, write, from))
		assert.EqualValues(t, 2, calls.Load())
	}
}

// A body that was superseded takes nothing from the reader any more.
func TestSupersededBodies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempt, cancel := context.WithCancel(t.Context())
		defer cancel()
		from := newGated(t, []byte("abc"))
		u := &upload{ctx: t.Context(), limit: minute, head: []byte("{"), tail: []byte("}"), from: from, seeker: from, size: 3}
		body := func() *uploadBody {
			opened, err := u.open()
			require.NoError(t, err)
			return opened.(*uploadBody)
		}
		all := func(b *uploadBody) error {
			_, err := io.ReadAll(b)
			return err
		}
		first, second := body(), body()
		require.Equal(t, errOver, all(second), "no attempt is on its way")
		require.True(t, u.unread())
		u.begin(attempt, new(watch))
		require.Equal(t, errOver, all(first), "it is not the last one")
		require.Equal(t, errOver, all(second), "the error stays")

		third := body()
		go func() { assert.ErrorIs(t, all(third), context.Canceled) }()
		<-from.began
		began := time.Now()
		_, err := u.open()
		require.ErrorIs(t, err, errReaderBusy, "the reader does not come back")
		require.ErrorContains(t, err, "sending the upload again")
		assert.Equal(t, minute, time.Since(began))
		u.close()
		assert.Equal(t, minute+100*time.Millisecond, time.Since(began), "nobody waits long for it")

		u.ctx = attempt
		u.limit = 0
		cancel()
		_, err = u.open()
		require.ErrorIs(t, err, context.Canceled)
		close(from.gate)
		synctest.Wait()
		u.begin(t.Context(), new(watch))
		u.ctx = t.Context()
		text, err := io.ReadAll(body())
		require.NoError(t, err)
		assert.Equal(t, "{YWJj}", string(text), "the next body begins at the beginning")
		u.close()
	})
}

// A call that is cancelled comes back at once, even from a reader that does
// not, and leaves the reader alone.
func TestAnUploadIsCancelled(t *testing.T) {
	t.Parallel()
	for _, protocol := range []int{1, 2} {
		for _, name := range []string{"in Read", "in the network"} {
			t.Run(fmt.Sprint(name, protocol), func(t *testing.T) {
				t.Parallel()
				release, moving := make(chan struct{}), make(chan struct{}, 1)
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					_, _ = io.ReadFull(r.Body, make([]byte, 10))
					moving <- struct{}{}
					select {
					case <-release: // the body is not read, so that its sender is stuck
					case <-t.Context().Done():
					}
				}))
				t.Cleanup(server.Close)
				t.Cleanup(func() { close(release) })
				client := started(t, server, protocol)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var returned atomic.Bool
				read := make(chan struct{}, 1)
				from := readerFunc(func(p []byte) (int, error) {
					assert.False(t, returned.Load(), "the call has returned")
					if name == "in Read" {
						read <- struct{}{}
						<-release
					}
					return len(p), nil
				})
				go func() {
					if name == "in Read" {
						<-read
					} else {
						<-moving
					}
					cancel()
				}()
				err := setFile(ctx, client, write, once{from})
				returned.Store(true)
				require.ErrorIs(t, err, context.Canceled)
				assert.Equal(t, 1, failureOfCall(t, err).Attempts)
			})
		}
	}
}

// The limit of an attempt is one of standstill: neither a slow line nor a slow
// reader runs into it, nor one after the other.
func TestAnUploadMayTakeItsTime(t *testing.T) {
	t.Parallel()
	const pieces, almost = 100, minute - time.Second
	synctest.Test(t, func(t *testing.T) {
		client, _ := piped(t, func(w http.ResponseWriter, r *http.Request) {
			for range pieces {
				time.Sleep(almost)
				_, _ = io.CopyN(io.Discard, r.Body, 32<<10)
			}
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusNoContent)
		})
		began := time.Now()
		require.NoError(t, setFile(t.Context(), client, write, bytes.NewReader(someFile(pieces*24<<10))))
		assert.Equal(t, pieces*almost, time.Since(began))
	})
	synctest.Test(t, func(t *testing.T) {
		left := pieces
		slow := readerFunc(func(p []byte) (int, error) {
			if left--; left == 0 {
				return 0, io.EOF
			}
			time.Sleep(almost)
			return copy(p, "abc"), nil
		})
		client := over(t, fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
			for {
				if _, err := r.Body.Read(make([]byte, 4<<10)); err != nil {
					assert.Equal(t, io.EOF, err)
					return answerOf(204), r.Context().Err()
				}
				time.Sleep(almost)
			}
		}))
		began := time.Now()
		require.NoError(t, setFile(t.Context(), client, write, slow))
		assert.Equal(t, 2*pieces*almost, time.Since(began)) // the head and the tail are pieces, too
	})
}

func TestAnUploadThatStandsStill(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy RetryPolicy
		opts   []CallOption
		is     error
		after  time.Duration
	}{
		"the attempt's limit": {hurried(), nil, errStalled, minute},
		"the call's own":      {RetryPolicy{AttemptTimeout: -1}, []CallOption{WithTimeout(2 * time.Hour)}, context.DeadlineExceeded, 2 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				gone := make(chan struct{})
				client, _ := piped(t, func(http.ResponseWriter, *http.Request) { <-gone }, WithRetry(c.policy))
				defer close(gone)
				reading := make(chan struct{})
				defer close(reading)
				for _, from := range []io.Reader{
					bytes.NewReader(someFile(1 << 20)), // the server takes nothing
					readerFunc(func([]byte) (int, error) { <-reading; return 0, io.EOF }),
					readerFunc(func([]byte) (int, error) { time.Sleep(time.Second); return 0, nil }),
				} {
					began := time.Now()
					err := setFile(t.Context(), client, write, from, c.opts...)
					require.ErrorIs(t, err, c.is)
					require.ErrorIs(t, err, context.DeadlineExceeded)
					assert.Equal(t, errors.Is(c.is, errStalled), errors.Is(err, errStalled))
					assert.LessOrEqual(t, time.Since(began)-c.after, 100*time.Millisecond)
				}
			})
		})
	}
}

// A connection that the server has closed meanwhile is replaced, and the file
// is whole all the same.
func TestAnUploadOverAStaleConnection(t *testing.T) {
	t.Parallel()
	file := someFile(400_000)
	server, got := taking(t, nil)
	server.Start()
	client := clientOf(t, server.URL)
	for range 10 {
		require.NoError(t, setFile(t.Context(), client, read, bytes.NewReader(file)))
		server.CloseClientConnections()
	}
	for _, one := range got() {
		assert.True(t, bytes.Equal(file, one.file))
	}
}

// A file goes up and another comes down.
func TestAnUploadWithAStreamAsItsResult(t *testing.T) {
	t.Parallel()
	file := someFile(100_000)
	server, got := taking(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, inJSON(file))
	})
	client := started(t, server, 1)
	s, err := callStream(t.Context(), &client.agent, &opSetFile, &setFileRequest{"a", bytes.NewReader(file)}, []CallOption{WithAccept(ContentTypeJSON)})
	require.NoError(t, err)
	back, err := io.ReadAll(s)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	assert.True(t, bytes.Equal(file, back))
	assert.True(t, bytes.Equal(file, got()[0].file))
}

// Many calls at once, and some of them again.
func TestManyUploadsAtOnce(t *testing.T) {
	t.Parallel()
	var known sync.Map
	server, got := taking(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "0")
		if _, again := known.LoadOrStore(r.Header.Get(headerAsk), true); !again {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	client := started(t, server, 1)
	const callers = 32
	crowd(callers, func(i int) {
		file := bytes.Repeat([]byte{byte(i)}, 50_000+i)
		assert.NoError(t, setFile(t.Context(), client, write, bytes.NewReader(file), ask(strconv.Itoa(i/2))))
	})
	sizes := map[int]bool{}
	for _, one := range got() {
		assert.Equal(t, bytes.Repeat(one.file[:1], 50_000+int(one.file[0])), one.file)
		sizes[len(one.file)] = true
	}
	assert.Len(t, sizes, callers)
}

// In XML the file is the last element, streamed as in JSON.
func TestAnUploadInXML(t *testing.T) {
	t.Parallel()
	var (
		body   []byte
		length int64
	)
	client := over(t, fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
		body, _ = io.ReadAll(r.Body)
		length = r.ContentLength
		return answerOf(http.StatusNoContent), nil
	}))
	require.NoError(t, setFile(t.Context(), client, write, strings.NewReader("abc"), WithContentType(ContentTypeXML)))
	assert.Regexp(t, `^<\w+><Name>.*</Name><Stream>YWJj</Stream></\w+>$`, string(body))
	assert.EqualValues(t, len(body), length)
	require.NoError(t, callNone(t.Context(), &client.agent, &opSetFile, &setDataRequest{strings.NewReader("")}, []CallOption{WithContentType(ContentTypeTextXML)}))
	assert.Regexp(t, `^<\w+><DataStream></DataStream></\w+>$`, string(body))
}
