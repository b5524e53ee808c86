package sqlitequeue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// creating makes the file that Open creates closed before another Open of the
// process finds it: to close a file ends all locks that the process has on it.
var creating sync.Mutex

// openFile opens a database, and makes its table.
func openFile(path string, patient time.Duration) (*sql.DB, error) {
	if path == "" {
		return nil, errors.New("sqlitequeue: Open got no path; name a file")
	}
	path, err := filepath.Abs(path) // so that no name means anything special
	if err != nil {
		return nil, fmt.Errorf("sqlitequeue: opening the queue: %w", err)
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("sqlitequeue: creating the queue's file: %w; name one in a folder that is there and can be written to", err)
	}
	db, err := sql.Open("sqlite", address(path))
	if err != nil {
		return nil, problem("opening "+path, err)
	}
	db.SetMaxOpenConns(1)
	if err := setUp(db, patient); err != nil {
		return nil, errors.Join(problem("opening "+path, err), db.Close())
	}
	return db, nil
}

// create creates the file for its user alone, as SQLite would not.
func create(path string) error {
	creating.Lock()
	defer creating.Unlock()
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// address is what the driver knows a file and its settings by.
func address(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // before a drive
	}
	file := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"_txlock": {"immediate"}, // one that reads first could not wait for a lock
		"_pragma": {"synchronous(full)"},
	}.Encode()}
	return file.String()
}

// setUp makes the table, and waits while another process does.
func setUp(db *sql.DB, patient time.Duration) error {
	const pause = 10 * time.Millisecond
	for end := time.Now().Add(patient); ; time.Sleep(pause) {
		err := migrate(db)
		if primaryCode(err) != sqlite3.SQLITE_BUSY || time.Now().After(end) {
			return err
		}
	}
}

const (
	applicationID = 0x534f5155 // "SOQU", so that the file of another program is known
	version       = 1
)

const schema = `
CREATE TABLE events (
	seq    INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of adding
	record TEXT NOT NULL,
	id     TEXT UNIQUE,                       -- NULL if the event has none
	body   TEXT,                              -- NULL if it was handled
	state  INTEGER NOT NULL,                  -- 0 behind another of its record, 1 its record's next, 2 handled, 3 given up
	tries  INTEGER NOT NULL DEFAULT 0,
	due    INTEGER NOT NULL,                  -- 0, 1: when it may be tried; 2: when it is forgotten; 3: when it was given up
	claim  INTEGER                            -- of who tries it, until it is due
) STRICT;
CREATE INDEX events_due ON events (state, due);
CREATE INDEX events_record ON events (record, seq) WHERE state < 2;
`

// migrate brings a database to the newest version, unless it is not the queue's.
func migrate(db *sql.DB) error {
	if err := check(db); err != nil {
		return err
	}
	var mode string
	if err := db.QueryRow("PRAGMA journal_mode = wal").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the file cannot have a write-ahead log (its journal is %s); choose a folder on a disk of this machine", mode)
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	found, err := versionOf(tx)
	if err != nil {
		return err
	}
	// Written in any case: a file that cannot be is told of now, and not by Add.
	statements := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, version)
	if found == 0 {
		statements = schema + statements
	}
	if _, err := tx.Exec(statements); err != nil {
		return err
	}
	return tx.Commit()
}

// check looks whose a database is, before anything in it is changed.
func check(db *sql.DB) error {
	tx, err := db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	_, err = versionOf(tx)
	return errors.Join(err, tx.Rollback())
}

// versionOf returns the version of a database, 0 if it is new. In a transaction it sees
// what another process makes as a whole.
func versionOf(tx *sql.Tx) (found int, err error) {
	var application, tables int
	for query, to := range map[string]*int{
		"PRAGMA user_version": &found, "PRAGMA application_id": &application, "SELECT count(*) FROM sqlite_schema": &tables,
	} {
		if err := tx.QueryRow(query).Scan(to); err != nil {
			return 0, err
		}
	}
	switch {
	case tables == 0 && found == 0 && application == 0:
		return 0, nil
	case application != applicationID || found < 1:
		return 0, errors.New("it is the database of another program; name a file for the queue alone")
	case found > version:
		return 0, fmt.Errorf("it is of version %d, and this program knows version %d; update its module sqlitequeue", found, version)
	}
	return found, nil
}

// problem wraps an error of SQLite, which holds no values of events.
func problem(doing string, err error) error {
	advice := ""
	switch primaryCode(err) {
	case sqlite3.SQLITE_NOTADB:
		advice = "; it is no database: name a file for the queue alone"
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		advice = "; let this process write to the file and to its folder"
	case sqlite3.SQLITE_BUSY:
		advice = "; end the program that holds the file in a transaction"
	case sqlite3.SQLITE_FULL:
		advice = "; make room on the disk"
	case sqlite3.SQLITE_CORRUPT:
		advice = "; the file is damaged: restore it from a copy"
	}
	return fmt.Errorf("sqlitequeue: %s: %w%s", doing, err, advice)
}

// primaryCode is the kind of an error of SQLite, and 0 for any other.
func primaryCode(err error) int {
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return sqlite3.SQLITE_OK
}
