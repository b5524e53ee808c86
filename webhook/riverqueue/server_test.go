package riverqueue_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/wait"
	"github.com/superoffice-go/superoffice/webhook/riverqueue"
)

// server is the PostgreSQL of the whole package.
var server postgres

// postgres is a server of the tests' own, on a socket in its folder.
type postgres struct {
	mu        sync.Mutex
	isStarted bool
	err       error // why it could not be started
	programs  string
	folder    string
	process   *exec.Cmd
	alive     io.Closer // ends the process
	databases atomic.Int32
}

// untilLeft runs its arguments until its input ends. That happens also when the
// tests end in a panic or are killed, so that no server stays behind. SIGQUIT has
// the server end as in a crash, but for its shared memory.
const untilLeft = `"$@" & cat; kill -QUIT $!; wait`

// errNoPostgres skips a test.
var errNoPostgres = errors.New("PostgreSQL is neither on the PATH nor in /usr/lib/postgresql (on Debian and Ubuntu: apt-get install postgresql)")

// template is a database that is migrated, which those of the tests are copies of.
const template = "migrated"

// need starts the server, if nobody has yet. Without PostgreSQL the test is skipped.
func (s *postgres) need(tb testing.TB) {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.isStarted && s.err == nil {
		s.err = s.create(context.WithoutCancel(tb.Context()))
		s.isStarted = s.err == nil
	}
	if errors.Is(s.err, errNoPostgres) {
		tb.Skip(s.err)
	}
	require.NoError(tb, s.err)
}

// create makes a folder for a server, starts it, and makes the template.
func (s *postgres) create(ctx context.Context) (err error) {
	if s.programs, err = folderOfPrograms(); err != nil {
		return err
	}
	if s.folder, err = os.MkdirTemp("", "riverqueue-test-"); err != nil {
		return err
	}
	if err = s.giveAway(); err != nil {
		return err
	}
	initdb := s.program("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
	if out, err := exec.Command(initdb[0], initdb[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	if err = s.start(ctx); err != nil {
		return err
	}
	if err = s.exec(ctx, "CREATE DATABASE "+template); err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, s.dsn(template))
	if err != nil {
		return err
	}
	defer pool.Close()
	q, err := riverqueue.New(pool)
	if err != nil {
		return err
	}
	return q.Migrate(ctx)
}

// folderOfPrograms is where initdb is: of the newest version, if it is not on the
// PATH.
func folderOfPrograms() (string, error) {
	if program, err := exec.LookPath("initdb"); err == nil {
		program, err = filepath.EvalSymlinks(program)
		return filepath.Dir(program), err
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errNoPostgres
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // 0 for what is none
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return cmp.Compare(version(a), version(b)) })), nil
}

// owner is who PostgreSQL runs as: it refuses to be root.
func owner() (*user.User, error) {
	if os.Getuid() != 0 {
		return user.Current()
	}
	if u, err := user.Lookup("postgres"); err == nil {
		return u, nil
	}
	return user.Lookup("nobody")
}

// giveAway gives the folder to the owner.
func (s *postgres) giveAway() error {
	u, err := owner()
	if err != nil || os.Getuid() != 0 {
		return err
	}
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	return errors.Join(uidErr, gidErr, os.Chown(s.folder, uid, gid))
}

// program is a command of PostgreSQL's, to be run as the owner.
func (s *postgres) program(name string, args ...string) []string {
	command := append([]string{filepath.Join(s.programs, name)}, args...)
	if u, err := owner(); err == nil && os.Getuid() == 0 {
		command = append([]string{"setpriv", "--reuid", u.Uid, "--regid", u.Gid, "--clear-groups", "--"}, command...)
	}
	return command
}

func (s *postgres) data() string { return filepath.Join(s.folder, "data") }

// start starts the server and waits until it answers.
func (s *postgres) start(ctx context.Context) (err error) {
	args := s.program("postgres", "-D", s.data(), "-k", s.folder, "-h", "", "-F", "-c", "max_connections=300", "-c", "log_min_messages=fatal")
	s.process = exec.Command("sh", append([]string{"-c", untilLeft, "sh"}, args...)...)
	if s.alive, err = s.process.StdinPipe(); err != nil {
		return err
	}
	if err = s.process.Start(); err != nil {
		return fmt.Errorf("starting postgres: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		if err = s.exec(ctx, "SELECT 1"); err == nil {
			return nil
		}
		if wait.Sleep(ctx, 20*time.Millisecond) != nil {
			return fmt.Errorf("postgres does not answer: %w", err)
		}
	}
}

// crash ends the server as if it were killed.
func (s *postgres) crash() {
	if s.alive != nil {
		_ = s.alive.Close()
		_ = s.process.Wait()
	}
	s.alive, s.process = nil, nil
}

// stop ends the server, if there is one, and removes its folder.
func (s *postgres) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crash()
	if s.folder != "" {
		_ = os.RemoveAll(s.folder)
	}
}

func (s *postgres) dsn(database string) string {
	return "host=" + s.folder + " user=postgres password=s3cr3t dbname=" + database
}

// exec runs a statement outside of the tests' databases.
func (s *postgres) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// database creates one, with the tables or empty, and returns how to reach it.
func (s *postgres) database(tb testing.TB, of string) (dsn string) {
	tb.Helper()
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	s.mu.Lock() // a template can be copied once at a time
	defer s.mu.Unlock()
	require.NoError(tb, s.exec(tb.Context(), "CREATE DATABASE "+name+" TEMPLATE "+of))
	return s.dsn(name)
}
