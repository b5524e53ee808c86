package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// serveArgument turns a program of this module into the server.
const serveArgument = "serve"

// ServeIfAsked is the first thing that main and TestMain do: in the process
// that StartServer started it serves until its standard input ends, and then
// says true.
func ServeIfAsked() (served bool, err error) {
	if len(os.Args) != 2 || os.Args[1] != serveArgument {
		return false, nil
	}
	return true, serve(os.Stdin, os.Stdout)
}

// serve writes its address to out and serves until in ends, as it does when
// the parent is gone, whatever became of it.
func serve(in io.Reader, out io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(answerSample), ReadHeaderTimeout: limit}
	if _, err := fmt.Fprintf(out, "http://%s\n", listener.Addr()); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// answerSample answers the work's one request, and no other.
func answerSample(w http.ResponseWriter, req *http.Request) {
	text, err := io.ReadAll(req.Body)
	switch {
	case err != nil:
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
	case req.Method != http.MethodPost || req.URL.Path != agentPath:
		http.NotFound(w, req)
	case !authorized(req.Header):
		http.Error(w, "wrong credentials", http.StatusUnauthorized)
	case !isRequestBody(text):
		http.Error(w, "another key was due", http.StatusBadRequest)
	default:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(Sample)))
		_, _ = io.WriteString(w, Sample)
	}
}

// isRequestBody heeds no case, as the vendor's client writes "key" and the
// server takes that too.
func isRequestBody(text []byte) bool {
	return bytes.EqualFold(bytes.TrimSpace(text), []byte(requestBody))
}

// Server is the server as a process of its own.
type Server struct {
	// URL is the base URL to give to clients.
	URL string

	cmd  *exec.Cmd
	stop io.Closer
}

// StartServer starts this program once more, as the server. The program must
// ask ServeIfAsked before it does anything else.
func StartServer(ctx context.Context) (*Server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, serveArgument)
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 5 * time.Second
	stop, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &Server{cmd: cmd, stop: stop}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server gave no address: %w", err), s.Close())
	}
	s.URL = strings.TrimSpace(line)
	return s, nil
}

// Close ends the server.
func (s *Server) Close() error {
	_ = s.stop.Close()
	return s.cmd.Wait()
}
