package superofficetest

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice/internal/filter"
)

// modifiers are what may stand behind a comma in a column function.
var modifiers = regexp.MustCompile(`^(?i:Header|Footer|HideDetail|\d+)$`)

func splitColumns(text string) (names []string) {
	for one := range strings.SplitSeq(text, ",") {
		one = strings.TrimSpace(one)
		if n := len(names) - 1; n >= 0 && strings.Contains(names[n], "):") && modifiers.MatchString(one) {
			names[n] += "," + one
			continue
		}
		names = append(names, one)
	}
	return names
}

// columnFunction is a column that is made of another one: GroupBy(name) has the
// rows come in groups of the same name, and the others summarize a group, or all
// rows.
type columnFunction struct {
	name, function, of     string
	header, footer, hidden bool
	level                  int // of a GroupBy, 1 for the outermost
	column                 archiveColumn
}

const groupByFunction = "GroupBy"

var functionForm = regexp.MustCompile(`^(GroupBy|Sum|Avg|Count|CountAll)\(([^()]+)\)(?::(.*))?$`)

func parseColumnFunction(name string) (f columnFunction, ok bool) {
	found := functionForm.FindStringSubmatch(name)
	if found == nil {
		return f, false
	}
	f = columnFunction{name: name, function: found[1], of: found[2]}
	for modifier := range strings.FieldsFuncSeq(found[3], func(r rune) bool { return r == ',' || r == ':' }) {
		switch strings.ToLower(modifier) {
		case "header":
			f.header = true
		case "footer":
			f.footer = true
		case "hidedetail":
			f.hidden = true
		}
	}
	return f, true
}

// laidOut is a row as it is answered: one that was found, or a summary of those.
type laidOut struct {
	archiveRow
	isSummary bool
	of        []archiveRow // a summary is made of
	level     int          // of the group that is summarized, 0 for all rows
}

func summary(entity string, rows []archiveRow, level int) laidOut {
	return laidOut{archiveRow: archiveRow{entity: entity}, isSummary: true, of: rows, level: level}
}

// layOut puts rows into groups, each with the summaries before and behind it that
// were asked for.
func (q *archiveQuery) layOut(found []archiveRow) []laidOut {
	var groups []columnFunction
	for i := range q.functions {
		if f := &q.functions[i]; f.function == groupByFunction {
			f.level = len(groups) + 1
			groups = append(groups, *f)
		}
	}
	slices.SortStableFunc(found, func(a, b archiveRow) int {
		for _, g := range groups {
			n := compareCells(g.column.cell(a), g.column.cell(b))
			if slices.ContainsFunc(q.order, func(o orderBy) bool { return o.descending && strings.EqualFold(o.name, g.of) }) {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
	hidden := slices.ContainsFunc(groups, func(g columnFunction) bool { return g.hidden })
	return appendGroups(nil, found, groups, hidden)
}

func appendGroups(to []laidOut, rows []archiveRow, groups []columnFunction, hidden bool) []laidOut {
	if len(groups) == 0 {
		for _, row := range rows {
			if !hidden {
				to = append(to, laidOut{archiveRow: row})
			}
		}
		return to
	}
	g := groups[0]
	level := string(rune('0' + g.level))
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && compareCells(g.column.cell(rows[0]), g.column.cell(rows[n])) == 0 {
			n++
		}
		if g.header {
			to = append(to, summary("header:"+level, rows[:n], g.level))
		}
		to = appendGroups(to, rows[:n], groups[1:], hidden)
		if g.footer {
			to = append(to, summary("footer:"+level, rows[:n], g.level))
		}
		rows = rows[n:]
	}
	return to
}

// shown returns what the function holds in a row, and whether the row has it.
func (f *columnFunction) shown(row laidOut) (cell any, shown bool) {
	switch {
	case f.function == groupByFunction && !row.isSummary:
		return f.column.cell(row.archiveRow), true
	case f.function == groupByFunction && f.level <= row.level:
		return f.column.cell(row.of[0]), true
	case f.function == groupByFunction:
		return nil, false
	case row.isSummary:
		return f.summarize(row.of), true
	}
	return f.summarize([]archiveRow{row.archiveRow}), !f.hidden
}

// summarize makes one value of what rows hold.
func (f *columnFunction) summarize(rows []archiveRow) any {
	sum, different := 0.0, make(map[any]bool)
	for _, row := range rows {
		switch v := f.column.cell(row).(type) {
		case int64:
			sum += float64(v)
			different[v] = true
		case float64:
			sum += v
			different[v] = true
		case string, bool, filter.Item, time.Time:
			different[v] = true
		}
	}
	switch f.function {
	case "Sum":
		return sum
	case "Avg":
		return sum / float64(max(len(rows), 1))
	case "Count":
		return int64(len(different))
	}
	return int64(len(rows))
}
