package superofficetest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice/internal/filter"
	"github.com/superoffice-go/superoffice/internal/zones"
)

// archiveRequest is what a request asks of an archive.
type archiveRequest struct {
	operation string // how faults and records name it
	provider  string
	metadata  bool
	listing   bool // of the providers
	below     int  // the id of the entity that rows belong to, or 0
	owner     string
}

// listsOfEntities are the providers of the lists GET v1/{entity}.
var listsOfEntities = map[string]string{
	"contact": "SimpleContact", "person": "Person", "sale": "FindSale", "appointment": "FindAppointment",
	"document": "FindDocument", "project": "FindProject", "ticket": "Ticket",
}

// listsBelow are the providers of the lists GET v1/{entity}/{id}/{list}.
var listsBelow = map[string]string{
	"persons": "Person", "sales": "FindSale", "appointments": "FindAppointment", "documents": "FindDocument",
	"tickets": "Ticket", "activities": "FindAppointment",
}

// archiveAt finds out whether a path is that of an archive.
func archiveAt(path string) (a archiveRequest, ok bool) {
	parts := strings.Split(path, "/")
	if len(parts) < 2 || !strings.EqualFold(parts[0], "v1") {
		return a, false
	}
	if strings.EqualFold(parts[1], "Archive") {
		return archiveBelow(parts[2:])
	}
	entity := strings.ToLower(parts[1])
	switch len(parts) {
	case 2:
		if provider := listsOfEntities[entity]; provider != "" {
			return archiveRequest{operation: parts[1], provider: provider}, true
		}
	case 4:
		provider, id := listsBelow[strings.ToLower(parts[3])], 0
		if n, err := strconv.Atoi(parts[2]); err == nil {
			id = n
		}
		if listsOfEntities[entity] != "" && provider != "" && id > 0 {
			return archiveRequest{operation: parts[1] + "/{id}/" + parts[3], provider: provider, below: id, owner: entity}, true
		}
	}
	return a, false
}

func archiveBelow(parts []string) (a archiveRequest, ok bool) {
	switch {
	case len(parts) == 0:
		return archiveRequest{operation: "Archive", listing: true}, true
	case len(parts) > 2 || len(parts) == 2 && !strings.EqualFold(parts[1], "$metadata"):
		return a, false
	}
	name, isMetadata := strings.CutSuffix(parts[0], "$metadata")
	if isMetadata = isMetadata || len(parts) == 2; isMetadata {
		return archiveRequest{operation: "Archive/{provider}$metadata", provider: name, metadata: true}, true
	}
	return archiveRequest{operation: "Archive/{provider}", provider: name}, true
}

// archive returns what a provider's rows come from, or nil.
func (s *Server) archive(provider string) archive {
	if table := s.tables.of(provider); table != nil {
		return table
	}
	if carrier := entityArchives[strings.ToLower(provider)]; carrier != "" {
		return s.entityArchive(carrier)
	}
	if strings.EqualFold(provider, dynamicProvider) {
		return &dynamicArchive{server: s}
	}
	return nil
}

// serveArchive answers a request for an archive.
func (s *Server) serveArchive(c *call, a archiveRequest) reply {
	if c.Method != http.MethodGet && (c.Method != http.MethodPost || a.metadata || a.listing) {
		return s.refuseMethod(c, "GET, POST")
	}
	if failed := s.authenticate(c.Request); failed != nil {
		return s.refuse(c, failed)
	}
	if failed := checkTimeZone(c.Header.Get("SO-TimeZone")); failed != nil {
		return s.refuse(c, failed)
	}
	if a.listing {
		return s.listArchives()
	}
	from := s.archive(a.provider)
	if from == nil {
		return s.refuse(c, argumentFailure(fmt.Sprintf("There is no archive provider %q.", a.provider)))
	}
	if a.metadata {
		return jsonReply(http.StatusOK, archiveMetadata(from))
	}
	q, err := s.archiveQuery(c, a, from)
	if err != nil {
		return s.refuse(c, argumentFailure(err.Error()))
	}
	return newReply(http.StatusOK, mediaJSON+"; charset=utf-8", q.answer(c, a))
}

func (s *Server) listArchives() reply {
	addresses := make(map[string]string)
	for _, name := range slices.Concat(archiveNames, []string{dynamicProvider}, s.tables.names()) {
		addresses[name] = s.URL + "/v1/Archive/" + name
	}
	return jsonReply(http.StatusOK, addresses)
}

// columnInfos are what the server tells of columns.
func columnInfos(from archive) []any {
	var all []any
	for _, c := range from.columns() {
		display := map[filter.Kind]string{filter.Int: "int", filter.Decimal: "decimal", filter.Bool: "bool", filter.DateTime: "datetime", filter.ListAny: "listAny"}[c.kind]
		all = append(all, map[string]any{
			"Name": c.name, "DisplayName": c.name, "DisplayTooltip": "", "DisplayType": display,
			"CanOrderBy": true, "CanRestrictBy": true, "RestrictionType": string(c.kind), "RestrictionListName": "",
			"IsVisible": true, "ExtraInfo": "", "Width": "10%", "IconHint": "", "HeadingIconHint": "",
		})
	}
	return all
}

// archiveMetadata are the columns of a provider by their names.
func archiveMetadata(from archive) map[string]any {
	all := make(map[string]any)
	for _, info := range columnInfos(from) {
		all[info.(map[string]any)["Name"].(string)] = info
	}
	return all
}

// archiveQuery is a request for rows that has been checked.
type archiveQuery struct {
	server    *Server
	from      archive
	selected  []archiveColumn
	functions []columnFunction
	filter    *filter.Filter
	owner     *filter.Filter
	order     []orderBy
	entities  []string
	top       int
	skip      int
	full      bool
	grand     bool
	env       filter.Env
	zone      *time.Location
	offsets   bool
	language  string
}

type orderBy struct {
	archiveColumn
	descending bool
}

// archiveParams are the parameters of a request, those of a form included, by
// their name in lower case.
func archiveParams(c *call) (map[string]string, error) {
	values := c.URL.Query()
	if media, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type")); c.Method == http.MethodPost {
		if media != mediaForm {
			return nil, fmt.Errorf("the body of the type %q is no form", media)
		}
		form, err := url.ParseQuery(string(c.body))
		if err != nil {
			return nil, fmt.Errorf("the form is not understood: %w", err)
		}
		maps.Copy(values, form)
	}
	known := []string{"$select", "$filter", "$orderby", "$entities", "$top", "$skip", "$mode", "$options", "$context", "$format", "$jsonsafe", "$output", "$inlinecount"}
	params := make(map[string]string)
	for name, all := range values {
		lower := strings.ToLower(name)
		if !slices.Contains(known, lower) {
			return nil, fmt.Errorf("there is no parameter %q", name)
		}
		params[lower] = all[0]
	}
	return params, nil
}

func (s *Server) archiveQuery(c *call, a archiveRequest, from archive) (*archiveQuery, error) {
	params, err := archiveParams(c)
	if err != nil {
		return nil, err
	}
	q, err := s.newArchiveQuery(c.Header, params, from)
	if err == nil && a.below > 0 {
		q.owner, err = q.parseFilter(fmt.Sprintf("%sId eq %d", a.owner, a.below))
	}
	return q, err
}

// newArchiveQuery reads the parameters of a request, by their names in lower case.
func (s *Server) newArchiveQuery(header http.Header, params map[string]string, from archive) (*archiveQuery, error) {
	if d, ok := from.(*dynamicArchive); ok {
		d.begin(params)
	}
	q := &archiveQuery{
		server: s, from: from, language: requestLanguage(header), full: strings.EqualFold(params["$mode"], "Full"),
		grand: strings.Contains(strings.ToLower(params["$options"]), "grandtotal=true"),
	}
	q.clocks(header.Get("SO-TimeZone"))
	if err := q.selectColumns(params["$select"]); err != nil {
		return nil, err
	}
	var err error
	if q.filter, err = q.parseFilter(params["$filter"]); err != nil {
		return nil, err
	}
	if err := q.orderBy(params["$orderby"]); err != nil {
		return nil, err
	}
	if params["$entities"] != "" {
		q.entities = strings.Split(params["$entities"], ",")
	}
	const defaultTop = 1000
	if q.top, err = count(params["$top"], defaultTop); err != nil {
		return nil, err
	}
	if limit := s.settings.pageCap; limit > 0 {
		q.top = min(q.top, limit)
	}
	q.skip, err = count(params["$skip"], 0)
	return q, err
}

func count(text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no number of rows", text)
	}
	return n, nil
}

// clocks finds out in which zone the request reads and the answer writes.
func (q *archiveQuery) clocks(header string) {
	q.zone = q.server.settings.baseZone()
	for element := range strings.SplitSeq(header, ",") {
		if strings.EqualFold(strings.TrimSpace(element), "includeTZOffset") {
			q.offsets = true
		} else if loc, known, err := zones.Location(element); known && err == nil {
			q.zone = loc
		}
	}
	q.env = filter.Env{Zone: q.zone, Now: q.server.settings.now(), Associate: 1}
}

func (q *archiveQuery) parseFilter(text string) (*filter.Filter, error) {
	f, err := filter.Parse(text)
	if err != nil {
		return nil, err
	}
	return f, f.Check(func(column string) (filter.Kind, bool) {
		c, ok := q.from.column(column)
		return c.kind, ok
	})
}

func (q *archiveQuery) orderBy(text string) error {
	if text == "" {
		return nil
	}
	for one := range strings.SplitSeq(text, ",") {
		name, direction, _ := strings.Cut(strings.TrimSpace(one), " ")
		c, ok := q.from.column(name)
		direction = strings.ToLower(strings.TrimSpace(direction))
		if !ok || direction != "" && direction != "asc" && direction != "desc" {
			return fmt.Errorf("rows cannot be ordered by %q", one)
		}
		q.order = append(q.order, orderBy{c, direction == "desc"})
	}
	return nil
}

// selectColumns reads $select. Column functions have commas of their own.
func (q *archiveQuery) selectColumns(text string) error {
	if text == "" {
		q.selected = q.from.columns()
		return nil
	}
	for _, name := range splitColumns(text) {
		if f, ok := parseColumnFunction(name); ok {
			if f.column, ok = q.from.column(f.of); !ok {
				return fmt.Errorf("there is no column %q", f.of)
			}
			q.functions = append(q.functions, f)
			continue
		}
		c, ok := q.from.column(name)
		if !ok {
			return fmt.Errorf("there is no column %q", name)
		}
		c.name = name
		q.selected = append(q.selected, c)
	}
	return nil
}

// find returns the rows that the query selects, in its order.
func (q *archiveQuery) find() []archiveRow {
	var found []archiveRow
	for _, row := range q.from.rows() {
		cell := func(column string) any {
			c, _ := q.from.column(column)
			return c.cell(row)
		}
		ofKind := len(q.entities) == 0 || slices.ContainsFunc(q.entities, func(name string) bool { return strings.EqualFold(name, row.entity) })
		if ofKind && (q.owner == nil || q.owner.Match(&q.env, cell)) && q.filter.Match(&q.env, cell) {
			found = append(found, row)
		}
	}
	if len(q.order) > 0 {
		q.sort(found)
	}
	return found
}

func (q *archiveQuery) sort(rows []archiveRow) {
	type keyed struct {
		archiveRow
		cells []any
	}
	all := make([]keyed, len(rows))
	for i, r := range rows {
		all[i].archiveRow = r
		for _, o := range q.order {
			all[i].cells = append(all[i].cells, o.cell(r))
		}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		for i, o := range q.order {
			if n := compareCells(a.cells[i], b.cells[i]); n != 0 && o.descending {
				return -n
			} else if n != 0 {
				return n
			}
		}
		return 0
	})
	for i := range all {
		rows[i] = all[i].archiveRow
	}
}

func compareCells(a, b any) int {
	switch a := a.(type) {
	case string:
		b, _ := b.(string)
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	case int64:
		b, _ := b.(int64)
		return cmp.Compare(a, b)
	case float64:
		b, _ := b.(float64)
		return cmp.Compare(a, b)
	case time.Time:
		b, _ := b.(time.Time)
		return a.Compare(b)
	case filter.Item:
		b, _ := b.(filter.Item)
		return strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text))
	case nil:
		if b == nil {
			return 0
		}
		return -1
	}
	return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

// answer writes a page.
func (q *archiveQuery) answer(c *call, a archiveRequest) []byte {
	found := q.find()
	all := q.layOut(found)
	begin := min(q.skip, len(all))
	end := min(begin+q.top, len(all))
	page := all[begin:end]
	if q.grand && end == len(all) && (begin < end || begin == 0) {
		page = append(page[:len(page):len(page)], summary("grandtotal", found, 0))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"odata.metadata":%s,`, quoted("http://"+c.Host+q.server.root+"/v1//"+a.provider+"/$metadata"))
	q.nextLink(&b, c, end, end < len(all))
	b.WriteString(`"value":[`)
	for i, row := range page {
		if i > 0 {
			b.WriteByte(',')
		}
		q.row(&b, row)
	}
	b.WriteString("]}")
	return b.Bytes()
}

// nextLink writes the link to the next page in one of the forms that servers
// have: a link, null, or nothing at all.
func (q *archiveQuery) nextLink(b *bytes.Buffer, c *call, skip int, more bool) {
	form := q.server.settings.nextLink
	switch {
	case form == NextLinkAbsent:
	case more && form == NextLinkGiven:
		values := c.URL.Query()
		values.Set("$skip", strconv.Itoa(skip))
		next := url.URL{Scheme: "http", Host: c.Host, Path: c.URL.Path, RawQuery: values.Encode()}
		fmt.Fprintf(b, `"odata.nextLink":%s,`, quoted(next.String()))
	default:
		b.WriteString(`"odata.nextLink":null,`)
	}
}

func quoted(text string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text always can be
	return bytes.TrimSpace(b.Bytes())
}

// row writes a row; a summary has no columns but those of its groups and
// functions.
func (q *archiveQuery) row(b *bytes.Buffer, row laidOut) {
	if q.full {
		fmt.Fprintf(b, `{"PrimaryKey":%d,"EntityName":%s,"StyleHint":"","LinkHint":%s,"TableRight":null,"Column":{`, row.key, quoted(row.entity),
			quoted(fmt.Sprintf("nav=%s&%s_id=%d", row.entity, row.entity, row.key)))
	} else {
		fmt.Fprintf(b, `{"PrimaryKey":"%d","EntityName":%s`, row.key, quoted(row.entity))
	}
	first := true
	write := func(name string, cell any) {
		if !q.full || !first {
			b.WriteByte(',')
		}
		first = false
		b.Write(quoted(name))
		b.WriteByte(':')
		if q.full {
			q.fullCell(b, name, cell)
		} else {
			q.cell(b, cell)
		}
	}
	if !row.isSummary {
		for _, c := range q.selected {
			write(c.name, c.cell(row.archiveRow))
		}
	}
	for _, f := range q.functions {
		if cell, shown := f.shown(row); shown {
			write(f.name, cell)
		}
	}
	b.WriteByte('}')
	if q.full {
		b.WriteByte('}')
	}
}

// cell writes what a cell holds in a slim row: of an item its name.
func (q *archiveQuery) cell(b *bytes.Buffer, cell any) {
	switch v := cell.(type) {
	case nil:
		b.WriteString("null")
	case string:
		b.Write(quoted(q.shown(v)))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		text := strconv.FormatFloat(v, 'f', -1, 64)
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			text = strconv.FormatFloat(v, 'f', 1, 64)
		}
		b.WriteString(text)
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case time.Time:
		b.Write(quoted(q.clock(v)))
	case filter.Item:
		b.Write(quoted(q.shown(v.Text)))
	case []int64:
		texts := make([]string, len(v))
		for i, n := range v {
			texts[i] = strconv.FormatInt(n, 10)
		}
		b.Write(quoted("[A:" + strings.Join(texts, ",") + "]"))
	}
}

func (q *archiveQuery) fullCell(b *bytes.Buffer, name string, cell any) {
	raw := cell
	var display bytes.Buffer
	q.cell(&display, cell)
	if item, ok := cell.(filter.Item); ok {
		raw = item.ID
	}
	shown := strings.Trim(display.String(), `"`)
	if display.Len() > 0 && display.Bytes()[0] == '"' {
		_ = json.Unmarshal(display.Bytes(), &shown)
	}
	if raw == nil {
		shown = ""
	}
	b.WriteString(`{"RawValue":`)
	q.cell(b, raw)
	fmt.Fprintf(b, `,"DisplayValue":%s,"LinkHint":"","TooltipHint":%s}`, quoted(shown), quoted("{"+name+"}"))
}

func (q *archiveQuery) shown(text string) string {
	if q.language == "" {
		return text
	}
	return resolve(text, q.language, q.server.settings.resources)
}

func (q *archiveQuery) clock(t time.Time) string {
	form := "2006-01-02T15:04:05"
	if q.offsets {
		form += "Z07:00"
	}
	if t.IsZero() {
		return "0001-01-01T00:00:00"
	}
	return t.In(q.zone).Format(form)
}
