package riverqueue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/wait"
	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/riverqueue"
)

// What a process is told by its environment.
const (
	replicaVariable = "RIVERQUEUE_TEST_REPLICA" // how to reach the database
	journalVariable = "RIVERQUEUE_TEST_JOURNAL" // a file
	failVariable    = "RIVERQUEUE_TEST_FAIL"    // one of how many tries fails
)

// held is the name of an event that a replica holds until its context is done.
const held = "contact.held"

// replica is the whole of a replica's process. It works until its input ends.
func replica(dsn string) error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	q, err := riverqueue.New(pool, riverqueue.WithHaste(), riverqueue.WithLogger(log))
	if err != nil {
		return err
	}
	out, err := os.OpenFile(os.Getenv(journalVariable), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	fail, err := strconv.Atoi(os.Getenv(failVariable))
	if err != nil {
		return err
	}
	if err := q.Work(ctx, recorded(out, os.Getpid(), fail)); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// recorded is a function that writes down when it begins and how it ends. One of
// fail tries fails.
func recorded(out io.Writer, who, fail int) func(ctx context.Context, e *webhook.Event) error {
	note := func(what string, e *webhook.Event) {
		_, _ = fmt.Fprintf(out, "%s %d %d %d %s\n", what, who, time.Now().UnixMicro(), e.PrimaryKey, e.ID) // one write, which is whole
	}
	return func(ctx context.Context, e *webhook.Event) error {
		note(begun, e)
		if e.Event == held {
			<-ctx.Done()
			return ctx.Err()
		}
		_ = wait.Sleep(ctx, 2*time.Millisecond) // so that it can be killed meanwhile
		if fail > 0 && rand.IntN(fail) == 0 {
			note(failed, e)
			return errors.New("not this time")
		}
		note(ended, e)
		return nil
	}
}

// process is a replica at work.
type process struct {
	*exec.Cmd
	in     io.Closer
	errors bytes.Buffer
}

// startReplica starts this test binary again, until the test is over.
func startReplica(t *testing.T, dsn, journal string, fail int) *process {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	p := &process{Cmd: exec.Command(program)}
	p.Env = append(os.Environ(), replicaVariable+"="+dsn, journalVariable+"="+journal, failVariable+"="+strconv.Itoa(fail))
	p.Stderr = &p.errors
	p.in, err = p.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	t.Cleanup(func() {
		_ = p.in.Close()
		defer time.AfterFunc(20*time.Second, func() { _ = p.Process.Kill() }).Stop() // it may be stopped
		if err := p.Wait(); err != nil && p.ProcessState.Exited() {
			t.Errorf("a replica failed: %v: %s", err, &p.errors)
		}
	})
	return p
}

// signal sends a signal of Unix, by its name.
func (p *process) signal(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, exec.Command("kill", "-"+name, strconv.Itoa(p.Process.Pid)).Run())
}

// What a journal says of an event.
const (
	begun  = "begun"
	failed = "failed"
	ended  = "ended"
)

// line is one of a journal.
type line struct {
	what   string
	who    int
	at     time.Time
	record int
	id     string
}

// readJournal returns the lines of a journal, without one that is not whole.
func readJournal(t *testing.T, journal string) (lines []line) {
	t.Helper()
	content, err := os.ReadFile(journal)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	whole := content[:bytes.LastIndexByte(content, '\n')+1]
	for text := range strings.Lines(string(whole)) {
		var l line
		var micro int64
		_, err := fmt.Sscan(text, &l.what, &l.who, &micro, &l.record, &l.id)
		require.NoError(t, err, text)
		l.at = time.UnixMicro(micro)
		lines = append(lines, l)
	}
	return lines
}

// await waits for what is bound to happen.
func await(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !isSo() {
		if wait.Sleep(ctx, 20*time.Millisecond) != nil {
			require.FailNow(t, "in vain", what)
		}
	}
}

func countOf(lines []line, what string) (n int) {
	for _, l := range lines {
		if l.what == what {
			n++
		}
	}
	return n
}

// plan is what a test adds: the IDs of each record in their order.
type plan map[int][]string

func newPlan(records, events int) plan {
	p := make(plan)
	for i := range events {
		record := i%records + 1
		p[record] = append(p[record], fmt.Sprintf("%d-%d", record, i))
	}
	return p
}

// add adds the events of a plan, those of a record in their order: one of five
// twice, then or later, and one of ten with a time that is not in order. It repeats
// what fails.
func (p plan) add(t *testing.T, q webhook.Queue) (adds int64) {
	t.Helper()
	const adders = 8
	var group sync.WaitGroup
	var all atomic.Int64
	for i := range adders {
		group.Go(func() {
			for record, ids := range p {
				if record%adders != i {
					continue
				}
				for n, id := range ids {
					e := &webhook.Event{ID: id, Event: webhook.ContactChanged, Entity: "contact", Tenant: "Cust12345", PrimaryKey: record, Time: time.Now()}
					if n%10 == 9 {
						e.Time = e.Time.Add(-time.Minute)
					}
					addAnyhow(t, q, e)
					all.Add(1)
					if n%5 == 4 {
						e.ID = ids[n-rand.IntN(5)]
						addAnyhow(t, q, e)
						all.Add(1)
					}
				}
			}
		})
	}
	group.Wait()
	return all.Load()
}

func addAnyhow(t *testing.T, q webhook.Queue, e *webhook.Event) {
	for q.Add(t.Context(), e) != nil {
		if wait.Sleep(t.Context(), 10*time.Millisecond) != nil {
			return
		}
	}
}

// check looks at how the events of a plan were handled: all of them, those of a
// record in their order, one at a time. It returns how many were handled twice, and
// how long it took others to take over from the dead one.
func (p plan) check(t *testing.T, lines []line, dead int, died time.Time) (twice int, takeover time.Duration) {
	t.Helper()
	inHand := make(map[int]line) // by record
	done := make(map[string]bool)
	next := make(map[int]int)
	for _, l := range lines {
		before, isInHand := inHand[l.record]
		if l.what == begun {
			if isInHand {
				assert.Equal(t, dead, before.who, "%v began before %v had ended", l, before)
				takeover = max(takeover, l.at.Sub(died))
			}
			inHand[l.record] = l
			continue
		}
		assert.Equal(t, before.id, l.id)
		delete(inHand, l.record)
		switch {
		case l.what == failed:
		case done[l.id]:
			twice++
		default:
			done[l.id] = true
			if ids := p[l.record]; assert.Less(t, next[l.record], len(ids)) {
				assert.Equal(t, ids[next[l.record]], l.id, "out of order")
			}
			next[l.record]++
		}
	}
	for record, ids := range p {
		assert.Equal(t, len(ids), next[record], "of record %d", record)
	}
	return twice, takeover
}

// TestChaos kills one of two replicas.
func TestChaos(t *testing.T) {
	t.Parallel()
	events := 10_000
	if testing.Short() {
		events = 1000
	}
	p, dsn, journal := newPlan(300, events), newDatabase(t), filepath.Join(t.TempDir(), "journal")
	q := newQueue(t, dsn)
	one, _ := startReplica(t, dsn, journal, 10), startReplica(t, dsn, journal, 10)
	began := time.Now()
	var adding sync.WaitGroup
	var died time.Time
	adding.Go(func() {
		n := p.add(t, q)
		t.Logf("%d adds, %.0f/s", n, float64(n)/time.Since(began).Seconds())
	})
	await(t, "half of the events are handled", func() bool {
		lines := readJournal(t, journal)
		if countOf(lines, ended) < events/2 || lines[len(lines)-1].who != one.Process.Pid {
			return false // it is killed while it is at work
		}
		one.signal(t, "KILL")
		died = time.Now()
		return true
	})
	adding.Wait()
	await(t, "all events are handled", func() bool {
		ids := make(map[string]bool)
		for _, l := range readJournal(t, journal) {
			if l.what == ended {
				ids[l.id] = true
			}
		}
		return len(ids) == events
	})
	lines := readJournal(t, journal)
	twice, takeover := p.check(t, lines, one.Process.Pid, died)
	t.Logf("%d events in %.1f s, %d tries, %d failed, %d handled twice, taken over in %.1f s",
		events, time.Since(began).Seconds(), countOf(lines, begun), countOf(lines, failed), twice, takeover.Seconds())
}

// TestFrozen stops a replica for longer than its lease. Nobody takes its record as
// long as it lives, and somebody does when it is dead.
func TestFrozen(t *testing.T) {
	t.Parallel()
	dsn, journal := newDatabase(t), filepath.Join(t.TempDir(), "journal")
	q := newQueue(t, dsn, riverqueue.WithHaste())
	event := &webhook.Event{ID: "1", Event: held, Entity: "contact", Tenant: "Cust12345", PrimaryKey: 5}
	require.NoError(t, q.Add(t.Context(), event))
	frozen := startReplica(t, dsn, journal, 0)
	await(t, "the replica has the record", func() bool { return countOf(readJournal(t, journal), begun) == 1 })
	frozen.signal(t, "STOP")

	var taken atomic.Bool
	worked := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		worked <- q.Work(ctx, func(context.Context, *webhook.Event) error {
			taken.Store(true)
			return nil
		})
	}()
	pool := newPool(t, dsn)
	await(t, "the lease has ended twice", func() bool {
		var isOver bool
		err := pool.QueryRow(t.Context(), `SELECT count(*) = 2 AND bool_or(now() - seen_at > $1) FROM superoffice_webhook.webhook_worker`, 2*riverqueue.Lease).Scan(&isOver)
		return assert.NoError(t, err) && isOver
	})
	assert.False(t, taken.Load(), "two replicas had the record")
	frozen.signal(t, "KILL")
	killed := time.Now()
	await(t, "another replica has the record", taken.Load)
	t.Logf("taken over %.1f s after the end of a process whose lease was over", time.Since(killed).Seconds())
	cancel()
	assert.ErrorIs(t, <-worked, context.Canceled)
}
