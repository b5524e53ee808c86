package redisstore_test

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/online"
	"github.com/superoffice-go/superoffice/online/redisstore"
	"github.com/superoffice-go/superoffice/online/storetest"
)

// workers are what processes of this test binary do together, by name. A
// worker gets a store that all processes of its test share, and further
// arguments from the environment. What it prints is for the test.
var workers = map[string]func(ctx context.Context, store online.Store, out io.Writer) error{
	"increment": increment,
}

// What a process is told by its environment.
const (
	workerVariable  = "REDISSTORE_TEST_WORKER"
	addressVariable = "REDISSTORE_TEST_ADDRESS"
	prefixVariable  = "REDISSTORE_TEST_PREFIX"
)

const readyLine = "ready\n"

// work is the whole of a worker's process. It says that it is ready and begins
// when its input ends, so that all processes begin together.
func work(ctx context.Context, name string) error {
	worker := workers[name]
	if worker == nil {
		return fmt.Errorf("there is no worker %q", name)
	}
	client := redis.NewClient(&redis.Options{Addr: os.Getenv(addressVariable)})
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		return err
	}
	fmt.Print(readyLine)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return worker(ctx, redisstore.New(client, redisstore.WithPrefix(os.Getenv(prefixVariable))), os.Stdout)
}

// process is a worker at work.
type process struct {
	cmd    *exec.Cmd
	in     io.Closer
	out    *bufio.Reader
	errors *strings.Builder
}

// runWorkers runs n processes of the named worker on one store and returns
// what each printed, and the store. env, such as "NAME=value", is for the
// worker.
func runWorkers(t *testing.T, name string, n int, env ...string) ([]string, online.Store) {
	t.Helper()
	store, client, prefix := newStore(t)
	env = append(env, workerVariable+"="+name, addressVariable+"="+client.Options().Addr, prefixVariable+"="+prefix)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var running []process
	for range n {
		running = append(running, startWorker(ctx, t, env))
	}
	for _, p := range running {
		line, err := p.out.ReadString('\n')
		if err != nil {
			t.Fatalf("a worker %s did not get ready: %v: %s", name, p.cmd.Wait(), p.errors)
		}
		require.Equal(t, readyLine, line)
	}
	for _, p := range running {
		require.NoError(t, p.in.Close())
	}
	var printed []string
	for _, p := range running {
		said, err := io.ReadAll(p.out)
		require.NoError(t, err)
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("a worker %s failed: %v: %s", name, err, p.errors)
		}
		printed = append(printed, string(said))
	}
	return printed, store
}

// startWorker starts this test binary again. ctx ends it.
func startWorker(ctx context.Context, t *testing.T, env []string) process {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	p := process{cmd: exec.CommandContext(ctx, program), errors: new(strings.Builder)}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = p.errors
	in, err := p.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.in, p.out = in, bufio.NewReader(out)
	require.NoError(t, p.cmd.Start())
	return p
}

const (
	tenantVariable = "REDISSTORE_TEST_TENANT"
	increments     = 200 // of each process
)

func increment(ctx context.Context, store online.Store, out io.Writer) error {
	key := online.Key{Tenant: os.Getenv(tenantVariable)}
	for range increments {
		if err := storetest.Increment(ctx, store, key, time.Hour); err != nil {
			return err
		}
	}
	_, err := fmt.Fprint(out, increments)
	return err
}

func TestProcessesCountTogether(t *testing.T) {
	t.Parallel()
	const processes = 8
	key := online.Key{Tenant: rand.Text()}
	printed, store := runWorkers(t, "increment", processes, tenantVariable+"="+key.Tenant)
	for _, text := range printed {
		assert.Equal(t, strconv.Itoa(increments), text)
	}
	entry, err := store.Load(t.Context(), key)
	require.NoError(t, err)
	assert.Equal(t, strconv.Itoa(processes*increments), cmp.Or(string(entry.Value), "0"))
}
