package superofficetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// checker holds a request against the definition of its call.
type checker struct {
	*definition
	found []string
}

func (k *checker) differ(path, format string, args ...any) {
	k.found = append(k.found, strings.TrimPrefix(path, "/")+": "+fmt.Sprintf(format, args...))
}

// call returns how a request differs from what the call takes.
func (k *checker) call(c *apidef.Call, query url.Values, body any, given bool) []string {
	k.query(c, query)
	inBody := bodyParams(c)
	switch {
	case len(inBody) == 0:
		if given && body != nil {
			k.differ("body", "the call takes none")
		}
	case !given:
		k.differ("body", "is missing")
	case c.Entity != "" && inBody[0].Type == "stream": // a file, which is not decoded
	case c.Shape == apidef.ShapeBody:
		k.value("body", inBody[0].Type, body)
	default:
		k.params(c, body)
	}
	return k.found
}

// bodyParams are the parameters of a call that are in its body.
func bodyParams(c *apidef.Call) (inBody []apidef.Param) {
	for _, p := range c.Params {
		if in := c.In(&p); in == "" || in == "body" {
			inBody = append(inBody, p)
		}
	}
	return inBody
}

// query takes the call's own parameters, and $select where it goes.
func (k *checker) query(c *apidef.Call, query url.Values) {
	for name, values := range query {
		p := param(c, name)
		switch {
		case p != nil && c.In(p) == "query":
			k.value("query "+name, p.Type, queryValue(p.Type, values))
		case c.Result == "rows" && strings.HasPrefix(name, "$"):
		case strings.EqualFold(name, "$select") && !c.Whole:
			for path := range strings.SplitSeq(strings.Join(values, ","), ",") {
				k.selected(c.Result, strings.TrimSpace(path))
			}
		default:
			k.differ("query "+name, "the call takes no such parameter")
		}
	}
	for _, p := range c.Params {
		if p.Query && p.Required && !hasFold(query, p.Name) {
			k.differ("query", "the parameter %s is missing", p.Name)
		}
	}
	if c.Shape == apidef.ShapeQuery && !hasFold(query, c.Params[0].Name) {
		k.differ("query", "the parameter %s is missing", c.Params[0].Name)
	}
}

// queryValue is a value of the query as a tree holds it.
func queryValue(t apidef.Type, values []string) any {
	if element, ok := t.List(); ok {
		list := make([]any, len(values))
		for i := range values {
			list[i] = queryValue(element, values[i:i+1])
		}
		return list
	}
	if t == "int" || t == "long" {
		return json.Number(values[0])
	}
	return values[0]
}

func hasFold(query url.Values, name string) bool {
	for key := range query {
		if strings.EqualFold(key, name) {
			return true
		}
	}
	return false
}

// selected follows a path of $select as far as carriers go.
func (k *checker) selected(t apidef.Type, path string) {
	whole := path
	for path = strings.Trim(path, "/"); path != ""; {
		if element, ok := t.List(); ok {
			t = element
			continue
		}
		c := k.carriers[t]
		if c == nil {
			return // a dictionary, or a scalar below which nothing is selected
		}
		name, rest, _ := strings.Cut(path, "/")
		m := k.find(c, name)
		if m == nil {
			k.differ("query $select", "%s has no member %q (in %q)", c.Name, name, whole)
			return
		}
		t, path = m.Type, rest
	}
}

// find looks a member up in a carrier and in all of its kinds.
func (k *checker) find(c *apidef.Carrier, name string) *apidef.Member {
	for _, one := range append([]*apidef.Carrier{c}, k.Subtypes(c.Name)...) {
		if m := k.member(one, name); m != nil {
			return m
		}
	}
	return nil
}

// params holds the members of a body against the call's parameters. Unlike a
// carrier, which may have been fetched from a newer server, it has no others.
func (k *checker) params(c *apidef.Call, body any) {
	object, ok := body.(map[string]any)
	if !ok {
		k.differ("body", "is %s, where an object was due", what(body))
		return
	}
	for _, name := range sortedKeys(object) {
		p := param(c, name)
		if p == nil || c.In(p) != "" {
			k.differ("body/"+name, "the call takes no such parameter; it takes %s", paramNames(c))
			continue
		}
		k.value("body/"+name, p.Type, object[name])
	}
}

func param(c *apidef.Call, name string) *apidef.Param {
	for i := range c.Params {
		if strings.EqualFold(c.Params[i].Name, name) {
			return &c.Params[i]
		}
	}
	return nil
}

func paramNames(c *apidef.Call) string {
	names := make([]string, 0, len(c.Params))
	for _, p := range c.Params {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

// value holds a value against its type. null goes everywhere.
func (k *checker) value(path string, t apidef.Type, value any) {
	if value == nil {
		return
	}
	if element, ok := t.List(); ok {
		k.list(path, element, value)
		return
	}
	if inner, ok := t.Dictionary(); ok {
		k.dictionary(path, inner, value)
		return
	}
	if c := k.carriers[t]; c != nil {
		k.carrier(path, c, value)
		return
	}
	if e := k.enums[t]; e != nil {
		k.enum(path, e, value)
		return
	}
	k.scalar(path, t, value)
}

func (k *checker) list(path string, element apidef.Type, value any) {
	list, ok := value.([]any)
	if !ok {
		k.differ(path, "is %s, where a list was due", what(value))
		return
	}
	for i, one := range list {
		k.value(fmt.Sprintf("%s/%d", path, i), element, one)
	}
}

func (k *checker) dictionary(path string, inner apidef.Type, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		k.differ(path, "is %s, where a dictionary was due", what(value))
		return
	}
	for _, name := range sortedKeys(object) {
		k.value(path+"/"+name, inner, object[name])
	}
}

func (k *checker) carrier(path string, c *apidef.Carrier, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		k.differ(path, "is %s, where a %s was due", what(value), c.Name)
		return
	}
	if c.By != "" {
		c = k.kind(c, object)
	}
	for _, m := range k.members(c) {
		if inner, found := member(object, m.Name); found {
			k.value(path+"/"+m.Name, m.Type, inner)
		}
	}
}

// enum takes a number, and text that is made of names: one that is not known
// may have come from a newer server, but several belong to flags only.
func (k *checker) enum(path string, e *apidef.Enum, value any) {
	text, ok := value.(string)
	switch {
	case !ok && what(value) == "a number":
	case !ok:
		k.differ(path, "is %s, where a name of %s was due", what(value), e.Name)
	case text == "":
		k.differ(path, "is empty, where a name of %s was due", e.Name)
	case strings.Contains(text, ",") && !e.Flags:
		k.differ(path, "names several members of %s, which is no set of flags", e.Name)
	}
}

// The texts of dates and lengths of time.
var (
	timeForm = regexp.MustCompile(`^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?([Zz]|[+-]\d\d:?(\d\d)?)?$`)
	spanForm = regexp.MustCompile(`^-?(\d+|(\d+\.)?\d\d?:\d\d(:\d\d(\.\d{1,7})?)?)$`)
)

// scalar takes what the vendor's server takes: a number or boolean may be
// written as text, and text as a number.
func (k *checker) scalar(path string, t apidef.Type, value any) {
	form := scalarForms[t]
	if form.due == "" {
		return // anything
	}
	text, isScalar := scalarText(value)
	if !isScalar || !form.fits(text) {
		k.differ(path, "is %s, where %s was due", what(value), form.due)
	}
}

// scalarForm says what a type without a definition looks like.
type scalarForm struct {
	due  string
	fits func(text string) bool
}

var scalarForms = map[apidef.Type]scalarForm{
	"int":    {"a whole number", func(text string) bool { _, err := strconv.ParseInt(text, 10, 32); return err == nil }},
	"long":   {"a whole number", func(text string) bool { _, err := strconv.ParseInt(text, 10, 64); return err == nil }},
	"double": {"a number", func(text string) bool { _, err := strconv.ParseFloat(text, 64); return err == nil }},
	"bool":   {"a boolean", func(text string) bool { _, err := strconv.ParseBool(strings.ToLower(text)); return err == nil }},
	"time":   {"a date", timeForm.MatchString},
	"date":   {"a date", timeForm.MatchString},
	"span":   {"a time span", spanForm.MatchString},
	"bytes":  {"base64", isBase64},
	"stream": {"base64", isBase64},
	"string": {"text", func(string) bool { return true }},
	"value":  {"text", func(string) bool { return true }},
}

func isBase64(text string) bool {
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil
}

// scalarText is the text of a scalar.
func scalarText(value any) (text string, ok bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case json.Number:
		return value.String(), true
	case bool:
		return strconv.FormatBool(value), true
	}
	return "", false
}

// what names the JSON type of a value.
func what(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a text"
	case []any:
		return "a list"
	}
	return "an object"
}
