package superofficetest

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// routes are the calls with a route of their own, by the second part of it in
// lower case: those with more literals come first, since they take what would
// fit a parameter.
type routes map[string][]*apidef.Call

func (d *definition) findRoutes() routes {
	all := make(routes)
	for _, c := range slices.Concat(d.Calls(), d.EntityCalls()) {
		if c.Route != "" {
			parts := strings.Split(c.Route, "/")
			name := strings.ToLower(parts[min(1, len(parts)-1)])
			all[name] = append(all[name], c)
		}
	}
	for _, calls := range all {
		slices.SortStableFunc(calls, func(a, b *apidef.Call) int { return cmp.Compare(openness(a), openness(b)) })
	}
	return all
}

// openness is greater the more addresses a route takes: a digit for each part.
func openness(c *apidef.Call) string {
	var digits strings.Builder
	for part := range strings.SplitSeq(c.Route, "/") {
		p := param(c, strings.Trim(part, "{}"))
		switch {
		case !strings.HasPrefix(part, "{"):
			digits.WriteByte('0')
		case p.Type == "int":
			digits.WriteByte('1')
		case p.Type != "string": // an enum
			digits.WriteByte('2')
		default:
			digits.WriteByte('3')
		}
	}
	return digits.String()
}

// route finds the call with a route of its own that a request is for, and the
// values of the route's parameters. The path is escaped. allowed are the methods
// that the path takes, if it takes another one only.
func (d *definition) route(method, path string) (c *apidef.Call, values map[string]string, allowed []string) {
	given := strings.Split(path, "/")
	for _, candidate := range d.routes[strings.ToLower(given[min(1, len(given)-1)])] {
		found, ok := d.matchRoute(candidate, given)
		switch {
		case ok && (candidate.Verb() == method || candidate.Verb() == http.MethodGet && method == http.MethodHead):
			return candidate, found, nil
		case ok && !slices.Contains(allowed, candidate.Verb()):
			allowed = append(allowed, candidate.Verb())
		}
	}
	slices.Sort(allowed)
	return nil, nil, allowed
}

// anyRoute finds a call whose route fits a path, whatever its method.
func (d *definition) anyRoute(path string) *apidef.Call {
	given := strings.Split(path, "/")
	for _, c := range d.routes[strings.ToLower(given[min(1, len(given)-1)])] {
		if _, ok := d.matchRoute(c, given); ok {
			return c
		}
	}
	return nil
}

// matchRoute holds the parts of a path against a route, without regard to case. A
// parameter that is a number or of an enum takes nothing else, so that
// Contact/{id} leaves Contact/default to another route.
func (d *definition) matchRoute(c *apidef.Call, given []string) (values map[string]string, ok bool) {
	parts := strings.Split(c.Route, "/")
	if len(parts) != len(given) {
		return nil, false
	}
	values = make(map[string]string)
	for i, part := range parts {
		text, err := url.PathUnescape(given[i])
		if err != nil {
			return nil, false
		}
		name, isParam := strings.CutPrefix(part, "{")
		name = strings.TrimSuffix(name, "}")
		switch {
		case !isParam && !strings.EqualFold(part, text):
			return nil, false
		case isParam && !d.fitsParam(param(c, name).Type, text):
			return nil, false
		case isParam:
			values[name] = text
		}
	}
	return values, true
}

func (d *definition) fitsParam(t apidef.Type, text string) bool {
	if e := d.enums[t]; e != nil {
		return slices.ContainsFunc(e.Members, func(m apidef.EnumMember) bool { return strings.EqualFold(m.Name, text) })
	}
	return t != "int" || scalarForms["int"].fits(text)
}

// entityOperation is the name of a call of an entity, such as
// "GET Contact/{id}".
func entityOperation(c *apidef.Call) string {
	return c.Method + " " + strings.TrimPrefix(c.Route, "v1/")
}
