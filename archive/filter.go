package archive

import (
	"slices"
	"strings"
	"time"
)

// filter writes conditions as the server reads them.
type filter struct {
	zone *zone
}

// text returns the filter that all of the conditions make.
func (f filter) text(all []Cond) (string, error) {
	switch len(all) {
	case 0:
		return "", nil
	case 1:
		return f.cond(all[0], false, false)
	}
	return f.cond(Cond{op: opAnd, all: all}, false, false)
}

// cond writes a condition, or its opposite. grouped says that it stands beside
// others.
func (f filter) cond(c Cond, not, grouped bool) (string, error) {
	if c.err != nil {
		return "", c.err
	}
	switch c.op {
	case opNone:
		return "", invalid("a condition is the zero Cond")
	case opAnd, opOr:
		return f.group(c, not, grouped)
	case opNot:
		return f.cond(c.all[0], !not, grouped)
	case opRaw:
		switch {
		case not:
			return "", invalid("Not does not take the filter %q, which has no opposite", c.args[0])
		case grouped:
			return "(" + c.args[0] + ")", nil
		}
		return c.args[0], nil
	}
	if err := checkColumn(c.column); err != nil {
		return "", err
	}
	if len(c.times) > 0 {
		return f.times(c, not, grouped)
	}
	if not {
		opposite, err := c.opposite()
		if err != nil {
			return "", err
		}
		return f.cond(opposite, false, grouped)
	}
	switch c.op {
	case opUnary:
		return c.column + " " + c.args[0], nil
	case opOne:
		return c.column + " " + c.args[0] + " " + c.args[1], nil
	}
	return c.column + " " + c.args[0] + " (" + strings.Join(c.args[1:], ",") + ")", nil
}

// group writes conditions with and or or between them. The opposite of one is
// the other of the opposites.
func (f filter) group(c Cond, not, grouped bool) (string, error) {
	if len(c.all) == 1 {
		return f.cond(c.all[0], not, grouped)
	}
	word := " and "
	if (c.op == opOr) != not {
		word = " or "
	}
	texts := make([]string, 0, len(c.all))
	for _, one := range c.all {
		text, err := f.cond(one, not, true)
		if err != nil {
			return "", err
		}
		texts = append(texts, text)
	}
	joined := strings.Join(texts, word)
	if grouped {
		return "(" + joined + ")", nil
	}
	return joined, nil
}

// clock writes an instant as the clock of the query's zone shows it.
func (f filter) clock(t time.Time) string {
	return quote(t.In(f.zone.loc).Format("2006-01-02T15:04:05"))
}

// times writes a comparison of times. Between is written with the operators
// that compare instants, one second further on either side, since the server's
// own between compares days.
func (f filter) times(c Cond, not, grouped bool) (string, error) {
	first := c.times[0]
	up := first.Truncate(time.Second)
	if up.Before(first) {
		up = up.Add(time.Second)
	}
	after := func(t time.Time) string { return c.column + " afterTime " + f.clock(t) }
	before := func(t time.Time) string { return c.column + " beforeTime " + f.clock(t) }
	var parts []string
	word := " and "
	switch {
	case c.op == opAfter && !not:
		return after(first), nil
	case c.op == opBefore && !not:
		return before(up), nil
	case c.op == opAfter: // at t or before
		return before(first.Truncate(time.Second).Add(time.Second)), nil
	case c.op == opBefore: // at t or after
		return after(up.Add(-time.Second)), nil
	case c.op == opOn && !not:
		return c.column + " date " + quote(first.In(f.zone.loc).Format(time.DateOnly)), nil
	case c.op == opOn:
		day := first.In(f.zone.loc)
		begin := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, f.zone.loc)
		end := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, f.zone.loc)
		parts, word = []string{before(begin), after(end.Add(-time.Second))}, " or "
	case !not:
		parts = []string{after(up.Add(-time.Second)), before(c.times[1].Truncate(time.Second).Add(time.Second))}
	default:
		parts, word = []string{before(up), after(c.times[1].Truncate(time.Second))}, " or "
	}
	joined := strings.Join(parts, word)
	if grouped {
		joined = "(" + joined + ")"
	}
	return joined, nil
}

// opposites are the operators that select what another one does not.
var opposites = map[string]string{
	"is": "isNot", "begins": "notBegins", "contains": "notContains", "eq": "ne", "set": "set",
	"isNull": "isNotNull", "oneOf": "notOneOf", "associateIsOneOf": "associateIsNotOneOf",
	"intArrayAllOf": "intArrayNotAllOf", "intArrayOneOf": "intArrayNotAnyOf",
}

// opposite returns the condition that selects what c does not.
func (c Cond) opposite() (Cond, error) {
	operator := c.args[0]
	switch operator {
	case "lt":
		return Or(c.with("gt"), c.with("eq")), nil
	case "gt":
		return Or(c.with("lt"), c.with("eq")), nil
	case "between":
		return Or(Cond{op: opOne, column: c.column, args: []string{"lt", c.args[1]}}, Cond{op: opOne, column: c.column, args: []string{"gt", c.args[2]}}), nil
	case "in":
		return c.noneOf(), nil
	case "set":
		value := map[string]string{"true": "false", "false": "true"}[c.args[1]]
		return Cond{op: opOne, column: c.column, args: []string{"set", value}}, nil
	}
	if other, ok := opposites[operator]; ok {
		return c.with(other), nil
	}
	for other, is := range opposites {
		if is == operator {
			return c.with(other), nil
		}
	}
	return c, invalid("Not does not take %s on the column %s, for which the server has no opposite", operator, c.column)
}

// with returns the condition with another operator.
func (c Cond) with(operator string) Cond {
	c.args = slices.Clone(c.args)
	c.args[0] = operator
	return c
}

// noneOf is the opposite of a set: each of its members is not there.
func (c Cond) noneOf() Cond {
	operator := "ne"
	if strings.HasPrefix(c.args[1], "'") {
		operator = "isNot"
	}
	none := Cond{op: opAnd}
	for _, one := range c.args[1:] {
		none.all = append(none.all, Cond{op: opOne, column: c.column, args: []string{operator, one}})
	}
	return none
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
