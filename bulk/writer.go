package bulk

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice"
)

// Writer writes rows of a type into a table. It is a value: its methods that set
// something leave it as it is and return another one. It may be shared by
// goroutines.
type Writer[T any] struct {
	settings
}

// settings are what a Writer was told.
type settings struct {
	client   *superoffice.Client
	table    string
	rows     int // of a batch
	bytes    int // of a batch
	parallel int
	limits   map[string]int // characters, by the column in lower case
	progress func(Progress)
	log      *slog.Logger
	opts     []superoffice.CallOption
}

const (
	defaultRows  = 500
	defaultBytes = 2 << 20
)

// Into returns a writer of rows into a table, such as "y_equipment" or "contact". The
// fields of T are tagged with the columns of the table.
func Into[T any](c *superoffice.Client, table string) Writer[T] {
	return Writer[T]{settings{client: c, table: table, rows: defaultRows, bytes: defaultBytes, parallel: 1, log: slog.New(slog.DiscardHandler)}}
}

// BatchRows sets how many rows a batch has at the most: 500 unless told.
func (w Writer[T]) BatchRows(n int) Writer[T] {
	w.rows = max(n, 1)
	return w
}

// BatchBytes sets how large the cells of a batch are at the most, in bytes: 2 MiB
// unless told. A row that is larger goes alone.
func (w Writer[T]) BatchBytes(n int) Writer[T] {
	w.bytes = max(n, 1)
	return w
}

// Parallel sets how many batches may be under way at the same time: one unless told.
// It is for rows that do not depend on each other.
func (w Writer[T]) Parallel(n int) Writer[T] {
	w.parallel = max(n, 1)
	return w
}

// Limit sets how many characters a text of a column has at the most. The server
// refuses the whole batch of a longer one.
func (w Writer[T]) Limit(column string, characters int) Writer[T] {
	w.limits = maps.Clone(w.limits)
	if w.limits == nil {
		w.limits = make(map[string]int)
	}
	w.limits[strings.ToLower(column)] = characters
	return w
}

// Progress has f called after each batch, by the goroutine that ranges.
func (w Writer[T]) Progress(f func(Progress)) Writer[T] {
	w.progress = f
	return w
}

// Log tells a logger of each batch: at debug level of one that went well, and as a
// warning of one that did not.
func (w Writer[T]) Log(log *slog.Logger) Writer[T] {
	if log != nil {
		w.log = log
	}
	return w
}

// With sets options of the calls. [superoffice.Idempotent] is without effect: a batch
// is never sent again if the server may have seen it.
func (w Writer[T]) With(opts ...superoffice.CallOption) Writer[T] {
	w.opts = append(slices.Clone(w.opts), opts...)
	return w
}

// Progress is how far a run has come.
type Progress struct {
	// Rows were read and have an outcome; Failed are those of them that are Failed,
	// NotSent or Unknown.
	Rows, Failed int
	// Bytes is the size of the cells that were sent.
	Bytes   int64
	Elapsed time.Duration
}

// Rate is how many rows a second have an outcome.
func (p Progress) Rate() float64 {
	if p.Elapsed <= 0 {
		return 0
	}
	return float64(p.Rows) / p.Elapsed.Seconds()
}

// Insert adds rows. It may be ranged over once, and what was not ranged over is not
// sent: leaving the loop ends the run after the batch that is under way.
//
// The primary key is the field whose tag says so (`so:"contact_id,key"`), or the column
// named after the table, contact_id, or id. It may be left out. Tables of the
// server's own take it first, 0 for one that the server assigns; for extra tables it
// is left out, and a row that has one is Failed.
//
// A failure of a row or a batch is in the Err of the outcome. A non-nil error
// comes last, with the zero Outcome: the run cannot begin, which is a
// [superoffice.ErrInvalidArgument], or its context has ended.
func (w Writer[T]) Insert(ctx context.Context, rows iter.Seq[T]) iter.Seq2[Outcome, error] {
	return start(ctx, w, rows, func() (*table, error) { return newTable[T](&w.settings, nil) }, (*run).insert)
}

// Upsert changes the rows that are there, by the columns keys, and adds the
// others. It writes every column that T has, zero and nil too: for a few columns use a
// struct of these. Other columns, and rows of the table that the input does not name,
// are left alone. Otherwise it is as Insert.
//
// Of rows of one batch that have the same keys none is sent: all of them are Failed.
// An upsert by the primary key only changes rows, so one whose key is 0 is Failed.
func (w Writer[T]) Upsert(ctx context.Context, keys []string, rows iter.Seq[T]) iter.Seq2[Outcome, error] {
	return start(ctx, w, rows, func() (*table, error) {
		if len(keys) == 0 {
			return nil, fmt.Errorf("%w: Upsert needs the columns by which rows are found", superoffice.ErrInvalidArgument)
		}
		return newTable[T](&w.settings, keys)
	}, (*run).upsert)
}

// Delete deletes the rows with the primary keys. The primary key of the outcome is that
// of the row. Otherwise it is as Insert; a key that is not there is Deleted, too.
func (w Writer[T]) Delete(ctx context.Context, ids iter.Seq[int]) iter.Seq2[Outcome, error] {
	return start(ctx, w, ids, func() (*table, error) { return newDeletion(&w.settings) }, (*run).delete)
}
