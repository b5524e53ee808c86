// Command export_sales writes all sales that have changed to a file of comma
// separated values, and carries on where it stopped if it is interrupted.
//
//	go -C examples/export_sales run . [-since 2026-05-01] [-out sales.csv] [-page 1000]
//
// Without configuration it runs against a stand-in server with 10,000 sales
// inside the program; see internal/connect for how to name yours.
//
// Beside the file it keeps sales.csv.cursor: which page comes next, and how long
// the file was then. Ctrl-C leaves both, and the next run with the same arguments
// goes on there. What was written behind the last whole page is written again,
// so that no sale is in the file twice or not at all. At the end the cursor is
// removed. -limit ends a run after so many pages, as Ctrl-C would.
package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/internal/connect"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// sale is a line of the file.
type sale struct {
	ID       int       `so:"saleId,key"`
	Heading  string    `so:"heading"`
	Company  string    `so:"contact/name"`
	Amount   float64   `so:"amount"`
	Currency string    `so:"currency"`
	Updated  time.Time `so:"updatedDate"`
}

const updated archive.Date = "updatedDate"

// settings are the arguments of the program.
type settings struct {
	out   string
	since time.Time
	page  int
	limit int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "export_sales:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	set, err := parse(args)
	if err != nil {
		return err
	}
	client, done, err := connect.Client(superofficetest.WithDemoData(1000))
	if err != nil {
		return err
	}
	defer done()
	return export(ctx, client, set)
}

func parse(args []string) (set settings, err error) {
	flags := flag.NewFlagSet("export_sales", flag.ContinueOnError)
	flags.StringVar(&set.out, "out", "sales.csv", "the `file` to write")
	flags.IntVar(&set.page, "page", 1000, "how many `sales` a request asks for")
	flags.IntVar(&set.limit, "limit", 0, "end after so many `pages`, to be continued; 0 for all")
	since := flags.String("since", "", "leave out what has not changed since this `day`")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if *since != "" {
		set.since, err = time.Parse(time.DateOnly, *since)
	}
	return set, err
}

// export writes the sales behind the cursor, if there is one.
func export(ctx context.Context, client *superoffice.Client, set settings) error {
	query := archive.From[sale](client, archive.FindSale).PageSize(set.page).ReadAhead()
	if !set.since.IsZero() {
		query = query.Where(updated.After(set.since))
	}
	f, at, err := open(set.out)
	if err != nil {
		return err
	}
	defer f.Close()
	bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(terminal()), progressbar.OptionSetDescription("sales"), progressbar.OptionShowCount(), progressbar.OptionShowIts())
	for page, err := range query.Resume(at.Cursor).Pages(ctx) {
		if errors.Is(err, context.Canceled) {
			return fmt.Errorf("interrupted; run it again to go on: %w", err)
		}
		if err != nil {
			return err
		}
		if err := write(f, page.Rows); err != nil {
			return err
		}
		if err := at.keep(f, page.Cursor, len(page.Rows)); err != nil {
			return err
		}
		_ = bar.Add(len(page.Rows))
		if page.Number == set.limit {
			fmt.Printf("\n%d sales so far; run it again to go on\n", at.Sales)
			return nil
		}
	}
	fmt.Printf("\n%d sales are in %s\n", at.Sales, set.out)
	return errors.Join(f.Close(), os.Remove(at.file))
}

// terminal is where the progress goes: nowhere if nobody looks.
func terminal() io.Writer {
	info, err := os.Stderr.Stat()
	if err != nil || info.Mode()&fs.ModeCharDevice == 0 {
		return io.Discard
	}
	return os.Stderr
}

// place is how far an export has come.
type place struct {
	Cursor string // of the next page
	Length int64  // of the file, with the pages before it
	Sales  int
	file   string
}

// open opens the file, cut to what belongs to whole pages.
func open(out string) (*os.File, *place, error) {
	at := &place{file: out + ".cursor"}
	text, err := os.ReadFile(at.file)
	switch {
	case err == nil:
		err = json.Unmarshal(text, at)
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading the cursor: %w", err)
	}
	f, err := os.OpenFile(out, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(f.Truncate(at.Length), seek(f, at.Length)); err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, at, nil
}

func seek(f *os.File, length int64) error {
	_, err := f.Seek(length, io.SeekStart)
	return err
}

// keep notes that the file is whole up to the next page. The note is replaced
// at once, so that it is never half of one.
func (p *place) keep(f *os.File, cursor string, sales int) error {
	length, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	p.Cursor, p.Length, p.Sales = cursor, length, p.Sales+sales
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	fresh := p.file + ".new"
	return errors.Join(f.Sync(), os.WriteFile(fresh, text, 0o644), os.Rename(fresh, p.file))
}

// write appends sales to the file.
func write(f *os.File, sales []sale) error {
	w := csv.NewWriter(f)
	for _, s := range sales {
		err := w.Write([]string{
			strconv.Itoa(s.ID), s.Heading, s.Company, strconv.FormatFloat(s.Amount, 'f', 2, 64), s.Currency, s.Updated.Format(time.RFC3339),
		})
		if err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
