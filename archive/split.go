package archive

import (
	"math"
	"slices"
)

// splitSet makes parts of a query whose address would be too long, and that
// cannot be sent as a form: each selects by some of the members of the query's
// largest set. The parts come one behind the other, so a query whose order is
// given, or that makes totals of all rows, is left as it is.
func splitSet(q *query, r *request) error {
	if r.longest(r.filter) <= longestAddress || len(q.order) > 0 || r.aggregates() {
		return nil
	}
	conds := flatten(q.where)
	set := largestSet(conds)
	if set < 0 {
		return nil
	}
	members := slices.Clone(conds[set].is.args[1:])
	slices.Sort(members)
	members = slices.Compact(members) // so that no row is in two parts
	part := func(members []string) (string, error) {
		only := slices.Clone(conds)
		only[set] = on(opSet, only[set].is.column, only[set].is.args[0], members...)
		return (filter{r.zone}).text(only)
	}
	none, err := part(nil)
	if err != nil {
		return err
	}
	limit := longestAddress - r.longest(none)
	for _, some := range chunks(members, limit) {
		text, err := part(some)
		if err != nil {
			return err
		}
		r.parts = append(r.parts, text)
	}
	return nil
}

// longest is the length of the longest address that pages with a filter have.
func (r *request) longest(filter string) int {
	one := *r
	one.filter, one.parts = filter, nil
	return len(encode(one.params(position{key: math.MinInt64, keyed: r.byKey != "", skip: math.MaxInt}, math.MaxInt)))
}

// flatten returns conditions, all of which have to be met, without those that
// are nothing but more of them.
func flatten(all []Cond) (flat []Cond) {
	for _, c := range all {
		if c.is.op == opAnd {
			flat = append(flat, flatten(c.is.all)...)
		} else {
			flat = append(flat, c)
		}
	}
	return flat
}

// largestSet returns which of the conditions is the largest set that a row is
// in by one of its members alone, or -1. Texts are left out, since which of them
// are the same to the server is not known.
func largestSet(conds []Cond) int {
	at, size := -1, 2 // the operator, and a member that cannot be split
	for i, c := range conds {
		splits := c.is.op == opSet && slices.Contains([]string{"in", "oneOf", "associateIsOneOf"}, c.is.args[0])
		if splits && len(c.is.args) > size && c.is.args[1][0] != '\'' {
			at, size = i, len(c.is.args)
		}
	}
	return at
}

// chunks divides texts so that each chunk, with commas between, is at most limit
// characters long. It returns nothing if one text is longer than that.
func chunks(texts []string, limit int) (all [][]string) {
	begin, length := 0, 0
	for i, text := range texts {
		if len(text) > limit {
			return nil
		}
		if length += len(text) + 1; length-1 > limit {
			all = append(all, texts[begin:i])
			begin, length = i, len(text)+1
		}
	}
	return append(all, texts[begin:])
}
