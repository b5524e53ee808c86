package archive

import (
	"strconv"
	"time"
)

// The types of columns. Each has the operators that the server has for columns
// of the kind; [Query.Check] holds a column against the kind that the server
// says it is of. The empty column is an error.
type (
	// Text is a column of text: string, positiveString, stringorPK.
	Text string
	// Int is a column of whole numbers: int.
	Int string
	// Decimal is a column of numbers: decimal.
	Decimal string
	// Bool is a column of booleans: bool.
	Bool string
	// Date is a column of dates and times: date, datetime, unlimitedDate.
	Date string
	// Tags is a column of several items of a list: intArray.
	Tags string
	// List is a column of an item of a list: listAny and its like, ejCategory,
	// userGroup.
	List string
	// Associate is a column of a user: associate, ejUser.
	Associate string
)

// Is selects rows with exactly this text, in any case.
func (c Text) Is(text string) Cond { return onText(string(c), "is", text) }

// IsNot selects rows with another text.
func (c Text) IsNot(text string) Cond { return onText(string(c), "isNot", text) }

// Begins selects rows whose text begins so.
func (c Text) Begins(text string) Cond { return onText(string(c), "begins", text) }

// Contains selects rows whose text holds this somewhere.
func (c Text) Contains(text string) Cond { return onText(string(c), "contains", text) }

// Ends selects rows whose text ends so.
func (c Text) Ends(text string) Cond { return onText(string(c), "ends", text) }

// In selects rows with one of the texts.
func (c Text) In(texts ...string) Cond {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = quote(text)
	}
	return set(string(c), "in", quoted)
}

// Is selects rows with the number.
func (c Int) Is(n int) Cond { return compare(string(c), "eq", number(n)) }

// IsNot selects rows with another number.
func (c Int) IsNot(n int) Cond { return compare(string(c), "ne", number(n)) }

// Less selects rows with a smaller number.
func (c Int) Less(n int) Cond { return compare(string(c), "lt", number(n)) }

// Greater selects rows with a larger number.
func (c Int) Greater(n int) Cond { return compare(string(c), "gt", number(n)) }

// Between selects rows with a number between the two, or one of them.
func (c Int) Between(from, to int) Cond {
	return between(string(c), number(from), number(to), from <= to)
}

// In selects rows with one of the numbers.
func (c Int) In(all ...int) Cond { return set(string(c), "in", numbers(all)) }

// Is selects rows with the number.
func (c Decimal) Is(n float64) Cond { return compare(string(c), "eq", number(n)) }

// IsNot selects rows with another number.
func (c Decimal) IsNot(n float64) Cond { return compare(string(c), "ne", number(n)) }

// Less selects rows with a smaller number.
func (c Decimal) Less(n float64) Cond { return compare(string(c), "lt", number(n)) }

// Greater selects rows with a larger number.
func (c Decimal) Greater(n float64) Cond { return compare(string(c), "gt", number(n)) }

// Between selects rows with a number between the two, or one of them.
func (c Decimal) Between(from, to float64) Cond {
	return between(string(c), number(from), number(to), from <= to)
}

// In selects rows with one of the numbers.
func (c Decimal) In(all ...float64) Cond { return set(string(c), "in", numbers(all)) }

// Is selects rows with the boolean.
func (c Bool) Is(b bool) Cond {
	return on(opOne, string(c), "set", strconv.FormatBool(b))
}

// AllOf selects rows with all of the items, by their ids.
func (c Tags) AllOf(ids ...int) Cond { return set(string(c), "intArrayAllOf", numbers(ids)) }

// AnyOf selects rows with at least one of the items.
func (c Tags) AnyOf(ids ...int) Cond { return set(string(c), "intArrayOneOf", numbers(ids)) }

// NoneOf selects rows with none of the items.
func (c Tags) NoneOf(ids ...int) Cond { return set(string(c), "intArrayNotAnyOf", numbers(ids)) }

// AnyOf selects rows with one of the items, by their ids.
func (c List) AnyOf(ids ...int) Cond { return set(string(c), "oneOf", numbers(ids)) }

// NoneOf selects rows with another item.
func (c List) NoneOf(ids ...int) Cond { return set(string(c), "notOneOf", numbers(ids)) }

// AnyOf selects rows with one of the users, by their ids.
func (c Associate) AnyOf(ids ...int) Cond { return set(string(c), "associateIsOneOf", numbers(ids)) }

// NoneOf selects rows with another user.
func (c Associate) NoneOf(ids ...int) Cond {
	return set(string(c), "associateIsNotOneOf", numbers(ids))
}

// IsCurrent selects rows with the user who asks.
func (c Associate) IsCurrent() Cond { return unary(string(c), "currentAssociate") }

// Before selects rows with an earlier time. Times are compared as instants, to
// the second.
func (c Date) Before(t time.Time) Cond { return onTime(string(c), "beforeTime", t) }

// After selects rows with a later time. Times are compared as instants, to the
// second.
func (c Date) After(t time.Time) Cond { return onTime(string(c), "afterTime", t) }

// On selects rows of the day on which t lies in the zone of the query.
func (c Date) On(t time.Time) Cond { return onTime(string(c), "date", t) }

// Between selects rows with a time between the two, or one of them, to the
// second.
func (c Date) Between(from, to time.Time) Cond { return onTime(string(c), "between", from, to) }

// In selects rows with a time in the period.
func (c Date) In(p Period) Cond {
	switch {
	case p.err != nil:
		return refused(p.err)
	case p.operator == "":
		return refused(invalid("the condition on %s got no Period", string(c)))
	}
	return set(string(c), p.operator, p.args)
}

// IsNull selects rows without a value.
func (c Text) IsNull() Cond { return unary(string(c), "isNull") }

// IsNotNull selects rows with a value.
func (c Text) IsNotNull() Cond { return unary(string(c), "isNotNull") }

// Asc orders by the column, the smallest first.
func (c Text) Asc() Order { return Order{column: string(c)} }

// Desc orders by the column, the largest first.
func (c Text) Desc() Order { return Order{column: string(c), descending: true} }

// IsNull selects rows without a value.
func (c Int) IsNull() Cond { return unary(string(c), "isNull") }

// IsNotNull selects rows with a value.
func (c Int) IsNotNull() Cond { return unary(string(c), "isNotNull") }

// Asc orders by the column, the smallest first.
func (c Int) Asc() Order { return Order{column: string(c)} }

// Desc orders by the column, the largest first.
func (c Int) Desc() Order { return Order{column: string(c), descending: true} }

// IsNull selects rows without a value.
func (c Decimal) IsNull() Cond { return unary(string(c), "isNull") }

// IsNotNull selects rows with a value.
func (c Decimal) IsNotNull() Cond { return unary(string(c), "isNotNull") }

// Asc orders by the column, the smallest first.
func (c Decimal) Asc() Order { return Order{column: string(c)} }

// Desc orders by the column, the largest first.
func (c Decimal) Desc() Order { return Order{column: string(c), descending: true} }

// IsNull selects rows without a value.
func (c Bool) IsNull() Cond { return unary(string(c), "isNull") }

// IsNotNull selects rows with a value.
func (c Bool) IsNotNull() Cond { return unary(string(c), "isNotNull") }

// Asc orders by the column, the smallest first.
func (c Bool) Asc() Order { return Order{column: string(c)} }

// Desc orders by the column, the largest first.
func (c Bool) Desc() Order { return Order{column: string(c), descending: true} }

// IsNull selects rows without a value.
func (c Date) IsNull() Cond { return unary(string(c), "isNull") }

// IsNotNull selects rows with a value.
func (c Date) IsNotNull() Cond { return unary(string(c), "isNotNull") }

// Asc orders by the column, the smallest first.
func (c Date) Asc() Order { return Order{column: string(c)} }

// Desc orders by the column, the largest first.
func (c Date) Desc() Order { return Order{column: string(c), descending: true} }

// IsNull selects rows without a value.
func (c Tags) IsNull() Cond { return unary(string(c), "isNull") }

// IsNotNull selects rows with a value.
func (c Tags) IsNotNull() Cond { return unary(string(c), "isNotNull") }

// Asc orders by the column, the smallest first.
func (c Tags) Asc() Order { return Order{column: string(c)} }

// Desc orders by the column, the largest first.
func (c Tags) Desc() Order { return Order{column: string(c), descending: true} }

// IsNull selects rows without a value.
func (c List) IsNull() Cond { return unary(string(c), "isNull") }

// IsNotNull selects rows with a value.
func (c List) IsNotNull() Cond { return unary(string(c), "isNotNull") }

// Asc orders by the column, the smallest first.
func (c List) Asc() Order { return Order{column: string(c)} }

// Desc orders by the column, the largest first.
func (c List) Desc() Order { return Order{column: string(c), descending: true} }

// IsNull selects rows without a value.
func (c Associate) IsNull() Cond { return unary(string(c), "isNull") }

// IsNotNull selects rows with a value.
func (c Associate) IsNotNull() Cond { return unary(string(c), "isNotNull") }

// Asc orders by the column, the smallest first.
func (c Associate) Asc() Order { return Order{column: string(c)} }

// Desc orders by the column, the largest first.
func (c Associate) Desc() Order { return Order{column: string(c), descending: true} }
