package archive

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice"
)

// Page is what one request brought.
type Page[T any] struct {
	// Rows are the rows, those with cells that do not fit among them.
	Rows []T
	// Number counts the pages from 1.
	Number int
	// Cursor is where the next page begins: [Query.Resume] continues there, also
	// in another process. It holds no secret.
	Cursor string
}

// page is a Page without the type of its rows.
type page struct {
	rows    any // a []T
	number  int
	request *request
	next    position    // where the page behind it begins
	errs    []*RowError // in the order of the rows
	errRows []int       // which row each of errs is of
}

func (p *page) joined() error {
	all := make([]error, len(p.errs))
	for i, err := range p.errs {
		all[i] = err
	}
	return errors.Join(all...)
}

// fingerprint tells the cursors of this query from those of others.
func (r *request) fingerprint() string {
	h := fnv.New64a()
	for _, part := range []string{r.from.name, r.filter, r.order, r.byKey, r.entity, strconv.FormatBool(r.totals)} {
		_, _ = h.Write([]byte(part + "\x00"))
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// pager fetches one page after the other.
type pager struct {
	*request
	client  *superoffice.Client
	reader  *reader
	at      position
	number  int  // of the page that was fetched last
	came    int  // rows in all
	empty   int  // pages in a row without a row, of which the server says that there is more
	checked bool // that the columns came
	done    bool // there is nothing behind the page that was fetched last
}

// pages calls yield with each page that has rows, as long as that returns true.
// If reuse is set, the memory of a page's rows becomes that of the next.
func (q *query) pages(ctx context.Context, rows list, reuse bool, yield func(page) bool) error {
	r, err := q.prepare()
	if err != nil {
		return err
	}
	p := &pager{request: r, client: q.client, reader: newReader(r.plan, r.zone, rows), at: r.cursor, done: r.limit == 0}
	next := func() (page, int, error) { return p.fetch(ctx, reuse) }
	if q.ahead != nil {
		var stop func()
		next, stop = q.ahead(p, ctx)
		defer stop()
	}
	for {
		one, came, err := next()
		switch {
		case err != nil:
			return err
		case came < 0:
			return nil
		case came > 0 && !yield(one):
			return nil
		}
	}
}

// ahead returns what fetch does, of which one is under way while the one before
// is worked on, and a function to end that.
func (p *pager) ahead(ctx context.Context) (next func() (page, int, error), stop func()) {
	type fetched struct {
		page page
		came int
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	results, left, stopped := make(chan fetched), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			one, came, err := p.fetch(ctx, false)
			select {
			case results <- fetched{one, came, err}:
			case <-left:
				return
			}
			if err != nil || came < 0 {
				return
			}
		}
	}()
	next = func() (page, int, error) {
		f := <-results
		return f.page, f.came, f.err
	}
	return next, func() {
		close(left)
		cancel()
		<-stopped
	}
}

// fetch fetches the next page, tells how many rows came, and finds out where the
// page behind it begins. Behind the last page came is -1.
func (p *pager) fetch(ctx context.Context, reuse bool) (one page, came int, err error) {
	if p.done {
		return one, -1, nil
	}
	p.number++
	top := p.top(p.came)
	p.reader.rows.expect(top)
	if err := p.perform(ctx, p.client, p.at, top, p.reader); err != nil {
		return one, 0, p.failed(err)
	}
	came = p.reader.rows.len()
	if err := p.check(); err != nil {
		return one, 0, p.failed(err)
	}
	if err := p.advance(came, top); err != nil {
		return one, 0, p.failed(err)
	}
	return page{
		rows: p.reader.rows.take(reuse), number: p.number, request: p.request, next: p.at, errs: p.reader.errs, errRows: p.reader.errRows,
	}, came, nil
}

// failed tells the page of an error.
func (p *pager) failed(err error) error {
	return fmt.Errorf("superoffice: page %d of %s: %w", p.number, p.from.name, err)
}

// check makes sure that the columns came that were asked for.
func (p *pager) check() error {
	if p.checked || !p.reader.found || p.reader.isRows {
		return nil
	}
	p.checked = true
	var missing []string
	for i, seen := range p.reader.seen {
		if !seen && !isFunction(p.plan.fields[i].column) {
			missing = append(missing, p.plan.fields[i].column)
		}
	}
	if missing != nil {
		return fmt.Errorf("no row has the column %s; see Columns for those that there are", strings.Join(missing, ", "))
	}
	return nil
}

// mostEmpty bounds the pages in a row without a row, which a user's rights can
// explain, but not without end.
const mostEmpty = 1000

// advance moves on behind a page. What came counts and not what was asked for,
// since servers cap their pages; so a short page is not the end, and one more
// request decides.
func (p *pager) advance(came, top int) error {
	if p.byKey != "" && came > 0 {
		if err := p.advanceKey(); err != nil {
			return err
		}
	} else {
		p.at.skip += came
	}
	p.came += came
	if p.totals {
		top++ // the total is beside what was asked for
	}
	switch {
	case came > top:
		return fmt.Errorf("%d rows came, where at most %d were asked for", came, top)
	case p.limit >= 0 && p.came >= p.limit, p.totals && p.reader.lastEntity == grandTotal:
		p.done = true
	case came > 0:
		p.empty = 0
	case !p.reader.nextLink && p.at.part+1 < len(p.parts):
		p.at, p.empty = position{part: p.at.part + 1}, 0
	case !p.reader.nextLink:
		p.done = true
	default:
		// Rows that the user may not see are left out of a page, and count in
		// what is skipped.
		p.at.skip += top
		if p.empty++; p.empty > mostEmpty {
			return fmt.Errorf("%d pages in a row are empty, and the server says that there is more", mostEmpty)
		}
	}
	return nil
}

// advanceKey makes sure that no row can be lost or come twice: the keys have to
// grow.
func (p *pager) advanceKey() error {
	last, any := p.at.key, p.at.keyed
	for i, key := range p.reader.keys {
		if any && key <= last {
			return fmt.Errorf("row %d has the %s %d behind %d: pages can go by a column only if the rows come in its order and each has another; mark another as the key, or none", i+1, p.byKey, key, last)
		}
		last, any = key, true
	}
	p.at.key, p.at.keyed, p.at.skip = last, true, 0
	return nil
}
