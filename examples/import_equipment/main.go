// Command import_equipment writes a file of comma separated values into an extra
// table, and reports the lines that were refused.
//
//	go run ./examples/import_equipment [-in equipment.csv] [-table y_equipment]
//
// Without configuration it runs against a stand-in server inside the program, with
// 5,000 lines of its own making, some of which are wrong; see internal/connect for how
// to name yours. The file has a line of headings and the columns number, name,
// price and date; the table needs the columns x_no, x_name, x_price and x_since. Rows
// are found by x_no, so a run that is repeated changes nothing.
//
// Beside the file it writes equipment.csv.refused, with the number of each line
// that was refused and why, and while it runs equipment.csv.done, with how many lines are
// done. Ctrl-C, or a server that goes away, leaves that, and the next run goes on
// behind them.
package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/bulk"
	"github.com/superoffice-go/superoffice/internal/connect"
)

// equipment is a row of the table.
type equipment struct {
	No    string     `so:"x_no"`
	Name  string     `so:"x_name"`
	Price float64    `so:"x_price"`
	Since *time.Time `so:"x_since"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "import_equipment:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("import_equipment", flag.ContinueOnError)
	in := flags.String("in", "", "the `file` to read; without, and without a server, one is made")
	table := flags.String("table", "y_equipment", "the `table` to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if os.Getenv("SUPEROFFICE_URL") == "" {
		return demonstrate(ctx, *in)
	}
	if *in == "" {
		return errors.New("name the file with -in")
	}
	client, done, err := connect.Client()
	if err != nil {
		return err
	}
	defer done()
	return importFile(ctx, client, *table, *in)
}

// importFile writes the lines of a file that are not done.
func importFile(ctx context.Context, client *superoffice.Client, table, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := newReport(path)
	if err != nil {
		return err
	}
	defer r.close()
	lines := &reader{csv: csv.NewReader(bufio.NewReader(f)), report: r}
	if err := lines.skip(r.done); err != nil {
		return err
	}
	into := bulk.Into[equipment](client, table).Limit("x_name", 40).Progress(r.show)
	for outcome, err := range into.Upsert(ctx, []string{"x_no"}, lines.all) {
		if err != nil {
			return errors.Join(r.keep(), fmt.Errorf("interrupted after %d lines; run it again to go on: %w", r.done, err))
		}
		switch outcome.Status {
		case bulk.Unknown, bulk.NotSent: // which the next run writes again: upserts do no harm twice
			return errors.Join(r.keep(), fmt.Errorf("stopped after %d lines; run it again to go on: %w", r.done, outcome.Err))
		case bulk.Failed:
			r.mistakes = append(r.mistakes, mistake{lines.numbers[outcome.Row], outcome.Err})
		default:
			r.counts[outcome.Status]++
		}
		if err := r.settle(lines.numbers[outcome.Row]); err != nil {
			return err
		}
	}
	if lines.err != nil {
		return errors.Join(r.keep(), lines.err)
	}
	if err := r.settle(lines.line); err != nil {
		return err
	}
	return r.finish()
}

// reader reads the lines of the file.
type reader struct {
	csv     *csv.Reader
	report  *report
	line    int   // the number of the last one, without the headings
	numbers []int // of the lines that became rows
	err     error
}

// skip passes over the headings and the lines that are done.
func (l *reader) skip(done int) error {
	for range done + 1 {
		if _, err := l.csv.Read(); err != nil && !isMistake(err) {
			return err
		}
	}
	l.line = done
	return nil
}

// isMistake reports whether an error is one of a line, and the next one can be read.
func isMistake(err error) bool {
	var wrong *csv.ParseError
	return errors.As(err, &wrong)
}

// all yields the rows. A line that is none is refused.
func (l *reader) all(yield func(equipment) bool) {
	for {
		fields, err := l.csv.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil && !isMistake(err) {
			l.err = err
			return
		}
		l.line++
		var row equipment
		if err == nil {
			row, err = parse(fields)
		}
		if err != nil {
			l.report.mistakes = append(l.report.mistakes, mistake{l.line, err})
			continue
		}
		l.numbers = append(l.numbers, l.line)
		if !yield(row) {
			return
		}
	}
}

// parse makes a row of a line.
func parse(fields []string) (row equipment, err error) {
	const number, name, price, since = 0, 1, 2, 3
	if len(fields) <= since {
		return row, fmt.Errorf("the line has %d columns", len(fields))
	}
	row.No, row.Name = strings.TrimSpace(fields[number]), strings.TrimSpace(fields[name])
	if row.No == "" {
		return row, errors.New("the number is missing")
	}
	if row.Price, err = strconv.ParseFloat(fields[price], 64); err != nil {
		return row, fmt.Errorf("the price %q is no number", fields[price])
	}
	if fields[since] != "" {
		at, err := time.Parse(time.DateOnly, fields[since])
		if err != nil {
			return row, fmt.Errorf("%q is no date", fields[since])
		}
		row.Since = &at
	}
	return row, nil
}

// report is how far an import has come, and what it refused.
type report struct {
	path    string
	done    int // lines
	refused *csv.Writer
	file    *os.File
	n       int // refused in this run
	counts  map[bulk.Status]int

	mistakes []mistake // of lines that are not done
}

// mistake is why a line was refused.
type mistake struct {
	line int
	why  error
}

// newReport goes on with the report of an earlier run, if that was interrupted.
func newReport(path string) (*report, error) {
	r := &report{path: path, counts: make(map[bulk.Status]int)}
	text, err := os.ReadFile(r.doneFile())
	flags := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	switch {
	case err == nil:
		if r.done, err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
			return nil, fmt.Errorf("%s: %w", r.doneFile(), err)
		}
		flags = os.O_CREATE | os.O_WRONLY | os.O_APPEND
		fmt.Printf("Going on behind line %d of %s\n", r.done, filepath.Base(path))
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if r.file, err = os.OpenFile(path+".refused", flags, 0o600); err != nil {
		return nil, err
	}
	r.refused = csv.NewWriter(r.file)
	return r, nil
}

func (r *report) doneFile() string { return r.path + ".done" }

func (r *report) close() { _ = r.file.Close() } // what matters was flushed

// settle notes that the lines up to this one are done, and which of them were refused.
func (r *report) settle(line int) error {
	r.done = line
	slices.SortFunc(r.mistakes, func(a, b mistake) int { return a.line - b.line })
	for len(r.mistakes) > 0 && r.mistakes[0].line <= line {
		if err := r.refused.Write([]string{strconv.Itoa(r.mistakes[0].line), r.mistakes[0].why.Error()}); err != nil {
			return err
		}
		r.mistakes = r.mistakes[1:]
		r.n++
	}
	r.refused.Flush()
	return r.refused.Error()
}

// show keeps how far it has come, after each batch.
func (r *report) show(p bulk.Progress) {
	_ = r.keep() // the next one does
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&fs.ModeCharDevice != 0 {
		fmt.Fprintf(os.Stderr, "\r%d lines, %d refused, %.0f a second ", r.done, r.n, p.Rate())
	}
}

func (r *report) keep() error {
	return os.WriteFile(r.doneFile(), []byte(strconv.Itoa(r.done)+"\n"), 0o600)
}

// finish ends a report of all lines.
func (r *report) finish() error {
	fmt.Printf("%d lines were new, %d changed, %d as they were, %d refused", r.counts[bulk.Inserted], r.counts[bulk.Updated], r.counts[bulk.Unchanged], r.n)
	if r.n > 0 {
		fmt.Printf("; see %s", filepath.Base(r.path)+".refused")
	}
	fmt.Println()
	err := os.Remove(r.doneFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
