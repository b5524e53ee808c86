package redisstore_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

// TestMain runs the tests, or, in a process that runWorkers started, a worker.
func TestMain(m *testing.M) {
	if name := os.Getenv(workerVariable); name != "" {
		if err := work(context.Background(), name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		server.stop()
		os.Exit(code)
	}))
}

// newClient returns a client of the tests' server, which is started for the
// first of them. Without a redis-server the test is skipped.
func newClient(t *testing.T, edit ...func(*redis.Options)) *redis.Client {
	t.Helper()
	opts := &redis.Options{Addr: server.address(t)}
	for _, e := range edit {
		e(opts)
	}
	client := redis.NewClient(opts)
	t.Cleanup(func() { _ = client.Close() })
	return client
}
