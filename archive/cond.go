package archive

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Cond is a condition that rows have to meet. The methods of the column types
// make conditions, and And, Or, Not and Raw make others of them. The zero Cond
// is an error, and never a query without the condition.
type Cond struct{ is *condition }

// condition is what a Cond is. It does not change.
type condition struct {
	op     operator
	column string
	args   []string // the server's operator, and what it takes, ready to be sent
	all    []Cond   // of opAnd and opOr
	err    error

	times []time.Time // of opTimes
	// write writes a condition on times in a zone.
	write func(c *condition, f filter, grouped bool) string
}

// operator says what a Cond consists of.
type operator int

const (
	opAnd operator = iota + 1
	opOr
	opRaw
	opUnary // column, args[0]
	opOne   // column, args[0], args[1]
	opSet   // column, args[0], (args[1:])
	opTimes // column, times; args[0] is the operator
)

// Order is a column by which rows are ordered; see the Asc and Desc of columns.
type Order struct {
	column     string
	descending bool
}

// String returns the order as it is sent.
func (o Order) String() string {
	if o.descending {
		return o.column + " desc"
	}
	return o.column
}

// And returns the condition that all of the given ones are met.
func And(all ...Cond) Cond { return group(opAnd, "And", all) }

// Or returns the condition that at least one of the given ones is met.
func Or(all ...Cond) Cond { return group(opOr, "Or", all) }

func group(op operator, name string, all []Cond) Cond {
	if len(all) == 0 {
		return refused(invalid("%s got no condition, which would mean every row or none", name))
	}
	return Cond{&condition{op: op, all: slices.Clone(all)}}
}

// refused is a condition that no query takes.
func refused(err error) Cond { return Cond{&condition{err: err}} }

// on is a condition on a column: its operator, and what that takes.
func on(op operator, column, operator string, args ...string) Cond {
	return Cond{&condition{op: op, column: column, args: append([]string{operator}, args...)}}
}

// Not returns the condition that the given one is not met. The server has no
// such operator, so it is sent as the opposite operator: rows without a value
// may meet neither. It is an error for what has no opposite: Ends, a [Period],
// IsCurrent and [Raw].
func Not(c Cond) Cond { return c.opposite() }

// Raw returns a condition in the server's own words, such as "getAllRows=true".
// It is sent as it is, in parentheses if other conditions stand beside it:
// nothing in it is escaped, so never make one of a text from elsewhere.
func Raw(filter string) Cond {
	if strings.TrimSpace(filter) == "" {
		return refused(invalid("Raw got an empty filter"))
	}
	return on(opRaw, "", filter)
}

// quote returns a text as the server reads it.
func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// number writes a number as the server reads it. What is none is empty.
func number[T int | float64](n T) string {
	f, isFloat := any(n).(float64)
	switch {
	case !isFloat:
		return strconv.Itoa(int(n))
	case math.IsNaN(f) || math.IsInf(f, 0):
		return ""
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func numbers[T int | float64](all []T) (texts []string) {
	for _, n := range all {
		texts = append(texts, number(n))
	}
	return texts
}

// compare is a condition on a number.
func compare(column, operator, n string) Cond {
	if n == "" {
		return refused(errNoNumber(column))
	}
	return on(opOne, column, operator, n)
}

func errNoNumber(column string) error {
	return invalid("the condition on %s got infinity or NaN, which is no number", column)
}

func between(column, from, to string, ordered bool) Cond {
	if !ordered {
		return refused(invalid("the condition on %s got a Between from %s to %s, where no number is", column, from, to))
	}
	return set(column, "between", []string{from, to})
}

// set is a condition on a set, which must not be empty: that none match, or that
// all do, is never what was meant.
func set(column, operator string, all []string) Cond {
	switch {
	case len(all) == 0:
		return refused(invalid("the condition on %s got an empty set, which matches nothing; leave the query out", column))
	case slices.Contains(all, ""):
		return refused(errNoNumber(column))
	}
	return on(opSet, column, operator, all...)
}

func onText(column, operator, text string) Cond { return on(opOne, column, operator, quote(text)) }

func unary(column, operator string) Cond { return on(opUnary, column, operator) }

func onTime(column, operator string, times ...time.Time) Cond {
	for _, t := range times {
		if t.IsZero() {
			return refused(invalid("the condition on %s got a zero time", column))
		}
	}
	if len(times) == 2 && times[0].After(times[1]) {
		return refused(invalid("the condition on %s got a Between that ends before it begins", column))
	}
	return Cond{&condition{op: opTimes, column: column, args: []string{operator}, times: times, write: (*condition).writeTimes}}
}

// Period is a length of calendar time around today, for [Date.In]. Weeks,
// months and the like are whole ones: ThisPeriod(Months) is the month of today.
type Period struct {
	operator string
	args     []string
	err      error
}

// Unit is what a [Period] counts.
type Unit int

// The units of a [Period].
const (
	Days Unit = iota + 1
	Weeks
	Months
	Quarters
	HalfYears
	Years
)

// ThisPeriod is the day, week, month... of today.
func ThisPeriod(u Unit) Period { return period("thisPeriod", 1, u, false) }

// ThisPreviousAndNext is the day, week, month... of today, the one before and
// the one after.
func ThisPreviousAndNext(u Unit) Period { return period("thisPreviousAndNext", 1, u, false) }

// PreviousPeriod is the n days, weeks, months... before that of today.
func PreviousPeriod(n int, u Unit) Period { return period("previousPeriod", n, u, true) }

// NextPeriod is the n days, weeks, months... after that of today.
func NextPeriod(n int, u Unit) Period { return period("nextPeriod", n, u, true) }

// ThisAndPrevious is the day, week, month... of today and the n before.
func ThisAndPrevious(n int, u Unit) Period { return period("thisAndPrevious", n, u, true) }

// ThisAndNext is the day, week, month... of today and the n after.
func ThisAndNext(n int, u Unit) Period { return period("thisAndNext", n, u, true) }

func period(operator string, n int, u Unit, counted bool) Period {
	p := Period{operator: operator}
	switch {
	case u < Days || u > Years:
		p.err = invalid("%s got the unit %d; take Days to Years", operator, int(u))
	case n < 1:
		p.err = invalid("%s got %d units; take 1 or more", operator, n)
	case counted:
		p.args = []string{strconv.Itoa(n), strconv.Itoa(int(u))}
	default:
		p.args = []string{strconv.Itoa(int(u))}
	}
	return p
}
