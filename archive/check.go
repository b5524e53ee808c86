package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice"
)

// Columns returns the columns that a provider has, with their names, the kinds
// that conditions on them are of, and whether rows can be ordered by them. The
// titles are in a language only if the client or an option has [superoffice.WithLanguage].
func Columns(ctx context.Context, client *superoffice.Client, provider string, opts ...superoffice.CallOption) ([]superoffice.ArchiveColumnInfo, error) {
	if client == nil {
		return nil, invalid("the client is nil")
	}
	if strings.TrimSpace(provider) == "" {
		return nil, invalid("the provider is empty")
	}
	return client.Archive.GetAvailableColumns(ctx, provider, "", opts...)
}

func (q *query) check(ctx context.Context) error {
	r, err := q.prepare()
	if err != nil {
		return err
	}
	if r.from.provider == "" {
		return invalid("the provider of %s is not known; check with From", r.from.name)
	}
	all, err := Columns(ctx, q.client, r.from.provider, q.options...)
	if err != nil {
		return err
	}
	k := checks{columns: make(map[string]superoffice.ArchiveColumnInfo, len(all))}
	for _, c := range all {
		k.columns[strings.ToLower(c.Name)] = c
	}
	for _, f := range r.plan.fields {
		if !f.own {
			k.column(f.column, "the field "+f.name)
		}
	}
	for _, o := range q.order {
		if c, ok := k.column(o.column, "an order"); ok && !c.CanOrderBy {
			k.wrong("rows cannot be ordered by %s", o.column)
		}
	}
	if c, ok := k.columns[strings.ToLower(r.byKey)]; r.byKey != "" && ok && !(c.CanOrderBy && c.CanRestrictBy) {
		k.wrong("pages cannot go by %s, by which the server does not order and select", r.byKey)
	}
	for _, c := range q.where {
		k.cond(c)
	}
	return k.err(r.from.provider)
}

// checks gathers what is wrong with a query.
type checks struct {
	columns  map[string]superoffice.ArchiveColumnInfo
	problems []error
}

func (k *checks) wrong(format string, args ...any) {
	k.problems = append(k.problems, fmt.Errorf(format, args...))
}

func (k *checks) err(provider string) error {
	if len(k.problems) == 0 {
		return nil
	}
	return invalid("the query does not go with the provider %s: %w", provider, errors.Join(k.problems...))
}

// column finds a column. The server lists neither column functions nor all of
// the columns that are made of prefixes and custom fields.
func (k *checks) column(name, of string) (c superoffice.ArchiveColumnInfo, known bool) {
	c, known = k.columns[strings.ToLower(name)]
	if !known && len(k.columns) > 0 && !strings.ContainsAny(name, "(:.") {
		k.wrong("%s names the column %s, which there is not", of, name)
	}
	return c, known
}

// cond compares a condition with the column that it is on.
func (k *checks) cond(all Cond) {
	c := all.is
	for _, inner := range c.all {
		k.cond(inner)
	}
	if c.column == "" {
		return
	}
	column, known := k.column(c.column, "a condition")
	switch {
	case !known:
	case !column.CanRestrictBy:
		k.wrong("rows cannot be selected by %s", c.column)
	case !c.fits(column.RestrictionType):
		k.wrong("the column %s is of the kind %s, which the operator %s is not for", c.column, column.RestrictionType, c.operator())
	}
}

// kinds are the restriction types of the server by what an operator is for.
var kinds = []struct {
	operators, types []string
}{
	{[]string{"is", "isNot", "begins", "contains", "ends"}, []string{"string", "positivestring", "stringorpk"}},
	{[]string{"eq", "ne", "lt", "gt"}, []string{"int", "decimal", "timespan"}},
	{[]string{"set"}, []string{"bool"}},
	{[]string{"afterTime", "beforeTime", "date"}, []string{"date", "datetime", "unlimiteddate", "reporterdate"}},
	{[]string{"intArrayAllOf", "intArrayOneOf", "intArrayNotAnyOf"}, []string{"intarray"}},
	{[]string{"oneOf", "notOneOf"}, []string{"listany", "listall", "listinterest", "listexternal", "ejcategory", "usergroup", "saintstatus"}},
	{[]string{"associateIsOneOf", "associateIsNotOneOf", "currentAssociate"}, []string{"associate", "ejuser"}},
	{[]string{"in"}, []string{"string", "positivestring", "stringorpk", "int", "decimal", "timespan"}},
	{[]string{"between"}, []string{"int", "decimal", "timespan", "date", "datetime", "unlimiteddate", "reporterdate"}},
}

// fits reports whether a condition is one for a restriction type. Types that are
// not known take all.
func (c *condition) fits(restriction string) bool {
	restriction = strings.ToLower(strings.TrimSuffix(restriction, "[]"))
	name, known := c.operator(), false
	for _, kind := range kinds {
		isType := slices.Contains(kind.types, restriction)
		known = known || isType
		if isType && slices.Contains(kind.operators, name) {
			return true
		}
	}
	isPeriod := c.op == opSet && strings.ContainsAny(name, "PNpn") && (strings.HasPrefix(name, "this") || strings.HasSuffix(name, "Period"))
	return !known || c.op == opUnary && name != "currentAssociate" || isPeriod && strings.Contains(restriction, "date")
}

// operator is what the server calls the operator of a condition, or that of its
// opposite if it is one of times.
func (c *condition) operator() string {
	if c.op == opTimes {
		switch c.args[0] {
		case "notAfterTime":
			return "beforeTime"
		case "notBeforeTime":
			return "afterTime"
		case "notDate":
			return "date"
		case "notBetween":
			return "between"
		}
	}
	return c.args[0]
}
