package sqlitequeue_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/webhook/sqlitequeue"
)

func TestNotOpened(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	require.NoError(t, os.WriteFile(in("text"), []byte(strings.Repeat("no database ", 1000)), 0o600))
	makeDatabase(t, in("other"), "CREATE TABLE things (id INTEGER)")
	makeDatabase(t, in("newer"), "CREATE TABLE things (id INTEGER); PRAGMA application_id = 0x534f5155; PRAGMA user_version = 99")
	for path, want := range map[string]string{
		"":                "sqlitequeue: Open got no path; name a file",
		in("no/folder"):   "name one in a folder that is there and can be written to",
		in("text/events"): "name one in a folder that is there and can be written to",
		folder:            "let this process write to the file and to its folder",
		in("text"):        "it is no database: name a file for the queue alone",
		in("other"):       "it is the database of another program",
		in("newer"):       "it is of version 99, and this program knows version 1; update its module",
	} {
		_, err := sqlitequeue.Open(path)
		require.ErrorContains(t, err, "sqlitequeue: ", path)
		assert.ErrorContains(t, err, want)
	}
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 3, "nothing is left beside the files of others")
}

func makeDatabase(t *testing.T, path, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec(statements)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	if os.Geteuid() <= 0 {
		t.Skip("needs a user whom permissions bind")
	}
	path := newPath(t)
	require.NoError(t, open(t, path).Close())
	require.NoError(t, os.Chmod(path, 0o400))
	_, err := sqlitequeue.Open(path)
	require.ErrorContains(t, err, "let this process write to the file and to its folder")
	folder := t.TempDir()
	require.NoError(t, os.Chmod(folder, 0o500))
	_, err = sqlitequeue.Open(filepath.Join(folder, "events.db"))
	require.ErrorContains(t, err, "name one in a folder that is there and can be written to")
}

// TestNames has no character of a path mean anything.
func TestNames(t *testing.T) {
	t.Parallel()
	names := []string{"with space", "percent%41", "hash#1", "semi;colon&x=y", "Ås", "file:x"}
	if runtime.GOOS != "windows" {
		names = append(names, "what?mode=memory", ":memory:")
	} else {
		names = names[:len(names)-1]
	}
	for _, name := range names {
		path := filepath.Join(t.TempDir(), name)
		add(t, open(t, path), event("1", 5))
		info, err := os.Stat(path)
		require.NoError(t, err, name)
		assert.Positive(t, info.Size(), name)
		if runtime.GOOS != "windows" {
			assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
		}
	}
}

// TestOpenedTogether has many make the same file at the same time.
func TestOpenedTogether(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range 16 {
		all.Go(func() {
			<-begin
			q, err := sqlitequeue.Open(path)
			if !assert.NoError(t, err) {
				return
			}
			assert.NoError(t, q.Add(t.Context(), sampleEvent(int64(i))))
			assert.NoError(t, q.Close())
		})
	}
	close(begin)
	all.Wait()
	assert.Equal(t, 16, count(t, open(t, path), "state < 2"))
}
