package archive

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/operation"
)

// Query asks for the rows of an archive as values of T. It is a value: its
// methods leave it as it is and return another one, and it may be shared by
// goroutines.
type Query[T any] struct{ query }

// query is a Query without the type of its rows.
type query struct {
	client   *superoffice.Client
	from     source
	where    []Cond
	order    []Order
	entities []string
	columns  []string // of rows of any columns; nil for the provider's own choice
	pageSize int
	limit    int
	totals   bool
	ahead    func(p *pager, ctx context.Context) (next func() (page, int, error), stop func()) // nil if one page is fetched at a time
	begin    func(r *request) (position, error)                                                // nil for the first row
	loc      *time.Location
	options  []superoffice.CallOption
	row      reflect.Type
	err      error
}

// source is where rows come from.
type source struct {
	get, post *operation.Operation // post is nil if the list takes none
	path      operation.Values
	provider  string // for Check; empty if it is not known
	name      string // as String shows it: v1/Archive/FindSale
	// split makes parts of a query whose address would be too long, and is nil
	// if that is sent as a form.
	split func(q *query, r *request) error
}

const (
	defaultPageSize = 1000
	// longestAddress is the length from which a query is sent as a form. The
	// usual limit of the server is 2,048 characters.
	longestAddress = 2000
)

var (
	getArchive  = operation.Operation{Method: "GET", Route: "v1/Archive/{provider}", Class: operation.Read, NoSelect: true}
	postArchive = operation.Operation{Method: "POST", Route: "v1/Archive/{provider}", Class: operation.Read, NoSelect: true}
)

// From returns a query for the rows of a provider, such as "FindSale"; there are
// constants for the most used. It is sent as GET v1/Archive/{provider}, and as
// POST with a form if the address would grow longer than 2,000 characters.
//
// T is a struct with tags, or [Row] for any columns:
//
//	type Sale struct {
//		ID      int     `so:"saleId,key"`
//		Company string  `so:"contact/name"`
//		Amount  float64 `so:"amount"`
//	}
//
// A type that cannot work is an [superoffice.ErrInvalidArgument] when the query
// is first used.
func From[T any](client *superoffice.Client, provider string) Query[T] {
	q := newQuery[T](client)
	q.setProvider(provider)
	return q
}

func (q *query) setProvider(provider string) {
	q.from = source{get: &getArchive, post: &postArchive, path: operation.Values{provider}, provider: provider, name: "v1/Archive/" + provider}
	if strings.TrimSpace(provider) == "" && q.err == nil {
		q.err = invalid("the provider is empty")
	}
}

// isName reports whether a text is a name of the API's own: letters and digits.
func isName(text string) bool {
	for i, c := range []byte(text) {
		if isLetter := 'a' <= c|0x20 && c|0x20 <= 'z'; !isLetter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return text != ""
}

// Of returns a query for the list of an entity, sent as GET v1/{entity}:
// Of[Company](client, "Contact"). Each is a shortcut to a provider, here
// SimpleContact.
func Of[T any](client *superoffice.Client, entity string) Query[T] {
	q := newQuery[T](client)
	q.setEntity(entity)
	return q
}

func (q *query) setEntity(entity string) {
	if q.err == nil && !isName(entity) {
		q.err = invalid("the entity %q is no name such as Contact", entity)
	}
	q.from = source{
		get:      &operation.Operation{Method: "GET", Route: "v1/" + entity, Class: operation.Read, NoSelect: true},
		provider: providersBelow[strings.ToLower(entity)], name: "v1/" + entity, split: splitSet,
	}
}

// Below returns a query for a list below an entity, sent as GET
// v1/{entity}/{id}/{list}: Below[Person](client, "Contact", 5, "Persons").
//
// The server takes no form here. If the address would grow longer than 2,000
// characters because of a set of numbers, such as that of [Int.In] or
// [List.AnyOf], rows are asked for by one part of the set after the other; each
// part has its rows in order. A longer query that has an OrderBy, makes totals, or
// has no such set is an [superoffice.ErrInvalidArgument].
func Below[T any](client *superoffice.Client, entity string, id int, list string) Query[T] {
	q := newQuery[T](client)
	q.setList(entity, id, list)
	return q
}

func (q *query) setList(entity string, id int, list string) {
	switch {
	case q.err != nil:
	case !isName(entity):
		q.err = invalid("the entity %q is no name such as Contact", entity)
	case !isName(list):
		q.err = invalid("the list %q is no name such as Persons", list)
	case id <= 0:
		q.err = invalid("the id of the %s is %d", entity, id)
	}
	q.from = source{
		get: &operation.Operation{
			Method: "GET", Route: "v1/" + entity + "/{id}/" + list, Class: operation.Read, NoSelect: true,
		},
		path: operation.Values{operation.ID(id)}, provider: providersBelow[strings.ToLower(entity+"/"+list)],
		name: "v1/" + entity + "/" + operation.ID(id) + "/" + list, split: splitSet,
	}
}

func newQuery[T any](client *superoffice.Client) Query[T] {
	q := Query[T]{query{client: client, pageSize: defaultPageSize, limit: -1, row: reflect.TypeFor[T]()}}
	if client == nil {
		q.err = invalid("the client is nil")
	}
	return q
}

// Where adds conditions, all of which the rows have to meet.
func (q Query[T]) Where(conds ...Cond) Query[T] {
	q.addConds(conds)
	return q
}

func (q *query) addConds(conds []Cond) { q.where = slices.Concat(q.where, conds) }

// OrderBy adds columns by which the rows are ordered. Without any, a query whose
// struct has a key is ordered and paged by that; see the documentation of the
// package.
func (q Query[T]) OrderBy(orders ...Order) Query[T] {
	q.order = slices.Concat(q.order, orders)
	return q
}

// Entities chooses the kinds of rows, such as "contact" or "retiredPerson", of a
// provider that has several. Without any, the provider's default ones come.
func (q Query[T]) Entities(names ...string) Query[T] {
	q.entities = slices.Concat(q.entities, names)
	return q
}

// Columns chooses the columns of rows of the type [Row], for programs that learn
// them only when they run. A struct says by its tags which it has.
func (q Query[T]) Columns(names ...string) Query[T] {
	q.setColumns(names)
	return q
}

func (q *query) setColumns(names []string) {
	for _, name := range names {
		if err := checkColumn(name); err != nil && q.err == nil {
			q.err = err
		}
	}
	if q.err == nil && !planOf(q.row).anyColumns {
		q.err = invalid("Columns is for rows of the type archive.Row; the tags of %s say which columns it has", q.row)
	}
	q.columns = slices.Concat(q.columns, names)
}

// PageSize sets how many rows are asked for at a time: 1,000 unless told, which
// is what the vendor recommends.
func (q Query[T]) PageSize(rows int) Query[T] {
	if rows < 1 && q.err == nil {
		q.err = invalid("PageSize got %d; take 1 or more", rows)
	}
	q.pageSize = rows
	return q
}

// Limit sets how many rows come in all. 0 is none, without a request.
func (q Query[T]) Limit(rows int) Query[T] {
	if rows < 0 && q.err == nil {
		q.err = invalid("Limit got %d; take 0 or more", rows)
	}
	q.limit = rows
	return q
}

// GrandTotal adds a last row of the kind "grandtotal" with what the column
// functions of the query make of all rows, such as `so:"Sum(amount):HideDetail"`.
func (q Query[T]) GrandTotal() Query[T] {
	q.totals = true
	return q
}

// ReadAhead has the next page fetched while the caller works on this one. At
// most one is, and none once the loop is left.
func (q Query[T]) ReadAhead() Query[T] {
	q.ahead = (*pager).ahead
	return q
}

// Resume continues behind a page whose [Page.Cursor] an earlier run has kept. An
// empty cursor begins at the start. One of another query is an
// [superoffice.ErrInvalidArgument] when the query is used.
func (q Query[T]) Resume(cursor string) Query[T] {
	q.begin = func(r *request) (position, error) { return r.parseCursor(cursor) }
	return q
}

// Zone says in which location the times of the answers and of conditions are. It
// is needed only if the client's or the query's time zone option is a number or
// a name that this package does not know, or if there is none and the times are
// to be those of the installation, which is then in this location.
func (q Query[T]) Zone(loc *time.Location) Query[T] {
	if loc == nil && q.err == nil {
		q.err = invalid("Zone got no location")
	}
	q.loc = loc
	return q
}

// With adds options for the request of each page.
func (q Query[T]) With(opts ...superoffice.CallOption) Query[T] {
	q.options = slices.Concat(q.options, opts)
	return q
}

// Check compares the query with what the server says of the provider's columns:
// that the struct's columns are there, that rows can be ordered and conditions
// set as the query does, and that each condition is one for the kind of its
// column. It is for the start of a program, and for tests. All that is wrong is
// in one [superoffice.ErrInvalidArgument]. Columns of custom fields that the
// server does not list, and [Raw], are not checked.
func (q Query[T]) Check(ctx context.Context) error { return q.check(ctx) }

// All returns the rows. Each time it is ranged over it starts anew.
//
// A row with a cell that does not fit comes with a *[RowError], and the loop may
// go on. Any other error ends it, after the rows of the pages before, and tells
// the page.
func (q Query[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		err := q.pages(ctx, &listOf[T]{}, true, func(p page) bool { return each(p, p.rows.([]T), yield) })
		if err != nil {
			yield(none, err)
		}
	}
}

// each yields the rows of a page, each with the first of its errors.
func each[T any](p page, rows []T, yield func(T, error) bool) bool {
	next := 0
	for i := range rows {
		var err error
		for ; next < len(p.errs) && p.errRows[next] == i; next++ {
			if err == nil {
				err = p.errs[next]
			}
		}
		if !yield(rows[i], err) {
			return false
		}
	}
	return true
}

// Pages returns the rows a page at a time. A page with cells that do not fit
// comes with all of their *[RowError], joined, and the loop may go on. Any other
// error ends it.
func (q Query[T]) Pages(ctx context.Context) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		err := q.pages(ctx, &listOf[T]{}, false, func(p page) bool {
			return yield(Page[T]{Rows: p.rows.([]T), Number: p.number, Cursor: p.next.text(p.request.fingerprint())}, p.joined())
		})
		if err != nil {
			yield(Page[T]{}, err)
		}
	}
}

// Collect returns all rows. With an error, which may be a *[RowError], it
// returns the rows before it.
func (q Query[T]) Collect(ctx context.Context) ([]T, error) {
	all := []T{}
	for row, err := range q.All(ctx) {
		if err != nil {
			return all, err
		}
		all = append(all, row)
	}
	return all, nil
}

// First returns the first row, or [superoffice.ErrNotFound] if there is none.
func (q Query[T]) First(ctx context.Context) (T, error) {
	if q.limit != 0 {
		q.limit = 1
	}
	q.ahead = nil
	for row, err := range q.All(ctx) {
		return row, err
	}
	var none T
	return none, fmt.Errorf("superoffice: %s: %w: no row meets the query", q.from.name, superoffice.ErrNotFound)
}

// String returns the request for the first page as one would read it: nothing
// is escaped but the values in the filter. A query that cannot be sent says why.
func (q Query[T]) String() string { return q.text() }

func (q *query) text() string {
	r, err := q.prepare()
	if err != nil {
		return "invalid query: " + err.Error()
	}
	text := "GET " + q.from.name
	for i, p := range r.params(r.cursor, r.top(0)) {
		text += string("?&"[min(i, 1)]) + p.name + "=" + p.value
	}
	return text
}

// request is a query that has been checked: what all of its pages share.
type request struct {
	plan    *plan
	zone    *zone
	from    source
	filter  string
	parts   []string // the filters, if rows are asked for in parts
	order   string
	selects string
	entity  string
	totals  bool
	byKey   string   // the column that pages go by, or empty
	cursor  position // where the first page begins
	size    int
	limit   int
	options []superoffice.CallOption
}

// position is where a page begins.
type position struct {
	part  int   // of the query, if it has several
	key   int64 // the last one that came, if keyed
	keyed bool
	skip  int
}

func (q *query) prepare() (*request, error) {
	if q.err != nil {
		return nil, q.err
	}
	r := &request{plan: planOf(q.row), from: q.from, totals: q.totals, size: q.pageSize, limit: q.limit}
	if r.plan.err != nil {
		return nil, r.plan.err
	}
	var err error
	if r.zone, err = q.zone(r.plan); err != nil {
		return nil, err
	}
	if r.filter, err = (filter{r.zone}).text(q.where); err != nil {
		return nil, err
	}
	for _, name := range q.entities {
		if !isName(name) {
			return nil, invalid("Entities got %q, which is no name of a kind of rows", name)
		}
	}
	r.entity, r.selects = strings.Join(q.entities, ","), r.plan.selects
	if len(q.columns) > 0 {
		r.selects = strings.Join(q.columns, ",")
	}
	if err := r.arrange(q.order); err != nil {
		return nil, err
	}
	r.options = slices.Concat(r.zone.options, q.options)
	if r.from.split != nil {
		if err := r.from.split(q, r); err != nil {
			return nil, err
		}
	}
	if q.begin != nil {
		r.cursor, err = q.begin(r)
	}
	return r, err
}

// zone is where the clocks of the query stand, if there are any.
func (q *query) zone(p *plan) (*zone, error) {
	if q.loc == nil && !p.dated && !slices.ContainsFunc(q.where, Cond.dated) {
		_, err := q.client.TimeZoneCode(q.options...)
		return &zone{loc: time.UTC}, err
	}
	return zoneOf(q.client, q.loc, q.options)
}

// dated reports whether a condition compares times.
func (c Cond) dated() bool {
	return c.is != nil && (len(c.is.times) > 0 || slices.ContainsFunc(c.is.all, Cond.dated))
}

// arrange finds out how the rows are ordered and by what pages go.
func (r *request) arrange(orders []Order) error {
	key := ""
	if r.plan.key >= 0 {
		key = r.plan.fields[r.plan.key].column
	}
	var texts []string
	hasKey := false
	for _, o := range orders {
		if err := checkColumn(o.column); err != nil {
			return err
		}
		texts = append(texts, o.String())
		hasKey = hasKey || strings.EqualFold(o.column, key)
	}
	switch {
	case key == "" || r.aggregates():
	case len(orders) == 0, len(orders) == 1 && hasKey && !orders[0].descending:
		r.byKey, texts = key, []string{key}
	case !hasKey:
		texts = append(texts, key) // so that rows of the same order stay in place
	}
	r.order = strings.Join(texts, ",")
	return nil
}

// aggregates reports whether rows, or some of them, are made of others.
func (r *request) aggregates() bool {
	return r.totals || slices.ContainsFunc(r.plan.fields, func(f planField) bool { return isFunction(f.column) })
}

// param is a parameter of a request.
type param struct{ name, value string }

// top is how many rows the next page is to have, if that many have come.
func (r *request) top(came int) int {
	if r.limit >= 0 {
		return min(r.size, r.limit-came)
	}
	return r.size
}

// params are those of the request for a page.
func (r *request) params(at position, top int) []param {
	filter := r.filter
	if r.parts != nil {
		filter = r.parts[at.part]
	}
	if at.keyed {
		if filter != "" {
			filter = "(" + filter + ") and "
		}
		filter += r.byKey + " gt " + strconv.FormatInt(at.key, 10)
	}
	skip := ""
	if at.skip > 0 {
		skip = strconv.Itoa(at.skip)
	}
	mode, options := "", ""
	if r.plan.scanFull != nil {
		mode = "Full"
	}
	if r.totals {
		options = "GrandTotal=true"
	}
	var given []param
	for _, p := range [...]param{
		{"$select", r.selects}, {"$filter", filter}, {"$orderBy", r.order}, {"$entities", r.entity},
		{"$mode", mode}, {"$options", options}, {"$top", strconv.Itoa(top)}, {"$skip", skip},
	} {
		if p.value != "" {
			given = append(given, p)
		}
	}
	return given
}

// encode writes parameters for an address or a form.
func encode(params []param) string {
	var b strings.Builder
	for i, p := range params {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name + "=" + inQuery.Replace(url.QueryEscape(p.value)))
	}
	return b.String()
}

// inQuery writes a blank so that it reads the same in every part of an address,
// and leaves what is plain in a query as it is.
var inQuery = strings.NewReplacer("+", "%20", "%2C", ",", "%2F", "/", "%3A", ":")

// perform makes the request for a page.
func (r *request) perform(ctx context.Context, client *superoffice.Client, at position, top int, out operation.Reader) error {
	query := encode(r.params(at, top))
	input := operation.Input{Path: r.from.path}
	if len(query) <= longestAddress {
		input.Query = query
		return client.Perform(ctx, r.from.get, input, out, r.options...)
	}
	if r.from.post == nil {
		return invalid("the query of %s makes an address of %d characters, more than the server takes; use From, or fewer conditions", r.from.name, len(query))
	}
	input.Form = query
	return client.Perform(ctx, r.from.post, input, out, r.options...)
}

// parseCursor reads what position.text has written for this query.
func (r *request) parseCursor(text string) (at position, err error) {
	if text == "" {
		return at, nil
	}
	kind, rest, _ := strings.Cut(text, "-")
	number, mark, _ := strings.Cut(rest, ".")
	number, part, inPart := strings.Cut(number, "p")
	if inPart {
		at.part, err = strconv.Atoi(part)
	}
	n, numberErr := strconv.ParseInt(strings.Replace(number, "m", "-", 1), 10, 64)
	switch {
	case err != nil || numberErr != nil || mark != r.fingerprint() || at.part < 0 || at.part >= max(len(r.parts), 1):
	case kind == "k" && r.byKey != "":
		at.key, at.keyed = n, true
		return at, nil
	case kind == "s" && n >= 0 && int64(int(n)) == n:
		at.skip = int(n)
		return at, nil
	}
	at = position{}
	return at, invalid("Resume got %q, which is no cursor of this query, whose provider, conditions, order and key make it", text)
}

// text is the cursor of a position. A position behind a key that is skipped on
// from is told as the key, and the skipped rows are asked for again.
func (at position) text(mark string) string {
	part := ""
	if at.part > 0 {
		part = "p" + strconv.Itoa(at.part)
	}
	if at.keyed {
		return "k-" + strings.Replace(strconv.FormatInt(at.key, 10), "-", "m", 1) + part + "." + mark
	}
	return "s-" + strconv.Itoa(at.skip) + part + "." + mark
}
