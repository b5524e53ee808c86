package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// server is the Redis of the whole package.
var server redisServer

// redisServer is a redis-server of the tests' own, on a free loopback port,
// which keeps its data in memory.
type redisServer struct {
	mu      sync.Mutex
	addr    string
	err     error // why it could not be started
	process *exec.Cmd
	alive   io.Closer // ends the process
	folder  string
}

// untilLeft runs its arguments until its input ends. That happens also when
// the tests end in a panic or are killed, so that no server stays behind.
const untilLeft = `"$@" & cat; kill -9 $!; wait`

// errNoRedis skips a test.
var errNoRedis = errors.New("redis-server is not on the PATH (on Debian and Ubuntu: apt-get install redis-server)")

// address starts the server, if nobody has yet.
func (s *redisServer) address(t *testing.T) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.addr == "" && s.err == nil {
		s.err = s.start(t)
	}
	if errors.Is(s.err, errNoRedis) {
		t.Skip(s.err)
	}
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.addr
}

func (s *redisServer) start(t *testing.T) error {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return errNoRedis
	}
	if s.folder, err = os.MkdirTemp("", "redisstore-test-"); err != nil {
		return err
	}
	const tries = 5 // another program may take the port that was free
	for range tries {
		if err = s.startOn(t, program, freePort(t)); err == nil {
			return nil
		}
		s.kill()
	}
	return err
}

func (s *redisServer) startOn(t *testing.T, program, port string) error {
	t.Helper()
	s.process = exec.Command("sh", "-c", untilLeft, "sh",
		program, "--bind", "127.0.0.1", "--port", port, "--dir", s.folder, "--save", "", "--appendonly", "no")
	var err error
	if s.alive, err = s.process.StdinPipe(); err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("starting redis-server: %w", err)
	}
	addr := net.JoinHostPort("127.0.0.1", port)
	if err := ready(t.Context(), addr, s.folder); err != nil {
		return fmt.Errorf("redis-server at %s: %w", addr, err)
	}
	s.addr = addr
	return nil
}

// ready waits until the server answers, for ten seconds at the most: by the
// client's retries, and with its folder, so that it is no other.
func ready(ctx context.Context, addr, folder string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	client := redis.NewClient(&redis.Options{
		Addr:            addr,
		DialerRetries:   1,
		MaxRetries:      1000,
		MinRetryBackoff: 5 * time.Millisecond,
		MaxRetryBackoff: 20 * time.Millisecond,
	})
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("no answer to PING: %w", err)
	}
	settings, err := client.ConfigGet(ctx, "dir").Result()
	if err != nil {
		return fmt.Errorf("no answer to CONFIG GET: %w", err)
	}
	if filepath.Base(settings["dir"]) != filepath.Base(folder) {
		return errors.New("another server has the port")
	}
	return nil
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// stop ends the server, if there is one, and removes its folder.
func (s *redisServer) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kill()
	if s.folder != "" {
		_ = os.RemoveAll(s.folder)
	}
}

func (s *redisServer) kill() {
	if s.alive != nil {
		_ = s.alive.Close()
		_ = s.process.Wait()
	}
	s.alive, s.process = nil, nil
}
