package superoffice

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gate lets those who come through only when so many of them have come.
type gate struct {
	mu      sync.Mutex
	size    int
	waiting int
	open    chan struct{}
}

func newGate(size int) *gate { return &gate{size: size, open: make(chan struct{})} }

// pass waits for the others, or for ctx.
func (g *gate) pass(ctx context.Context) {
	g.mu.Lock()
	open := g.open
	if g.waiting++; g.waiting == g.size {
		g.waiting, g.open = 0, make(chan struct{})
		close(open)
	}
	g.mu.Unlock()
	select {
	case <-open:
	case <-ctx.Done():
	}
}

// counted serves with handle over plain HTTP and counts the connections that
// were ever opened.
func counted(t testing.TB, handle http.HandlerFunc) (server *httptest.Server, opened *atomic.Int64) {
	t.Helper()
	opened = new(atomic.Int64)
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		handle(w, r)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server, opened
}

const headerAsk = "X-Ask"

func ask(what string) CallOption { return WithHeader(headerAsk, what) }

// answerAsAsked gives every kind of answer that leaves a connection usable.
func answerAsAsked(w http.ResponseWriter, r *http.Request) {
	body := `{"ErrorType":"SoException","ErrorMessage":"no luck"}`
	kind, size, _ := strings.Cut(r.Header.Get(headerAsk), " ")
	if n, _ := strconv.Atoi(size); n > 0 {
		body = `{"ErrorMessage":"` + strings.Repeat("x", n) + `"}`
	}
	switch kind {
	case "good":
		body = `{"Provider":"nesciunt"}`
	case "null":
		body = "null"
	case "nothing":
		w.WriteHeader(http.StatusNoContent)
		return
	case "page":
		w.Header().Set("Content-Type", "text/html")
		body = "<html><title>Sign in</title></html>"
	case "broken":
		body = `{"Provider":`
	case "disguise":
		body = `{"Error":true,"ErrorMessage":"no luck"}`
	case "chunks":
		for range 3 {
			_, _ = io.WriteString(w, strings.Repeat(" ", 5000))
			w.(http.Flusher).Flush()
		}
		body = `{"Provider":"nesciunt"}`
	default:
		status, err := strconv.Atoi(kind)
		if err != nil {
			panic(err)
		}
		w.WriteHeader(status)
	}
	_, _ = io.WriteString(w, body)
}

// Whatever the server answers, its connection is used again: for the next
// call, and for the next attempt.
func TestOneConnectionForAnyMixOfAnswers(t *testing.T) {
	t.Parallel()
	server, opened := counted(t, answerAsAsked)
	client := clientOf(t, server.URL)
	kinds := []string{
		"good", "400", "404", "500", "503", "429", "null", "page", "401", "403", "409", "412", "421", "501", "408", "502", "504",
		"nothing", "broken", "disguise", "chunks", "503 100000", "400 100000", "500 1000000", "302", "304",
	}
	attempts := 0
	for i := range 52 {
		for _, kind := range bothClasses {
			var got Response
			err := send(t.Context(), client, kind, ask(kinds[i%len(kinds)]), CaptureResponse(&got))
			assert.NotZero(t, got.StatusCode, "%s: %v", kinds[i%len(kinds)], err)
			attempts += got.Attempts
		}
	}
	assert.Greater(t, attempts, 104, "retries are among them")
	assert.EqualValues(t, 1, opened.Load())
}

// Neither a cancelled call nor one that used up its attempts costs others
// their connections. The retry loop would have the whole pool closed.
func TestAFailedCallLeavesThePoolWarm(t *testing.T) {
	t.Parallel()
	const warm = 20
	together, asked := newGate(warm), make(chan struct{}, 1)
	server, opened := counted(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get(headerAsk) {
		case "together":
			together.pass(r.Context())
		case "never":
			asked <- struct{}{}
			<-r.Context().Done()
			return
		case "503":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "too large":
			_, _ = w.Write(make([]byte, 2000))
		}
		_, _ = io.WriteString(w, `{"Provider":"p"}`)
	})
	client := clientOf(t, server.URL, WithMaxResponseBytes(1000))
	burst := func(callers int) {
		together.size = callers
		var group sync.WaitGroup
		for range callers {
			group.Go(func() { assert.NoError(t, send(t.Context(), client, read, ask("together"))) })
		}
		group.Wait()
	}
	burst(warm)
	require.EqualValues(t, warm, opened.Load())

	require.ErrorIs(t, send(t.Context(), client, read, ask("503")), ErrUnavailable)
	burst(warm)
	require.EqualValues(t, warm, opened.Load(), "an exhausted call costs nothing")

	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	require.ErrorIs(t, send(ctx, client, read, ask("never")), context.Canceled)
	burst(warm - 1)
	require.EqualValues(t, warm, opened.Load(), "a cancelled call costs its own connection")
	burst(warm)
	require.EqualValues(t, warm+1, opened.Load(), "and no other")

	require.ErrorContains(t, send(t.Context(), client, write, ask("too large")), "WithMaxResponseBytes")
	burst(warm - 1)
	require.EqualValues(t, warm+1, opened.Load())

	client.CloseIdleConnections()
	burst(1)
	assert.EqualValues(t, warm+2, opened.Load(), "only who asks for it closes them")
}

// A service with 64 goroutines keeps 64 connections, and those of derived
// clients are the same.
func TestConnectionsForManyGoroutines(t *testing.T) {
	t.Parallel()
	const callers, rounds = 64, 5
	together := newGate(callers)
	server, opened := counted(t, func(w http.ResponseWriter, r *http.Request) {
		together.pass(r.Context())
		answerAsAsked(w, r)
	})
	base := clientOf(t, server.URL, WithRetry(RetryPolicy{MaxAttempts: 1}))
	clients := make([]*Client, callers)
	for i := range clients {
		derived, err := base.With(WithAuth(TicketAuth(fmt.Sprint("7T:", i))))
		require.NoError(t, err)
		clients[i] = derived
	}
	for round := range rounds {
		var group sync.WaitGroup
		for i, client := range clients {
			kind := []string{"good", "404", "503", "null"}[(i+round)%4]
			group.Go(func() {
				err := send(t.Context(), client, read, ask(kind))
				assert.Equal(t, kind == "good", err == nil)
			})
		}
		group.Wait()
		require.EqualValues(t, callers, opened.Load(), "round %d", round)
	}
	own, err := base.With(WithHTTPClient(&http.Client{}))
	require.NoError(t, err)
	t.Cleanup(own.CloseIdleConnections)
	together.size = 1
	require.NoError(t, send(t.Context(), own, read, ask("good")))
	assert.EqualValues(t, callers+1, opened.Load(), "a client with an http.Client of its own has its own")
}

// The caller's http.Client serves with its Transport and Jar, and is not
// changed.
func TestTheCallersHTTPClientIsUsed(t *testing.T) {
	t.Parallel()
	server, opened := counted(t, answerAsAsked)
	transport := newTransport().(*http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	given := &http.Client{Transport: transport}
	for range 3 {
		client := clientOf(t, server.URL, WithHTTPClient(given))
		require.NoError(t, send(t.Context(), client, read, ask("good")))
	}
	assert.Same(t, transport, given.Transport)
	assert.EqualValues(t, 1, opened.Load(), "clients that were given one pool share it")
}

// relay passes connections on to a server until its connections are cut, which
// nobody is told of: packets then go nowhere, as when a machine vanishes.
type relay struct {
	address string
	opened  *atomic.Int64
	mu      sync.Mutex
	cut     []*atomic.Bool
}

func newRelay(t testing.TB, target string) *relay {
	t.Helper()
	r := &relay{}
	r.address, r.opened = listen(t, func(near net.Conn) {
		far, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		dead := new(atomic.Bool)
		r.mu.Lock()
		r.cut = append(r.cut, dead)
		r.mu.Unlock()
		back := make(chan struct{})
		go func() {
			defer close(back)
			pass(near, far, dead)
		}()
		pass(far, near, dead)
		_ = far.Close()
		<-back
	})
	return r
}

// pass copies until its source ends, and drops everything once dead.
func pass(to io.Writer, from io.Reader, dead *atomic.Bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if !dead.Load() {
			_, _ = to.Write(buffer[:n])
		}
	}
}

// cutAll makes all connections so far go dead.
func (r *relay) cutAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, dead := range r.cut {
		dead.Store(true)
	}
}

// A read whose connection went dead gets through on another one. HTTP/2 would
// keep the dead one for every further attempt, so it is asked for a sign of
// life.
func TestAReadSurvivesADeadConnection(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = fmt.Fprintf(w, `{"Provider":%q}`, r.Proto)
			}))
			server.EnableHTTP2 = protocol == "HTTP/2.0"
			server.StartTLS()
			t.Cleanup(server.Close)
			way := newRelay(t, server.Listener.Addr().String())
			transport := newTransport().(*http.Transport)
			transport.TLSClientConfig = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
			transport.HTTP2.SendPingTimeout /= 150 // 100 ms
			transport.HTTP2.PingTimeout /= 150
			limit := time.Second // HTTP/1.1 knows no ping, its attempt has to run out
			if server.EnableHTTP2 {
				limit = 10 * time.Second
			}
			client := clientOf(t, "https://"+way.address, WithHTTPClient(&http.Client{Transport: transport}), WithRetry(RetryPolicy{AttemptTimeout: limit, Sleep: new(naps).sleep}))
			var got Response
			info, err := client.User.GetExternalTokens(t.Context(), "quos", CaptureResponse(&got))
			require.NoError(t, err)
			require.Equal(t, protocol, info.Provider)
			opened := way.opened.Load()
			way.cutAll()
			_, err = client.User.GetExternalTokens(t.Context(), "quos", CaptureResponse(&got))
			require.NoError(t, err)
			assert.Greater(t, way.opened.Load(), opened)
			assert.LessOrEqual(t, got.Attempts, 2)
		})
	}
}

// TestATimeoutOfTheCallersClientLeavesNothingBehind has net/http watch the time
// of each attempt by a goroutine, which ends when the answer's body is closed.
func TestATimeoutOfTheCallersClientLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, status := range []int{200, 404, 421, 500} {
		client := over(t, scripted(says(status)), WithHTTPClient(&http.Client{Transport: scripted(says(status)), Timeout: time.Hour}))
		for range 20 {
			_ = send(t.Context(), client, read)
		}
	}
	// Those that were told to end get the chance, on a busy machine too.
	for end := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		runtime.Gosched()
	}
	assert.Less(t, runtime.NumGoroutine(), before+20)
}
