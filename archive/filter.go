package archive

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// filter writes conditions as the server reads them.
type filter struct {
	zone *zone
}

// text returns the filter that all of the conditions make.
func (f filter) text(all []Cond) (string, error) {
	if len(all) == 0 {
		return "", nil
	}
	return f.group(&condition{op: opAnd, all: all}, false)
}

// cond writes a condition. grouped says that it stands beside others.
func (f filter) cond(c *condition, grouped bool) (string, error) {
	switch {
	case c == nil:
		return "", errZeroCond
	case c.err != nil:
		return "", c.err
	case c.op == opAnd || c.op == opOr:
		return f.group(c, grouped)
	case c.op == opRaw && grouped:
		return "(" + c.args[0] + ")", nil
	case c.op == opRaw:
		return c.args[0], nil
	}
	if err := checkColumn(c.column); err != nil {
		return "", err
	}
	text := c.column + " " + c.args[0]
	switch c.op {
	case opTimes:
		return c.write(c, f, grouped), nil
	case opOne:
		text += " " + c.args[1]
	case opSet:
		text += " (" + strings.Join(c.args[1:], ",") + ")"
	}
	return text, nil
}

var errZeroCond = invalid("a condition is the zero Cond")

// group writes conditions with and or or between them.
func (f filter) group(c *condition, grouped bool) (string, error) {
	texts := make([]string, 0, len(c.all))
	for _, one := range c.all {
		text, err := f.cond(one.is, len(c.all) > 1 || grouped)
		if err != nil {
			return "", err
		}
		texts = append(texts, text)
	}
	return joined(texts, c.op == opOr, grouped), nil
}

// joined writes parts with and or or between them, in parentheses if they stand
// beside others.
func joined(parts []string, or, grouped bool) string {
	word := " and "
	if or {
		word = " or "
	}
	text := strings.Join(parts, word)
	if grouped && len(parts) > 1 {
		return "(" + text + ")"
	}
	return text
}

// clock writes an instant as the clock of the query's zone shows it.
func (f filter) clock(t time.Time) string {
	return quote(t.In(f.zone.loc).Format("2006-01-02T15:04:05"))
}

// writeTimes writes a comparison of times. It makes do with the operators that
// compare instants, one second further if an end is included, since the
// server's own between compares days.
func (c *condition) writeTimes(f filter, grouped bool) string {
	first, last := c.times[0], c.times[len(c.times)-1]
	operator := c.args[0]
	if operator == "date" || operator == "notDate" {
		day := first.In(f.zone.loc)
		if operator == "date" {
			return c.column + " date " + quote(day.Format(time.DateOnly))
		}
		first = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, f.zone.loc)
		last = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, f.zone.loc).Add(-time.Second)
	}
	up := first.Add(time.Second - 1).Truncate(time.Second) // the first second that is not before it
	down := last.Truncate(time.Second)
	after := func(t time.Time) string { return c.column + " afterTime " + f.clock(t) }
	before := func(t time.Time) string { return c.column + " beforeTime " + f.clock(t) }
	switch operator {
	case "afterTime":
		return after(down)
	case "notAfterTime":
		return before(down.Add(time.Second))
	case "beforeTime":
		return before(up)
	case "notBeforeTime":
		return after(up.Add(-time.Second))
	case "between":
		return joined([]string{after(up.Add(-time.Second)), before(down.Add(time.Second))}, false, grouped)
	}
	return joined([]string{before(up), after(down)}, true, grouped)
}

// opposites are operators in pairs: what one selects, the other does not. Those
// of times are names of this package, which writeTimes knows.
var opposites = [...]string{
	"is", "isNot", "begins", "notBegins", "contains", "notContains", "eq", "ne", "isNull", "isNotNull", "oneOf", "notOneOf",
	"associateIsOneOf", "associateIsNotOneOf", "intArrayAllOf", "intArrayNotAllOf", "intArrayOneOf", "intArrayNotAnyOf",
	"afterTime", "notAfterTime", "beforeTime", "notBeforeTime", "date", "notDate",
}

// opposite returns the condition that selects what c does not.
func (c Cond) opposite() Cond {
	is := c.is
	switch {
	case is == nil:
		return refused(errZeroCond)
	case is.err != nil:
		return c
	case is.op == opRaw:
		return refused(invalid("Not does not take the filter %q, which has no opposite", is.args[0]))
	case is.op == opAnd || is.op == opOr:
		return Cond{&condition{op: opAnd + opOr - is.op, all: oppositesOf(is.all)}}
	case is.op == opTimes && is.args[0] == "between":
		return is.with("notBetween")
	case is.op == opTimes && is.args[0] == "notBetween":
		return is.with("between")
	}
	args := is.args[1:]
	switch operator := is.args[0]; operator {
	case "lt":
		return Or(on(opOne, is.column, "gt", args[0]), on(opOne, is.column, "eq", args[0]))
	case "gt":
		return Or(on(opOne, is.column, "lt", args[0]), on(opOne, is.column, "eq", args[0]))
	case "between":
		return Or(on(opOne, is.column, "lt", args[0]), on(opOne, is.column, "gt", args[1]))
	case "in":
		return is.noneOf()
	case "set":
		return on(opOne, is.column, "set", strconv.FormatBool(args[0] != "true"))
	default:
		i := slices.Index(opposites[:], operator)
		if i < 0 {
			return refused(invalid("Not does not take %s on the column %s, for which the server has no opposite", operator, is.column))
		}
		return is.with(opposites[i^1])
	}
}

func oppositesOf(all []Cond) []Cond {
	opposites := make([]Cond, len(all))
	for i, one := range all {
		opposites[i] = one.opposite()
	}
	return opposites
}

// with returns the condition with another operator.
func (c *condition) with(operator string) Cond {
	other := *c
	other.args = slices.Clone(c.args)
	other.args[0] = operator
	return Cond{&other}
}

// noneOf is the opposite of a set: each of its members is not there.
func (c *condition) noneOf() Cond {
	operator := "ne"
	if c.args[1][0] == '\'' {
		operator = "isNot"
	}
	var none []Cond
	for _, one := range c.args[1:] {
		none = append(none, on(opOne, c.column, operator, one))
	}
	return And(none...)
}

// checkColumn refuses what would end the name of a column in a filter or an
// order, and begin something else.
func checkColumn(column string) error {
	switch {
	case column == "":
		return invalid("a condition or an order names no column")
	case strings.ContainsFunc(column, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\'' || r == '"' || r == ',' }):
		return invalid("%q is not the name of a column", column)
	}
	return nil
}
