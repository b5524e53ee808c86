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
	return f.group(&condition{op: opAnd, all: all}, false, false)
}

// cond writes a condition, or its opposite. grouped says that it stands beside
// others.
func (f filter) cond(all Cond, not, grouped bool) (string, error) {
	c := all.is
	switch {
	case c == nil:
		return "", invalid("a condition is the zero Cond")
	case c.err != nil:
		return "", c.err
	case c.op == opAnd || c.op == opOr:
		return f.group(c, not, grouped)
	case c.op == opNot:
		return f.cond(c.all[0], !not, grouped)
	case c.op == opRaw && not:
		return "", invalid("Not does not take the filter %q, which has no opposite", c.args[0])
	case c.op == opRaw && grouped:
		return "(" + c.args[0] + ")", nil
	case c.op == opRaw:
		return c.args[0], nil
	}
	if err := checkColumn(c.column); err != nil {
		return "", err
	}
	switch {
	case len(c.times) > 0:
		return f.times(c, not, grouped), nil
	case not:
		opposite, err := c.opposite()
		if err != nil {
			return "", err
		}
		return f.cond(opposite, false, grouped)
	}
	text := c.column + " " + c.args[0]
	switch c.op {
	case opOne:
		text += " " + c.args[1]
	case opSet:
		text += " (" + strings.Join(c.args[1:], ",") + ")"
	}
	return text, nil
}

// group writes conditions with and or or between them. The opposite of one is
// the other of the opposites.
func (f filter) group(c *condition, not, grouped bool) (string, error) {
	if len(c.all) == 1 {
		return f.cond(c.all[0], not, grouped)
	}
	texts := make([]string, 0, len(c.all))
	for _, one := range c.all {
		text, err := f.cond(one, not, true)
		if err != nil {
			return "", err
		}
		texts = append(texts, text)
	}
	return joined(texts, (c.op == opOr) != not, grouped), nil
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

// times writes a comparison of times. It makes do with the operators that
// compare instants, one second further where an end is included, since the
// server's own between compares days.
func (f filter) times(c *condition, not, grouped bool) string {
	first, last := c.times[0], c.times[len(c.times)-1]
	if c.op == opOn {
		day := first.In(f.zone.loc)
		if !not {
			return c.column + " date " + quote(day.Format(time.DateOnly))
		}
		first = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, f.zone.loc)
		last = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, f.zone.loc).Add(-time.Second)
	}
	up := first.Add(time.Second - 1).Truncate(time.Second) // the first second that is not before it
	down := last.Truncate(time.Second)
	after := func(t time.Time) string { return c.column + " afterTime " + f.clock(t) }
	before := func(t time.Time) string { return c.column + " beforeTime " + f.clock(t) }
	switch {
	case c.op == opAfter && !not:
		return after(down)
	case c.op == opAfter:
		return before(down.Add(time.Second))
	case c.op == opBefore && !not:
		return before(up)
	case c.op == opBefore:
		return after(up.Add(-time.Second))
	case not:
		return joined([]string{before(up), after(down)}, true, grouped)
	}
	return joined([]string{after(up.Add(-time.Second)), before(down.Add(time.Second))}, false, grouped)
}

// opposites are operators in pairs: what one selects, the other does not.
var opposites = [...]string{
	"is", "isNot", "begins", "notBegins", "contains", "notContains", "eq", "ne", "isNull", "isNotNull", "oneOf", "notOneOf",
	"associateIsOneOf", "associateIsNotOneOf", "intArrayAllOf", "intArrayNotAllOf", "intArrayOneOf", "intArrayNotAnyOf",
}

// opposite returns the condition that selects what c does not.
func (c *condition) opposite() (Cond, error) {
	args := c.args[1:]
	switch operator := c.args[0]; operator {
	case "lt":
		return Or(on(opOne, c.column, "gt", args[0]), on(opOne, c.column, "eq", args[0])), nil
	case "gt":
		return Or(on(opOne, c.column, "lt", args[0]), on(opOne, c.column, "eq", args[0])), nil
	case "between":
		return Or(on(opOne, c.column, "lt", args[0]), on(opOne, c.column, "gt", args[1])), nil
	case "in":
		return c.noneOf(), nil
	case "set":
		return on(opOne, c.column, "set", strconv.FormatBool(args[0] != "true")), nil
	default:
		i := slices.Index(opposites[:], operator)
		if i < 0 {
			return Cond{}, invalid("Not does not take %s on the column %s, for which the server has no opposite", operator, c.column)
		}
		return on(c.op, c.column, opposites[i^1], args...), nil
	}
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
