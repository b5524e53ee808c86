package sqlitequeue_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/sqlitequeue"
)

// What a worker's process is told by its environment: the queue, and the file
// to which it writes a line for each event that it has handled.
const (
	pathVariable    = "SQLITEQUEUE_TEST_PATH"
	handledVariable = "SQLITEQUEUE_TEST_HANDLED"
)

// workUntilLeft is the whole of a worker's process, until its input ends. Its
// function fails for one event of ten.
func workUntilLeft(path, handledPath string) error {
	lines, err := os.OpenFile(handledPath, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer lines.Close()
	q, err := sqlitequeue.Open(path, sqlitequeue.WithPauses(2*time.Millisecond), sqlitequeue.WithLease(4*time.Second))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	err = q.Work(ctx, func(ctx context.Context, e *webhook.Event) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if rand.IntN(10) == 0 {
			return errors.New("it is one of ten")
		}
		_, err := fmt.Fprintf(lines, "%d %s\n", e.PrimaryKey, e.ID)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		return err
	}
	return q.Close()
}

// workerProcess is this test binary as a worker.
type workerProcess struct {
	cmd    *exec.Cmd
	in     io.Closer
	errors strings.Builder
}

func startProcess(t *testing.T, path, handledPath string) *workerProcess {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	p := &workerProcess{cmd: exec.Command(program)}
	p.cmd.Env = append(os.Environ(), pathVariable+"="+path, handledVariable+"="+handledPath)
	p.cmd.Stderr = &p.errors
	p.in, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
	})
	return p
}

// kill ends a process as a power cut would.
func (p *workerProcess) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Kill())
	require.Error(t, p.cmd.Wait(), "it was at work")
}

// leave has a process end by itself.
func (p *workerProcess) leave(t *testing.T) {
	t.Helper()
	require.NoError(t, p.in.Close())
	err := p.cmd.Wait()
	require.NoError(t, err, p.errors.String())
}

const (
	adders  = 8
	records = 200 // of all adders
)

// plan is what one adder adds: each event after those that come before it here, some
// of them after events that are newer.
func plan(adder, n int) []*webhook.Event {
	all := make([]*webhook.Event, n)
	for i := range all {
		record := adder + adders*rand.IntN(records/adders) // no other adder's
		all[i] = event(fmt.Sprintf("%d-%d", adder, i), record+1)
	}
	for i := range all {
		if rand.IntN(10) == 0 {
			j := i + rand.IntN(min(20, n-i))
			all[i], all[j] = all[j], all[i]
		}
	}
	return all
}

// addAll adds what is planned, and a fifth of it twice.
func addAll(t *testing.T, q *sqlitequeue.Queue, events []*webhook.Event) {
	for i, e := range events {
		if !assert.NoError(t, q.Add(t.Context(), e)) {
			return
		}
		if rand.IntN(5) == 0 {
			again := events[max(0, i-rand.IntN(100))]
			assert.NoError(t, q.Add(t.Context(), again))
		}
	}
}

// TestChaos has two processes handle what this one adds, kills one of them three times,
// and looks at what was handled, in which order.
func TestChaos(t *testing.T) {
	t.Parallel()
	n, kills := 10_000, 3
	if slow || testing.Short() {
		n = 2000
	}
	path, handledPath := newPath(t), filepath.Join(t.TempDir(), "handled")
	require.NoError(t, os.WriteFile(handledPath, nil, 0o600))
	q := open(t, path)
	processes := []*workerProcess{startProcess(t, path, handledPath), startProcess(t, path, handledPath)}

	order := make(map[string][]string) // the IDs of each record, as they are added
	var adding sync.WaitGroup
	for a := range adders {
		events := plan(a, n/adders)
		for _, e := range events {
			record := fmt.Sprint(e.PrimaryKey)
			order[record] = append(order[record], e.ID)
		}
		adding.Go(func() { addAll(t, q, events) })
	}
	for kill := range kills {
		untilHandled(t, handledPath, n*(kill+1)/(kills+1))
		victim := kill % len(processes)
		processes[victim].kill(t)
		processes[victim] = startProcess(t, path, handledPath)
	}
	adding.Wait()
	lines := untilHandled(t, handledPath, n)
	for _, p := range processes {
		p.leave(t)
	}
	twice := inOrder(t, order, lines)
	t.Logf("%d events, %d processes killed: %d were handled twice", n, kills, twice)
	assert.LessOrEqual(t, twice, kills*8, "no more than were being handled")
	assert.Zero(t, count(t, q, "state <> 2"), "what waits or was given up")
	assert.Equal(t, n, count(t, q, "true"))
}

// untilHandled waits until n events were handled, and returns their lines.
func untilHandled(t *testing.T, path string, n int) (lines []string) {
	t.Helper()
	const each = 10 * time.Millisecond
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(path)
		if err != nil {
			return false
		}
		lines = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		different := make(map[string]bool)
		for _, line := range lines {
			different[line] = true
		}
		return len(different) >= n
	}, 2*time.Minute, each, "not all events were handled")
	return lines
}

// inOrder looks if the events of each record were handled in their order, each of them, and
// returns how many were twice: one after the other.
func inOrder(t *testing.T, order map[string][]string, lines []string) (twice int) {
	t.Helper()
	next := make(map[string]int)
	for _, line := range lines {
		record, id, _ := strings.Cut(line, " ")
		at, ids := next[record], order[record]
		switch {
		case at < len(ids) && ids[at] == id:
			next[record]++
		case at > 0 && ids[at-1] == id:
			twice++
		default:
			t.Errorf("record %s: %s was handled when %d of %v were", record, id, at, ids)
			return twice
		}
	}
	for record, ids := range order {
		assert.Len(t, ids, next[record], "record %s", record)
	}
	return twice
}
