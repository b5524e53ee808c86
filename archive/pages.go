package archive

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
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

	errs []*RowError // in the order of Rows
	rows []int       // which of Rows each of errs is of
}

// each yields the rows, each with the first of its errors.
func (p *Page[T]) each(yield func(T, error) bool) bool {
	next := 0
	for i := range p.Rows {
		var err error
		for ; next < len(p.errs) && p.rows[next] == i; next++ {
			if err == nil {
				err = p.errs[next]
			}
		}
		if !yield(p.Rows[i], err) {
			return false
		}
	}
	return true
}

func (p *Page[T]) joined() error {
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
type pager[T any] struct {
	*request
	client *superoffice.Client
	reader *reader[T]
	at     position
	number int  // of the page that was fetched last
	came   int  // rows in all
	empty  int  // pages in a row without a row, of which the server says that there is more
	done   bool // there is nothing behind the page that was fetched last
}

// pages returns the pages. If reuse is set, the memory of a page's rows becomes
// that of the next.
func (q Query[T]) pages(ctx context.Context, reuse bool) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		r, err := q.prepare()
		if err != nil {
			yield(Page[T]{}, err)
			return
		}
		p := &pager[T]{request: r, client: q.client, reader: newReader[T](r.plan, r.zone), at: r.start(), done: r.limit == 0}
		if q.ahead {
			p.ahead(ctx, yield)
			return
		}
		for !p.done {
			page, err := p.fetch(ctx, reuse)
			if err != nil || len(page.Rows) > 0 {
				if !yield(page, err) || err != nil {
					return
				}
			}
		}
	}
}

// ahead yields the pages, and fetches one while another is worked on.
func (p *pager[T]) ahead(ctx context.Context, yield func(Page[T], error) bool) {
	type fetched struct {
		page Page[T]
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	results, left, stopped := make(chan fetched), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		defer close(results)
		for done := p.done; !done; {
			page, err := p.fetch(ctx, false)
			done = p.done || err != nil
			select {
			case results <- fetched{page, err}:
			case <-left:
				return
			}
		}
	}()
	defer func() {
		close(left)
		cancel()
		<-stopped
	}()
	for f := range results {
		if f.err != nil || len(f.page.Rows) > 0 {
			if !yield(f.page, f.err) || f.err != nil {
				return
			}
		}
	}
}

// fetch fetches the next page and finds out where the one behind it begins.
func (p *pager[T]) fetch(ctx context.Context, reuse bool) (page Page[T], err error) {
	p.number++
	top := p.top(p.came)
	p.reader.hint = top
	if err := p.perform(ctx, p.client, p.at, top, p.reader); err != nil {
		return page, p.failed(err)
	}
	came := len(p.reader.rows)
	if err := p.check(came); err != nil {
		return page, p.failed(err)
	}
	if err := p.advance(came, top); err != nil {
		return page, p.failed(err)
	}
	page = Page[T]{Number: p.number, Cursor: p.at.text(p.mark), rows: p.reader.errRows}
	page.Rows, page.errs = p.reader.rows, p.reader.errs
	if !reuse {
		p.reader.detach()
	}
	return page, nil
}

// failed tells the page of an error.
func (p *pager[T]) failed(err error) error {
	return fmt.Errorf("superoffice: page %d of %s: %w", p.number, p.from.name, err)
}

// check makes sure that the columns came that were asked for.
func (p *pager[T]) check(came int) error {
	if came == 0 || p.came > 0 || p.reader.isRows {
		return nil
	}
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
func (p *pager[T]) advance(came, top int) error {
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
func (p *pager[T]) advanceKey() error {
	last, any := p.at.key, p.at.keyed
	for i, key := range p.reader.keys {
		if any && key <= last {
			return fmt.Errorf("row %d has the %s %d behind %d: pages can go by a column only if the rows come in its order and each has another; mark another as the key, or none", i+1, p.byKey, key, last)
		}
		last, any = key, true
	}
	p.at = position{key: last, keyed: true}
	return nil
}
