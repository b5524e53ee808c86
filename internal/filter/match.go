package filter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is what a column is of, which the server calls its restriction type.
type Kind string

// The kinds that the test server knows. The empty one takes all operators.
const (
	Any       Kind = ""
	String    Kind = "string"
	Int       Kind = "int"
	Decimal   Kind = "decimal"
	Bool      Kind = "bool"
	DateTime  Kind = "datetime"
	ListAny   Kind = "listAny"
	Associate Kind = "associate"
	IntArray  Kind = "intArray"
)

// Item is a cell with an item of a list, or a user.
type Item struct {
	ID   int64
	Text string
}

// Env is what filters depend on beside the rows.
type Env struct {
	Zone      *time.Location // of the clocks in the filter
	Now       time.Time
	Associate int64 // who asks
}

var (
	periods   = []string{"thisperiod", "thispreviousandnext", "previousperiod", "nextperiod", "thisandprevious", "thisandnext"}
	operators = map[Kind][]string{
		String:    {"is", "isnot", "begins", "notbegins", "contains", "notcontains", "ends", "in", "between"},
		Int:       {"eq", "=", "ne", "!=", "lt", "<", "gt", ">", "unequals", "less", "greater", "between", "in", "set"},
		Decimal:   {"eq", "=", "ne", "!=", "lt", "<", "gt", ">", "unequals", "less", "greater", "between", "in"},
		Bool:      {"set", "eq", "="},
		DateTime:  append([]string{"before", "after", "date", "between", "beforeorequal", "beforetime", "aftertime", "datetime", "today"}, periods...),
		ListAny:   {"oneof", "notoneof", "in"},
		Associate: {"associateisoneof", "associateisnotoneof", "currentassociate"},
		IntArray:  {"intarrayallof", "intarraynotallof", "intarrayoneof", "intarraynotanyof"},
	}
	everywhere = []string{"equals", "isnull", "isnotnull"}
	// pseudo columns are no columns, and take any value.
	pseudo = []string{"getallrows", "getnorows"}
)

// Check refuses columns that are not there, operators that a column's kind does
// not have (le and ge among them, which the server lists and fails for), and
// values that are none of the kind.
func (f *Filter) Check(kindOf func(column string) (Kind, bool)) error {
	var problem error
	f.root.each(func(n *node) {
		if problem == nil {
			problem = n.check(kindOf)
		}
	})
	return problem
}

func (n *node) each(visit func(*node)) {
	switch {
	case n == nil:
	case n.word != "":
		for _, one := range n.all {
			one.each(visit)
		}
	default:
		visit(n)
	}
}

func (n *node) check(kindOf func(column string) (Kind, bool)) error {
	if slices.Contains(pseudo, strings.ToLower(n.column)) {
		return nil
	}
	kind, known := kindOf(n.column)
	operator := strings.ToLower(n.operator)
	has := slices.Contains(operators[kind], operator) || slices.Contains(everywhere, operator)
	if kind == Any {
		for _, all := range operators {
			has = has || slices.Contains(all, operator)
		}
	}
	switch {
	case !known:
		return fmt.Errorf("%w: there is no column %q", ErrRefused, n.column)
	case !has:
		return fmt.Errorf("%w: the column %s of the kind %s has no operator %q", ErrRefused, n.column, kind, n.operator)
	}
	return n.checkValues(operator)
}

// counts are how many values an operator takes: at least and at most.
func counts(operator string) (least, most int) {
	const many = 1 << 20
	switch operator {
	case "isnull", "isnotnull", "currentassociate", "today":
		return 0, 0
	case "between":
		return 2, 2
	case "thisperiod", "thispreviousandnext":
		return 1, 1
	case "previousperiod", "nextperiod", "thisandprevious", "thisandnext":
		return 2, 2
	case "in", "oneof", "notoneof", "associateisoneof", "associateisnotoneof", "intarrayallof", "intarraynotallof", "intarrayoneof", "intarraynotanyof":
		return 1, many
	case "set":
		return 0, 1
	}
	return 1, 1
}

func (n *node) checkValues(operator string) error {
	least, most := counts(operator)
	if len(n.values) < least || len(n.values) > most {
		return fmt.Errorf("%w: %s %s has %d values", ErrRefused, n.column, n.operator, len(n.values))
	}
	if operator != "in" && most == 1<<20 {
		for _, v := range n.values {
			if _, err := strconv.ParseInt(v.Text, 10, 64); err != nil {
				return fmt.Errorf("%w: %s %s has the value %q, which is no id", ErrRefused, n.column, n.operator, v.Text)
			}
		}
	}
	return nil
}

// Match reports whether a row is selected, by what its columns hold: nil, a
// string, int64, float64, bool, time.Time, [Item] or []int64.
func (f *Filter) Match(env *Env, cell func(column string) any) bool {
	return f.root == nil || f.root.match(env, cell)
}

func (n *node) match(env *Env, cell func(column string) any) bool {
	switch n.word {
	case "and":
		return !slices.ContainsFunc(n.all, func(one *node) bool { return !one.match(env, cell) })
	case "or":
		return slices.ContainsFunc(n.all, func(one *node) bool { return one.match(env, cell) })
	}
	switch strings.ToLower(n.column) {
	case "getallrows":
		return true
	case "getnorows":
		return false
	}
	return n.compare(env, cell(n.column))
}

func (n *node) compare(env *Env, held any) bool {
	operator := strings.ToLower(n.operator)
	switch operator {
	case "isnull":
		return isNone(held)
	case "isnotnull":
		return !isNone(held)
	}
	switch held := held.(type) {
	case nil:
		return strings.HasPrefix(operator, "isnot") || strings.HasPrefix(operator, "not")
	case string:
		return n.compareText(operator, held)
	case int64:
		return n.compareNumber(operator, float64(held))
	case float64:
		return n.compareNumber(operator, held)
	case bool:
		return len(n.values) == 0 && held || len(n.values) == 1 && isTrue(n.values[0].Text) == held
	case time.Time:
		return !held.IsZero() && n.compareTime(env, operator, held)
	case Item:
		return n.compareItem(env, operator, held)
	case []int64:
		return n.compareItems(operator, held)
	}
	return false
}

func isNone(held any) bool {
	switch held := held.(type) {
	case nil:
		return true
	case string:
		return held == ""
	case time.Time:
		return held.IsZero()
	case Item:
		return held.ID == 0
	case []int64:
		return len(held) == 0
	}
	return false
}

func isTrue(text string) bool { return strings.EqualFold(text, "true") || text == "1" }

func (n *node) compareText(operator, held string) bool {
	lower := strings.ToLower(held)
	one := func(i int) string { return strings.ToLower(n.values[i].Text) }
	switch operator {
	case "is", "equals", "eq", "=":
		return lower == one(0)
	case "isnot":
		return lower != one(0)
	case "begins":
		return strings.HasPrefix(lower, one(0))
	case "notbegins":
		return !strings.HasPrefix(lower, one(0))
	case "contains":
		return strings.Contains(lower, one(0))
	case "notcontains":
		return !strings.Contains(lower, one(0))
	case "ends":
		return strings.HasSuffix(lower, one(0))
	case "between":
		return lower >= one(0) && lower <= one(1)
	case "in":
		return slices.ContainsFunc(n.values, func(v Value) bool { return strings.EqualFold(v.Text, held) })
	}
	return n.compareTextAsNumber(operator, held)
}

// compareTextAsNumber is for columns of any kind, such as custom fields, whose
// text may be a number.
func (n *node) compareTextAsNumber(operator, held string) bool {
	f, err := strconv.ParseFloat(held, 64)
	return err == nil && n.compareNumber(operator, f)
}

func (n *node) compareNumber(operator string, held float64) bool {
	number := func(i int) float64 {
		f, err := strconv.ParseFloat(n.values[i].Text, 64)
		if err != nil {
			return 0
		}
		return f
	}
	switch operator {
	case "eq", "=", "equals":
		return held == number(0)
	case "ne", "!=", "unequals":
		return held != number(0)
	case "lt", "<", "less":
		return held < number(0)
	case "gt", ">", "greater":
		return held > number(0)
	case "between":
		return held >= number(0) && held <= number(1)
	case "set":
		return held != 0
	case "in", "oneof":
		return n.holds(held)
	case "notoneof":
		return !n.holds(held)
	}
	return false
}

func (n *node) holds(held float64) bool {
	return slices.ContainsFunc(n.values, func(v Value) bool {
		f, err := strconv.ParseFloat(v.Text, 64)
		return err == nil && f == held
	})
}

func (n *node) compareItem(env *Env, operator string, held Item) bool {
	switch operator {
	case "oneof", "in", "equals", "associateisoneof":
		return n.holds(float64(held.ID))
	case "notoneof", "associateisnotoneof":
		return !n.holds(float64(held.ID))
	case "currentassociate":
		return held.ID == env.Associate
	}
	return false
}

func (n *node) compareItems(operator string, held []int64) bool {
	all, any := true, false
	for _, v := range n.values {
		id, _ := strconv.ParseInt(v.Text, 10, 64)
		has := slices.Contains(held, id)
		all, any = all && has, any || has
	}
	switch operator {
	case "intarrayallof", "equals":
		return all
	case "intarraynotallof":
		return !all
	case "intarrayoneof":
		return any
	case "intarraynotanyof":
		return !any
	}
	return false
}

// clocks are the forms of dates in a filter.
var clocks = []string{"2006-01-02T15:04:05", "2006-01-02T15:04:05.9999999", "2006-01-02T15:04:05Z07:00", time.DateOnly, "2006.1.2", "2006.1.2 15:04:05"}

func parseTime(text string, zone *time.Location) (time.Time, bool) {
	for _, form := range clocks {
		if t, err := time.ParseInLocation(form, text, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func (n *node) compareTime(env *Env, operator string, held time.Time) bool {
	held = held.In(env.Zone)
	if slices.Contains(periods, operator) {
		from, to := n.period(env, operator)
		return !held.Before(from) && held.Before(to)
	}
	if operator == "today" {
		return day(held).Equal(day(env.Now.In(env.Zone)))
	}
	t, ok := parseTime(n.values[0].Text, env.Zone)
	if !ok {
		return false
	}
	second := held.Truncate(time.Second)
	switch operator {
	case "beforetime":
		return second.Before(t)
	case "aftertime":
		return second.After(t)
	case "datetime":
		return second.Equal(t)
	case "before":
		return day(held).Before(day(t))
	case "after":
		return day(held).After(day(t))
	case "date", "equals":
		return day(held).Equal(day(t))
	case "beforeorequal":
		return !day(held).After(day(t))
	case "between":
		end, ok := parseTime(n.values[1].Text, env.Zone)
		return ok && !day(held).Before(day(t)) && !day(held).After(day(end))
	}
	return false
}

// period returns the time from which, and up to which, a period lasts.
func (n *node) period(env *Env, operator string) (from, to time.Time) {
	count, unit := 1, n.values[len(n.values)-1].Text
	if len(n.values) == 2 {
		count, _ = strconv.Atoi(n.values[0].Text)
	}
	begin := func(offset int) time.Time { return periodBegin(env.Now.In(env.Zone), unit, offset) }
	switch operator {
	case "previousperiod":
		return begin(-count), begin(0)
	case "nextperiod":
		return begin(1), begin(count + 1)
	case "thisandprevious":
		return begin(-count), begin(1)
	case "thisandnext":
		return begin(0), begin(count + 1)
	case "thispreviousandnext":
		return begin(-1), begin(2)
	}
	return begin(0), begin(1)
}

// periodBegin is when the period of now begins, moved by a number of periods.
func periodBegin(now time.Time, unit string, offset int) time.Time {
	today := day(now)
	month := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, today.Location())
	within := func(months int) int { return (int(today.Month()) - 1) % months }
	switch strings.TrimSuffix(strings.ToLower(unit), "s") {
	case "2", "week", "wk":
		return today.AddDate(0, 0, -(int(today.Weekday())+6)%7+7*offset)
	case "3", "month", "mon", "mo":
		return month.AddDate(0, offset, 0)
	case "4", "quarter", "qtr":
		return month.AddDate(0, 3*offset-within(3), 0)
	case "5", "halfyear", "hyr":
		return month.AddDate(0, 6*offset-within(6), 0)
	case "6", "year", "yr":
		return month.AddDate(0, 12*offset-within(12), 0)
	}
	return today.AddDate(0, 0, offset)
}
