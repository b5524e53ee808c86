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
// arguments from the environment, and returns what it does in each round.
var workers = map[string]func(store online.Store) (round, error){
	"increment": increment,
	"fleet":     joinFleet,
	"receive":   joinReceivers,
}

// round is one piece of a worker's work. What it returns, a line, is for the
// test.
type round func(ctx context.Context) (string, error)

// What a process is told by its environment.
const (
	workerVariable  = "REDISSTORE_TEST_WORKER"
	addressVariable = "REDISSTORE_TEST_ADDRESS"
	prefixVariable  = "REDISSTORE_TEST_PREFIX"
)

const readyWord = "ready"

// work is the whole of a worker's process. It says that it is ready, and does
// a round for each line that it reads, so that all processes begin together.
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
	do, err := worker(redisstore.New(client, redisstore.WithPrefix(os.Getenv(prefixVariable))))
	if err != nil {
		return err
	}
	fmt.Println(readyWord)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		said, err := do(ctx)
		if err != nil {
			return err
		}
		fmt.Println(said)
	}
	return lines.Err()
}

// process is a worker at work.
type process struct {
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors *strings.Builder
	killed bool
}

// startWorkers starts n processes of the named worker, which is to work on the
// store with the given prefix, and waits until all are ready. env, such as
// "NAME=value", is for the worker.
func startWorkers(t *testing.T, name string, n int, prefix string, env ...string) []*process {
	t.Helper()
	env = append(env, workerVariable+"="+name, addressVariable+"="+server.address(t), prefixVariable+"="+prefix)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	var all []*process
	t.Cleanup(func() {
		defer cancel()
		end(t, all)
	})
	for range n {
		all = append(all, startWorker(ctx, t, name, env))
	}
	for _, p := range all {
		require.Equal(t, readyWord, p.line(t))
	}
	return all
}

// startWorker starts this test binary again. ctx ends it.
func startWorker(ctx context.Context, t *testing.T, name string, env []string) *process {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	p := &process{name: name, cmd: exec.CommandContext(ctx, program), errors: new(strings.Builder)}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = p.errors
	p.in, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.out = bufio.NewReader(out)
	require.NoError(t, p.cmd.Start())
	return p
}

// end lets all workers leave, at the same time.
func end(t *testing.T, all []*process) {
	t.Helper()
	for _, p := range all {
		_ = p.in.Close()
	}
	for _, p := range all {
		if p.killed {
			continue
		}
		if err := p.cmd.Wait(); err != nil && !t.Failed() {
			t.Errorf("a worker %s failed: %v: %s", p.name, err, p.errors)
		}
	}
}

// kill ends a worker in the middle of what it does.
func (p *process) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Kill())
	_ = p.cmd.Wait() // which says that it was killed
	p.killed = true
}

// line returns the next line that a worker prints.
func (p *process) line(t *testing.T) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("a worker %s left: %v: %s", p.name, p.cmd.Wait(), p.errors)
	}
	return strings.TrimSuffix(line, "\n")
}

// doRound has all workers do a round at the same time and returns what each
// says.
func doRound(t *testing.T, all []*process) []string {
	t.Helper()
	for _, p := range all {
		_, err := io.WriteString(p.in, "\n")
		require.NoError(t, err)
	}
	var said []string
	for _, p := range all {
		said = append(said, p.line(t))
	}
	return said
}

const (
	processes      = 8
	tenantVariable = "REDISSTORE_TEST_TENANT"
	increments     = 200 // of each process
)

func increment(store online.Store) (round, error) {
	key := online.Key{Tenant: os.Getenv(tenantVariable)}
	return func(ctx context.Context) (string, error) {
		for range increments {
			if err := storetest.Increment(ctx, store, key, time.Hour); err != nil {
				return "", err
			}
		}
		return strconv.Itoa(increments), nil
	}, nil
}

func TestProcessesCountTogether(t *testing.T) {
	t.Parallel()
	store, _, prefix := newStore(t)
	key := online.Key{Tenant: rand.Text()}
	for _, said := range doRound(t, startWorkers(t, "increment", processes, prefix, tenantVariable+"="+key.Tenant)) {
		assert.Equal(t, strconv.Itoa(increments), said)
	}
	entry, err := store.Load(t.Context(), key)
	require.NoError(t, err)
	assert.Equal(t, strconv.Itoa(processes*increments), cmp.Or(string(entry.Value), "0"))
}
