package superoffice

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
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

var opGetFile = operation.Operation{Route: "v1/Agents/Document/GetFile", Class: operation.Read}

type getFileRequest struct {
	DocumentID int `json:"DocumentId"`
}

// getFile is a call whose result is a file, as the agents make it.
func getFile(ctx context.Context, c *Client, opts ...CallOption) (*Stream, error) {
	return callStream(ctx, &c.agent, &opGetFile, &getFileRequest{7}, opts)
}

// fileServer gives one answer to every call.
func fileServer(t testing.TB, contentType, body string, chunked bool) (server *httptest.Server, opened *atomic.Int64) {
	t.Helper()
	return counted(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		if !chunked {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = io.WriteString(w, body)
			return
		}
		for from := 0; from < len(body); from += 1 + len(body)/3 {
			_, _ = io.WriteString(w, body[from:min(len(body), from+1+len(body)/3)])
			w.(http.Flusher).Flush()
		}
	})
}

// someFile is a file of a size, with every byte in it.
func someFile(size int) []byte {
	file := make([]byte, size)
	for i := range file {
		file[i] = byte(i * 7 >> (i / 256 % 3))
	}
	return file
}

// inJSON is a file as .NET writes it: base64 with the pluses escaped.
func inJSON(file []byte) string {
	return `"` + strings.ReplaceAll(base64.StdEncoding.EncodeToString(file), "+", `\u002B`) + `"`
}

// A file comes whole in every form in which the server gives it, of every
// length, and its connection is used again.
func TestAStreamInEveryForm(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 2, 3, 4, 511, 4096, 4097, 100_000, 1 << 20} {
		file := someFile(size)
		text := base64.StdEncoding.EncodeToString(file)
		half := len(text) / 8 * 4
		for name, c := range map[string]struct {
			contentType, body string
			decoded           bool
		}{
			"bytes":         {"application/octet-stream", string(file), false},
			"an image":      {"image/png", string(file), false},
			"a PDF":         {"application/pdf; x=y", string(file), false},
			"text":          {"text/plain", string(file), false},
			"no type":       {"", string(file), false},
			"a JSON file":   {"application/json", `{"x":` + inJSON(file) + `}`, false},
			"a JSON string": {"application/json", inJSON(file), false},
			"an XML string": {"text/xml", "<string>" + text + "</string>", false},
			"an SVG":        {"image/svg+xml", "<svg>" + string(file) + "</svg>", false},
			"XML":           {"text/xml", "<doc>" + string(file) + "</doc>", false},
			"JSON":          {"application/json; charset=utf-8", inJSON(file), true},
			"escapes":       {"text/json", "\xef\xbb\xbf\r\n " + strings.ReplaceAll(inJSON(file), "/", `\/`) + strings.Repeat("\r\n", 700), true},
			"lines":         {"text/json", `"` + text[:half] + `\r\n` + text[half:] + `"`, true},
			"an element":    {"application/xml", "<base64Binary>\n" + text + "\n</base64Binary>\n", true},
			"a string":      {"text/xml", "\xef\xbb\xbf" + `<?xml version="1.0"?><s:string xmlns:s="x"> ` + text + `</s:string>`, true},
		} {
			for _, chunked := range []bool{false, true} {
				t.Run(fmt.Sprint(name, size, chunked), func(t *testing.T) {
					t.Parallel()
					server, opened := fileServer(t, c.contentType, c.body, chunked)
					client := clientOf(t, server.URL, WithMaxResponseBytes(1))
					for range 2 {
						var opts []CallOption
						if c.decoded {
							opts = append(opts, WithAccept(ContentType(c.contentType)))
						}
						s, err := getFile(t.Context(), client, opts...)
						require.NoError(t, err)
						got, err := io.ReadAll(s)
						require.NoError(t, err)
						n, err := s.Read(make([]byte, 1))
						assert.Equal(t, []any{0, io.EOF}, []any{n, err}, "the end stays the end")
						require.NoError(t, s.Close())
						want, contentType, length := c.body, c.contentType, int64(len(c.body))
						if c.decoded {
							want, contentType, length = string(file), "", -1
						}
						if chunked {
							length = -1
						}
						assert.True(t, want == string(got), "what came is not what was sent")
						assert.Equal(t, []any{contentType, length}, []any{s.ContentType, s.Length})
					}
					assert.EqualValues(t, 1, opened.Load())
				})
			}
		}
	}
}

// What is no file is an error before anything is read, and costs no connection.
func TestAStreamThatIsNone(t *testing.T) {
	t.Parallel()
	const failure = `{"Error":true,"ErrorType":"SoSentryException","ErrorMessage":"not yours"}`
	for name, c := range map[string]struct {
		contentType, body string
		is                error
		text              string
	}{
		"nothing":          {"application/octet-stream", "", ErrNotFound, "nothing found"},
		"nothing of JSON":  {"application/json", " ", ErrNotFound, "nothing found"},
		"null":             {"application/json", "\xef\xbb\xbf null\n", ErrNotFound, "nothing found"},
		"an empty string":  {"application/json", `""`, ErrNotFound, "nothing found"},
		"an empty element": {"text/xml", `<base64Binary xmlns="x"></base64Binary>`, ErrNotFound, "nothing found"},
		"a closed element": {"text/xml", `<string/>`, ErrNotFound, "nothing found"},
		"a closed one":     {"text/xml", `<string xmlns="x" />`, ErrNotFound, "nothing found"},
		"a nil element":    {"text/xml", `<byte xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>`, ErrNotFound, "nothing found"},
		"an error":         {"application/json", failure, ErrForbidden, "not yours"},
		"an error in XML":  {"text/xml", `<E><Error>true</Error><ErrorMessage>not yours</ErrorMessage></E>`, nil, "not yours"},
		"an object":        {"application/json", `{"DocumentId":1}`, nil, "JSON but no base64 text"},
		"a login page":     {"text/html", "<html><title>Sign in</title></html>", nil, "HTML page"},
		"no base64":        {"application/json", `"**"`, io.ErrUnexpectedEOF, "200 OK: the base64 text"},
		"cut at the start": {"application/json", `"`, io.ErrUnexpectedEOF, `ends without "\""`},
		"cut in the blank": {"application/json", `  `, ErrNotFound, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, opened := fileServer(t, c.contentType, c.body, true)
			client := clientOf(t, server.URL)
			for range 2 {
				s, err := getFile(t.Context(), client, WithAccept("application/json, text/xml"))
				assert.Nil(t, s)
				require.ErrorContains(t, err, c.text)
				if c.is != nil {
					require.ErrorIs(t, err, c.is)
				}
				assert.Equal(t, 200, failureOfCall(t, err).StatusCode)
				if c.is == nil {
					assert.Equal(t, c.body, string(failureOfCall(t, err).Body))
				}
			}
			assert.EqualValues(t, 1, opened.Load())
		})
	}
	server, _ := counted(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	_, err := getFile(t.Context(), clientOf(t, server.URL))
	assert.ErrorIs(t, err, ErrNotFound)
}

// What the call asked for decides what is base64 text, not what the file looks
// like. A failure is one for all that.
func TestAFileOfJSONOrXMLIsAFile(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(" ", maxErrorBody)
	for body, contentType := range map[string]string{
		`{"DocumentId":1}`: "application/json", `"aGVsbG8="`: "application/json; charset=utf-8", `"**"`: "text/json", `[1`: "application/json", `"`: "application/json", `""`: "application/json",
		`<string>aGVsbG8=</string>`: "text/xml", `<string/>`: "application/xml", `{"errors":[]}`: "application/problem+json",
		`{"Error":true,"Message":"no"}` + long: "application/json",
	} {
		server, opened := fileServer(t, contentType, body, false)
		client := clientOf(t, server.URL)
		for range 2 {
			s, err := getFile(t.Context(), client)
			require.NoError(t, err, body)
			got, err := io.ReadAll(s)
			require.NoError(t, err)
			require.NoError(t, s.Close())
			assert.Equal(t, []any{body, contentType, int64(len(body))}, []any{string(got), s.ContentType, s.Length})
		}
		assert.EqualValues(t, 1, opened.Load())
	}
	for body, want := range map[string]string{
		"null": "nothing found", " ": "nothing found", `{"Error":true,"ErrorType":"x","Message":"not yours"}`: "not yours",
		`<E xmlns:i="x" i:nil="true"/>`: "nothing found", `<E><Error>true</Error><ErrorMessage>not yours</ErrorMessage></E>`: "not yours",
		`{"Error":true,"Message":"not yours","StackTrace":"` + strings.Repeat("at ", 2000) + `"}`: "not yours",
	} {
		contentType := "application/json"
		if body[0] == '<' {
			contentType = "text/xml"
		}
		server, _ := fileServer(t, contentType, body, true)
		_, err := getFile(t.Context(), clientOf(t, server.URL))
		assert.ErrorContains(t, err, want, body)
	}
}

// answering serves every request of every connection with one reply, and then
// ends the connection: quietly, or with a reset.
func answering(t testing.TB, reply string, reset bool) *Client {
	t.Helper()
	address, _ := listen(t, func(conn net.Conn) {
		receive(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, reply)
		if reset {
			_ = conn.(*net.TCPConn).SetLinger(0)
		}
	})
	return clientOf(t, address)
}

// A file that is cut short is never taken for whole.
func TestAStreamThatIsCutShort(t *testing.T) {
	t.Parallel()
	head := func(contentType, more string) string {
		return "HTTP/1.1 200 OK\r\nContent-Type: " + contentType + "\r\n" + more + "\r\n"
	}
	const raw, text = "application/octet-stream", "application/json"
	ends := "Connection: close\r\n"
	for name, c := range map[string]struct {
		reply string
		want  string
		reset bool
	}{
		"wrong length":              {head(raw, "Content-Length: 999\r\n") + "abcdef", "abcdef", false},
		"chunks that stop":          {head(raw, "Transfer-Encoding: chunked\r\n") + "6\r\nabcdef\r\n", "abcdef", false},
		"half a chunk":              {head(raw, "Transfer-Encoding: chunked\r\n") + "9\r\nabcdef", "abcdef", false},
		"reset":                     {head(raw, "Content-Length: 999\r\n") + "abcdef", "", true},
		"base64, wrong length":      {head(text, "Content-Length: 999\r\n") + `"YWJjZGVm`, "abcdef", false},
		"base64, length after end":  {head(text, "Content-Length: 999\r\n") + `"YWJjZGVm"`, "abcdef", false},
		"base64, no quote":          {head(text, ends) + `"YWJjZGVm`, "abcdef", false},
		"base64, half a character":  {head(text, ends) + `"YWJjZGVmY"`, "abcdef", false},
		"base64, half an escape":    {head(text, ends) + `"YWJjZGVm\u00`, "abcdef", false},
		"base64, padding missing":   {head(text, ends) + `"YWJjZGVmYQ="`, "abcdef", false},
		"base64, more than padding": {head(text, ends) + `"YWJjYQ==YWJj"`, "abca", false},
		"base64, not the end":       {head(text, ends) + `"YWJjZGVm" 1`, "abcdef", false},
		"base64, broken":            {head(text, ends) + `"YWJjZGVm*AAA"`, "abcdef", false},
		"base64, a line break":      {head(text, ends) + "\"YWJjZGVm\n\"", "", false},
		"element, not closed":       {head("text/xml", ends) + `<string>YWJjZGVm`, "abcdef", false},
		"element, closed otherwise": {head("text/xml", ends) + `<string>YWJjZGVm</strong>`, "abcdef", false},
		"element, half closed":      {head("text/xml", ends) + `<string>YWJjZGVm</str`, "abcdef", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := getFile(t.Context(), answering(t, c.reply, c.reset), WithAccept("application/json, text/xml"))
			var got []byte
			if err == nil {
				got, err = io.ReadAll(s)
				_, again := s.Read(make([]byte, 1))
				assert.Equal(t, err, again, "the error stays")
				assert.NoError(t, s.Close())
			}
			failureOfCall(t, err)
			if !c.reset {
				assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
				assert.Equal(t, c.want, string(got))
			}
		})
	}
	for name, reply := range map[string]string{
		"before the file":   head(raw, "Content-Length: 9\r\n"),
		"before the string": head(text, "Content-Length: 9\r\n") + " ",
		"in an object":      head(text, "Content-Length: 9\r\n") + "{",
		"in a page":         head("text/html", "Content-Length: 99\r\n") + "<html>",
	} {
		_, err := getFile(t.Context(), answering(t, reply, false), WithAccept("application/json"))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, name)
		assert.Equal(t, 1, failureOfCall(t, err).Attempts, "the header was there: %s", name)
	}
}

// Up to the header a call for a file is as any other; from there on it is not
// sent again.
func TestAStreamIsTriedAgainUpToItsHeader(t *testing.T) {
	t.Parallel()
	auth := &rotating{}
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		assert.Equal(t, "application/octet-stream", r.Header.Get("Accept"))
		switch calls.Add(1) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write(make([]byte, 100_000))
		case 2:
			w.WriteHeader(http.StatusUnauthorized)
		case 3:
			w.Header().Set("Location", r.URL.Path+"/again")
			w.WriteHeader(http.StatusTemporaryRedirect)
		default:
			assert.Equal(t, "Bearer token-1", r.Header.Get("Authorization"))
			_, _ = io.WriteString(w, "abcdef")
		}
	}))
	t.Cleanup(server.Close)
	client := clientOf(t, server.URL, WithAuth(auth))
	var got Response
	s, err := getFile(t.Context(), client, CaptureResponse(&got))
	require.NoError(t, err)
	assert.Equal(t, []int{3, 200, 1}, []int{got.Attempts, got.StatusCode, auth.renewed()})
	text, err := io.ReadAll(s)
	require.NoError(t, err)
	assert.Equal(t, "abcdef", string(text))
	require.NoError(t, s.Close())
}

// A failure is read whole, within the limit, and told as ever.
func TestAStreamThatFails(t *testing.T) {
	t.Parallel()
	server, _ := counted(t, answerAsAsked)
	_, err := getFile(t.Context(), clientOf(t, server.URL), ask("404"))
	require.ErrorIs(t, err, ErrNotFound)
	assert.ErrorContains(t, err, "no luck")
	_, err = getFile(t.Context(), clientOf(t, server.URL, WithMaxResponseBytes(10)), ask("403 1000"))
	require.ErrorIs(t, err, ErrForbidden)
	assert.LessOrEqual(t, len(failureOfCall(t, err).Body), 64)
}

// Which types are asked for, and what comes back as it is.
func TestTheTypeOfAStream(t *testing.T) {
	t.Parallel()
	server, _ := counted(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", strings.Split(r.Header.Get("Accept"), ",")[0])
		_, _ = io.WriteString(w, "<html>")
	})
	client := clientOf(t, server.URL, WithAccept("image/png"))
	for accept, want := range map[ContentType]string{
		"application/pdf": "application/pdf", "text/html": "text/html", "text/html; q=1, application/pdf": "text/html; q=1",
		"application/xhtml+xml": "application/xhtml+xml", "multipart/related": "multipart/related",
	} {
		s, err := getFile(t.Context(), client, WithAccept(accept))
		require.NoError(t, err, accept)
		text, err := io.ReadAll(s)
		require.NoError(t, err)
		assert.Equal(t, []string{"<html>", want}, []string{string(text), s.ContentType})
		require.NoError(t, s.Close())
	}
	s, err := getFile(t.Context(), client)
	require.NoError(t, err)
	assert.Equal(t, "image/png", s.ContentType)
	assert.NoError(t, s.Close())

	require.ErrorContains(t, send(t.Context(), client, read), `got "image/png", which only calls that return a Stream take`)
	for _, opt := range []CallOption{WithAccept(ContentTypeForm), WithAccept("a\nb"), Select("ContentType")} {
		_, err = getFile(t.Context(), client, opt)
		require.ErrorIs(t, err, ErrInvalidArgument)
	}
}

// Any call can have its answer as a Stream.
func TestCallWithAStream(t *testing.T) {
	t.Parallel()
	server, _ := counted(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, r.Method)
	})
	client := clientOf(t, server.URL)
	var s Stream
	require.NoError(t, client.Call(t.Context(), http.MethodGet, "v1/Document/5/Content", nil, &s))
	text, err := io.ReadAll(&s)
	require.NoError(t, err)
	assert.Equal(t, "GET", string(text))
	require.NoError(t, s.Close())
	require.ErrorIs(t, client.Call(t.Context(), http.MethodHead, "v1/Document/5/Content", nil, &s), ErrNotFound)
	assert.ErrorIs(t, (*UserAgent)(nil).streamOf(t.Context()), ErrInvalidArgument)
}

// streamOf is an agent's call on an agent that nobody made.
func (a *UserAgent) streamOf(ctx context.Context) error {
	_, err := callStream(ctx, (*agent)(a), &opGetFile, nil, nil)
	return err
}

func TestAClosedStream(t *testing.T) {
	t.Parallel()
	server, _ := fileServer(t, "text/plain", "abcdef", true)
	client := clientOf(t, server.URL)
	for _, opts := range [][]CallOption{nil, {WithTimeout(time.Hour)}} {
		s, err := getFile(t.Context(), client, opts...)
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, s.Close())
			n, err := s.Read(make([]byte, 1))
			assert.Zero(t, n)
			require.ErrorIs(t, err, fs.ErrClosed)
		}
		require.Error(t, s.file.call.last.arriving.ctx.Err(), "the attempt is released")
		require.Equal(t, opts != nil, s.file.call.ctx.Err() != nil, "and the timeout of the call")
		assert.False(t, s.file.call.last.watch.timer.Stop(), "no timer is left")
	}
	s := new(Stream)
	_, err := s.Read(make([]byte, 1))
	require.ErrorIs(t, err, fs.ErrClosed)
	require.NoError(t, s.Close())
}

// At the end of the file everything is released, closed or not.
func TestAStreamReadToItsEndIsReleased(t *testing.T) {
	t.Parallel()
	server, _ := fileServer(t, "text/plain", "abcdef", false)
	s, err := getFile(t.Context(), clientOf(t, server.URL), WithTimeout(time.Hour))
	require.NoError(t, err)
	require.NoError(t, s.file.call.ctx.Err())
	_, err = io.Copy(io.Discard, s)
	require.NoError(t, err)
	require.Error(t, s.file.call.ctx.Err())
	require.Error(t, s.file.call.last.arriving.ctx.Err())
	assert.False(t, s.file.call.last.watch.timer.Stop(), "no timer is left")
	require.NoError(t, s.Close())
	_, err = s.Read(make([]byte, 1))
	assert.ErrorIs(t, err, fs.ErrClosed)
}

// What is left at Close is read for the sake of the connection, if it is
// little and comes soon.
func TestAStreamThatIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rest  int
		delay time.Duration
		takes time.Duration
		dials int64
	}{
		"little":      {10_000, 10 * time.Millisecond, 10 * time.Millisecond, 1},
		"little late": {10_000, time.Second, 50 * time.Millisecond, 2},
		"much":        {10_000_000, 10 * time.Millisecond, 10 * time.Millisecond, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				taken := make(chan int64, 2)
				client, way := piped(t, func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = w.Write([]byte("abc"))
					w.(http.Flusher).Flush()
					time.Sleep(c.delay)
					n, _ := io.Copy(struct{ io.Writer }{w}, io.LimitReader(zeros{}, int64(c.rest)))
					taken <- n
				})
				for range 2 {
					s, err := getFile(t.Context(), client)
					require.NoError(t, err)
					began := time.Now()
					require.NoError(t, s.Close())
					assert.Equal(t, c.takes, time.Since(began))
					assert.Less(t, <-taken, int64(200_000), "it does not read it all")
				}
				assert.Equal(t, c.dials, way.dials.Load())
			})
		})
	}
}

// Cancelling the call's context ends a Read.
func TestAStreamIsCancelled(t *testing.T) {
	t.Parallel()
	for _, protocol := range []int{1, 2} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, "abcdef")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}))
		server.EnableHTTP2 = protocol == 2
		server.StartTLS()
		t.Cleanup(server.Close)
		client := clientOf(t, server.URL, WithHTTPClient(server.Client()))
		mine := errors.New("the user went home")
		ctx, cancel := context.WithCancelCause(t.Context())
		s, err := getFile(ctx, client, WithTimeout(time.Hour))
		require.NoError(t, err)
		assert.Equal(t, protocol, s.file.resp.ProtoMajor)
		_, err = io.ReadFull(s, make([]byte, 6))
		require.NoError(t, err)
		cancel(mine)
		_, err = s.Read(make([]byte, 1))
		require.ErrorIs(t, err, context.Canceled)
		if protocol == 1 { // over HTTP/2, net/http does not tell the cause
			require.ErrorIs(t, err, mine)
		}
		assert.ErrorContains(t, err, "200 OK: reading the file")
		require.NoError(t, s.Close())
	}
}

// A server that is told of the cancellation may end the file there in good
// order. Only if its length is known is such an end the file's.
func TestACancelledStreamHasNoEnd(t *testing.T) {
	t.Parallel()
	for length, want := range map[int64]error{-1: context.Canceled, 3: io.EOF} {
		mine := errors.New("the user went home")
		ctx, cancel := context.WithCancelCause(t.Context())
		s, err := getFile(ctx, over(t, fakehttp.Transport(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("abc")), ContentLength: length}, nil
		})))
		require.NoError(t, err)
		_, err = io.ReadFull(s, make([]byte, 3))
		require.NoError(t, err)
		cancel(mine)
		_, err = s.Read(make([]byte, 1))
		require.ErrorIs(t, err, want, length)
		if length < 0 {
			require.ErrorIs(t, err, mine)
			assert.NotErrorIs(t, err, io.EOF)
		}
		require.NoError(t, s.Close())
	}
}

// http.Client's own limit holds over the file, too, as net/http has it.
func TestAStreamWithAnHTTPClientThatHasATimeout(t *testing.T) {
	t.Parallel()
	server, _ := counted(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "abcdef")
		if w.(http.Flusher).Flush(); r.Header.Get(headerAsk) != "" {
			<-r.Context().Done()
		}
	})
	for _, limit := range []time.Duration{time.Hour, 50 * time.Millisecond} {
		transport := newTransport().(*http.Transport)
		t.Cleanup(transport.CloseIdleConnections)
		client := clientOf(t, server.URL, WithHTTPClient(&http.Client{Timeout: limit, Transport: transport}))
		if limit == time.Hour {
			s, err := getFile(t.Context(), client)
			require.NoError(t, err)
			text, err := io.ReadAll(s)
			require.NoError(t, err)
			assert.Equal(t, "abcdef", string(text))
			require.NoError(t, s.Close())
			continue
		}
		s, err := getFile(t.Context(), client, ask("never"))
		require.NoError(t, err)
		_, err = io.ReadAll(s)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, s.Close())
	}
}

// A transport of the caller's may do less than net/http's.
func TestAStreamOverOddTransports(t *testing.T) {
	t.Parallel()
	body := func(text string, length int64) *http.Response {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(text)), ContentLength: length}
	}
	for name, c := range map[string]struct {
		resp *http.Response
		is   error
	}{
		"no body":       {&http.Response{StatusCode: 200}, ErrNotFound},
		"empty body":    {&http.Response{StatusCode: 200, Body: http.NoBody}, ErrNotFound},
		"short body":    {body("abc", 4), io.ErrUnexpectedEOF},
		"as long":       {body("abc", 3), nil},
		"of any length": {body("abc", -1), nil},
	} {
		s, err := getFile(t.Context(), over(t, fakehttp.Transport(func(*http.Request) (*http.Response, error) { return c.resp, nil })))
		if err == nil {
			var got []byte
			got, err = io.ReadAll(s)
			assert.Equal(t, "abc", string(got))
		}
		if c.is == nil {
			assert.NoError(t, err, name)
		} else {
			assert.ErrorIs(t, err, c.is, name)
		}
	}
}

func TestAStreamThatIsPacked(t *testing.T) {
	t.Parallel()
	file := someFile(100_000)
	for _, cut := range []int{0, 50} {
		server, _ := counted(t, func(w http.ResponseWriter, _ *http.Request) {
			var packed bytes.Buffer
			zip := gzip.NewWriter(&packed)
			_, _ = zip.Write(file)
			_ = zip.Close()
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Content-Type", "application/pdf")
			_, _ = w.Write(packed.Bytes()[:packed.Len()-cut])
		})
		s, err := getFile(t.Context(), clientOf(t, server.URL))
		require.NoError(t, err)
		assert.EqualValues(t, -1, s.Length)
		got, err := io.ReadAll(s)
		if cut > 0 {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		} else {
			require.NoError(t, err)
			assert.True(t, bytes.Equal(file, got))
		}
		require.NoError(t, s.Close())
	}
}

func TestAStreamPrintsNothingOfItself(t *testing.T) {
	t.Parallel()
	server, _ := fileServer(t, "text/plain", "very secret", false)
	s, err := getFile(t.Context(), clientOf(t, server.URL, WithAuth(TicketAuth("7T:secret"))))
	require.NoError(t, err)
	defer s.Close()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.Equal(t, "superoffice.Stream{text/plain, 11 bytes}", fmt.Sprintf(verb, s))
		assert.Equal(t, "superoffice.Stream{text/plain, 11 bytes}", fmt.Sprintf(verb, *s))
		assert.NotContains(t, fmt.Sprintf(verb, struct{ s Stream }{*s}), "secret")
	}
}

// pipes serves HTTP/1.1 over pipes in memory, whose clock a test can fake.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	dials    atomic.Int64
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	p.dials.Add(1)
	near, far := net.Pipe()
	select {
	case p.accepted <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// piped returns a client of a server over pipes, for tests inside a bubble of
// synctest.
func piped(t *testing.T, handle http.HandlerFunc, opts ...ClientOption) (*Client, *pipes) {
	t.Helper()
	p := &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handle}
	go func() { _ = server.Serve(p) }()
	t.Cleanup(func() {
		_ = server.Close()
		time.Sleep(time.Minute) // on the fake clock, for its connections to end
	})
	return clientOf(t, "http://127.0.0.1", append(opts, dialing(newTransport(), p.dial))...), p
}

const minute = time.Minute // the default of RetryPolicy.AttemptTimeout

// The limit of an attempt is one of standstill: neither a slow server nor a
// slow reader of the file runs into it.
func TestAStreamMayTakeItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := piped(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			time.Sleep(minute - time.Second)
			for range 100 {
				_, _ = io.WriteString(w, "x")
				w.(http.Flusher).Flush()
				time.Sleep(minute - time.Second)
			}
		})
		s, err := getFile(t.Context(), client)
		require.NoError(t, err)
		text, err := io.ReadAll(s)
		require.NoError(t, err)
		assert.Len(t, text, 100)
		require.NoError(t, s.Close())

		s, err = getFile(t.Context(), client)
		require.NoError(t, err)
		for range 100 {
			_, err = io.ReadFull(s, make([]byte, 1))
			require.NoError(t, err)
			time.Sleep(time.Hour)
		}
		_, err = s.Read(make([]byte, 1))
		require.Equal(t, io.EOF, err)
	})
}

func TestAStreamThatStandsStill(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy RetryPolicy
		opts   []CallOption
		is     error
		after  time.Duration
	}{
		"the attempt's limit":   {hurried(), nil, errStalled, minute},
		"the call's own":        {hurried(), []CallOption{WithTimeout(2 * time.Second)}, context.DeadlineExceeded, 2 * time.Second},
		"the call's, no other":  {RetryPolicy{AttemptTimeout: -1}, []CallOption{WithTimeout(2 * time.Hour)}, context.DeadlineExceeded, 2 * time.Hour},
		"not the one that is 0": {RetryPolicy{AttemptTimeout: time.Hour}, nil, errStalled, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, _ := piped(t, func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = io.WriteString(w, "abcdef")
					w.(http.Flusher).Flush()
					<-r.Context().Done()
				}, WithRetry(c.policy))
				began := time.Now()
				s, err := getFile(t.Context(), client, c.opts...)
				require.NoError(t, err)
				text, err := io.ReadAll(s)
				assert.Equal(t, "abcdef", string(text))
				require.ErrorIs(t, err, c.is)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, errors.Is(c.is, errStalled), errors.Is(err, errStalled))
				assert.Equal(t, c.after, time.Since(began))
				assert.Equal(t, 1, failureOfCall(t, err).Attempts)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		client, _ := piped(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, WithRetry(RetryPolicy{MaxAttempts: 3, Sleep: new(naps).sleep}))
		began := time.Now()
		_, err := getFile(t.Context(), client)
		require.ErrorIs(t, err, errStalled)
		assert.ErrorContains(t, err, "RetryPolicy.AttemptTimeout")
		assert.Equal(t, 3, failureOfCall(t, err).Attempts, "no header came, so it was tried again")
		assert.Equal(t, 3*minute, time.Since(began))
	})
}

// decodeBase64 is what the decoder is to do: a JSON string of base64 text,
// nothing more.
func decodeBase64(text []byte) (file []byte, ok bool) {
	var s *string
	if json.Unmarshal(text, &s) != nil || s == nil {
		return nil, false
	}
	file, err := base64.StdEncoding.DecodeString(*s)
	return file, err == nil && len(file) > 0
}

// FuzzBase64JSON holds the decoder to encoding/json and encoding/base64,
// however the text comes in pieces.
func FuzzBase64JSON(f *testing.F) {
	for _, text := range []string{
		`"YWJjZGVm"`, `"YQ=="`, `"YWI="`, ` "YWI\u003D" `, `"\u002B\/8="`, `"YW\r\nI="`, `""`, `null`, `"YQ==YQ=="`, `"YQ="`, `"Y"`, `"YWJj" x`,
		`"YW Jj"`, `"YW\tJj"`, `"\u0020"`, `"\u00e9"`, `"\ud83d\ude00"`, `"\x"`, `"YWJj\`, "\"\xff\"", `{"a":1}`, `["a"]`, "\"YW\nJj\"", `"YWJj""`, `"YWJjYW\n\n\n\n"`,
	} {
		f.Add([]byte(text), uint16(1))
		f.Add([]byte(text), uint16(3))
	}
	f.Add([]byte(inJSON(someFile(300))), uint16(1000))
	f.Fuzz(func(t *testing.T, text []byte, piece uint16) {
		if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
			t.Skip("encoding/json takes no byte order mark")
		}
		d := &delivery{call: new(call), resp: &http.Response{StatusCode: 200}}
		pieces := &inPieces{text, int(piece) + 1}
		var got []byte
		file, err := d.openJSON(bufio.NewReaderSize(pieces, 16))
		if err == nil {
			got, err = io.ReadAll(iotest.OneByteReader(file))
		}
		want, ok := decodeBase64(text)
		if ok != (err == nil) {
			t.Fatalf("%q: %v, want a file: %v", text, err, ok)
		}
		if ok && !bytes.Equal(want, got) {
			t.Fatalf("%q: got %q, want %q", text, got, want)
		}
	})
}

// inPieces gives a text in pieces of a size at the most.
type inPieces struct {
	text []byte
	size int
}

func (r *inPieces) Read(p []byte) (int, error) {
	if len(r.text) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), r.size)], r.text)
	r.text = r.text[n:]
	return n, nil
}
