package superofficetest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/apidef"
)

// methods compares the Go methods and types with the definition.
type methods struct {
	*testing.T
	*apidef.Definition
	seen map[string]bool // carriers
}

// basicTypes are the Go types of what has no definition.
var basicTypes = map[apidef.Type]reflect.Type{
	"int": reflect.TypeFor[int](), "long": reflect.TypeFor[int64](), "double": reflect.TypeFor[float64](), "bool": reflect.TypeFor[bool](),
	"string": reflect.TypeFor[string](), "any": reflect.TypeFor[any](), "value": reflect.TypeFor[superoffice.FieldValue](),
	"time": reflect.TypeFor[superoffice.DateTime](), "date": reflect.TypeFor[superoffice.Date](), "span": reflect.TypeFor[superoffice.TimeSpan](),
	"bytes": reflect.TypeFor[[]byte](), "stream": reflect.TypeFor[io.Reader](),
}

// goes reports whether a Go name stands for a name of the vendor's, or is the one
// that was chosen for it.
func goes(name, vendors, chosen string) bool {
	if chosen != "" {
		return name == chosen
	}
	return strings.EqualFold(name, strings.ReplaceAll(vendors, "_", ""))
}

// is reports whether a Go type is the one for a type of the API. A carrier is a
// pointer where it stands by itself, and a value inside of others.
func (m *methods) is(t reflect.Type, want apidef.Type, inside bool) bool {
	if element, ok := want.List(); ok {
		return t.Kind() == reflect.Slice && m.is(t.Elem(), element, true)
	}
	if value, ok := want.Dictionary(); ok {
		return t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && m.is(t.Elem(), value, true)
	}
	if basic, ok := basicTypes[want]; ok {
		return t == basic
	}
	if e := m.Enum(want); e != nil {
		return t.Kind() == reflect.String && goes(t.Name(), e.Name, e.As)
	}
	c := m.Carrier(want)
	switch {
	case c.Any != "":
		base, ok := t.MethodByName("Base")
		return ok && t.Name() == c.Any && m.carrier(base.Type.Out(0).Elem(), c)
	case inside:
		return m.carrier(t, c)
	}
	return t.Kind() == reflect.Pointer && m.carrier(t.Elem(), c)
}

// carrier reports whether a Go type is a carrier. Its members are compared the
// first time.
func (m *methods) carrier(t reflect.Type, c *apidef.Carrier) bool {
	if t.Kind() != reflect.Struct || !goes(t.Name(), c.Name, c.As) {
		return false
	}
	if m.seen[c.Name] {
		return true
	}
	m.seen[c.Name] = true
	var fields []reflect.StructField
	var secrets []string
	for f := range t.Fields() {
		if f.IsExported() && !f.Anonymous {
			fields = append(fields, f)
		}
	}
	assert.Len(m, fields, len(c.Members), c.Name)
	for _, member := range c.Members {
		i := slices.IndexFunc(fields, func(f reflect.StructField) bool { return goes(f.Name, member.Name, member.As) })
		if !assert.GreaterOrEqual(m, i, 0, "%s has no field for %s", t, member.Name) {
			continue
		}
		tagged, _, _ := strings.Cut(fields[i].Tag.Get("json"), ",")
		if tagged == "" {
			tagged = fields[i].Name
		}
		assert.Equal(m, member.Name, tagged, "%s.%s", t, fields[i].Name)
		if member.Secret {
			secrets = append(secrets, fields[i].Name)
		}
		assert.True(m, m.is(fields[i].Type, member.Type, false), "%s.%s is %s, where %s was due", t, fields[i].Name, fields[i].Type, member.Type)
	}
	m.hides(t, secrets)
	if c.Any != "" {
		m.kinds(t, c)
	}
	return true
}

// hides prints a carrier or request in many ways, and sees that the secrets in
// the named fields do not show.
func (m *methods) hides(t reflect.Type, fields []string) {
	if len(fields) == 0 {
		return
	}
	const secret = "tell-nobody"
	v := reflect.New(t)
	for _, name := range fields {
		v.Elem().FieldByName(name).SetString(secret)
	}
	var shown bytes.Buffer
	log, asJSON := slog.New(slog.NewTextHandler(&shown, nil)), slog.New(slog.NewJSONHandler(&shown, nil))
	for _, value := range []any{v.Interface(), v.Elem().Interface()} {
		asJSON.Info("shown", "value", value, slog.Group("group", "value", value)) // a list of them is marshalled, as the package says
	}
	for _, value := range []any{v.Interface(), v.Elem().Interface(), []any{v.Elem().Interface()}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			fmt.Fprintf(&shown, verb+"\n", value)
		}
		log.Info("shown", "value", value)
	}
	assert.NotContains(m, shown.String(), secret, "%s with %s", t, fields)
	assert.NotContains(m, shown.String(), fmt.Sprintf("%x", secret), "%s with %s", t, fields)
}

// kinds compares the kinds of a carrier.
func (m *methods) kinds(t reflect.Type, c *apidef.Carrier) {
	all := reflect.New(t).Interface().(interface{ Subtypes() []any }).Subtypes()
	subtypes := m.Subtypes(c.Name)
	require.Len(m, all, len(subtypes), c.Name)
	for i, kind := range all {
		v := reflect.ValueOf(kind).Elem()
		assert.True(m, m.carrier(v.Type(), subtypes[i]), "%s is not %s", v.Type(), subtypes[i].Name)
		assert.Equal(m, subtypes[i].When, v.FieldByNameFunc(func(name string) bool { return goes(name, c.By, "") }).String())
	}
}

// method finds the Go method of a call.
func (m *methods) method(client *superoffice.Client, c *apidef.Call) reflect.Value {
	agent := reflect.ValueOf(client).Elem().FieldByNameFunc(func(name string) bool { return goes(name, c.Agent, "") })
	require.True(m, agent.IsValid(), c.Agent)
	for i := range agent.NumMethod() {
		if goes(agent.Type().Method(i).Name, c.Name, "") {
			return agent.Method(i)
		}
	}
	m.Fatalf("there is no method for %s/%s", c.Agent, c.Name)
	return reflect.Value{}
}

// signature compares the types of a method, and the fields of the request that
// it takes in place of many parameters.
func (m *methods) signature(t reflect.Type, c *apidef.Call) {
	var in []reflect.Type
	for i := 1; i < t.NumIn()-1; i++ {
		in = append(in, t.In(i))
	}
	if len(in) == 1 && len(c.Params) > 1 {
		request := in[0]
		require.Equal(m, reflect.Struct, request.Kind(), c.Path())
		in = nil
		var secrets []string
		for i, f := range reflect.VisibleFields(request) {
			if in = append(in, f.Type); i < len(c.Params) && c.Params[i].Secret {
				secrets = append(secrets, f.Name)
			}
		}
		m.hides(request, secrets)
	}
	require.Len(m, in, len(c.Params), c.Path())
	for i, p := range c.Params {
		assert.True(m, m.is(in[i], p.Type, false), "%s takes %s for %s, where %s was due", c.Path(), in[i], p.Name, p.Type)
	}
	switch c.Result {
	case "":
		assert.Equal(m, 1, t.NumOut(), c.Path())
	case "stream":
		assert.Equal(m, reflect.TypeFor[*superoffice.Stream](), t.Out(0), c.Path())
	default:
		assert.True(m, m.is(t.Out(0), c.Result, false), "%s returns %s, where %s was due", c.Path(), t.Out(0), c.Result)
	}
}

// filled is an argument that is not empty. It is nothing to send.
func filled(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int:
		v.SetInt(1)
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(t, 1, 1))
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
	case reflect.Struct:
		for i := range v.NumField() {
			if t.Field(i).IsExported() {
				v.Field(i).Set(filled(t.Field(i).Type))
			}
		}
	}
	return v
}

// refusal is what a method says to Select of nothing that there is, in a
// context that is over.
func refusal(ctx context.Context, method reflect.Value, argument func(reflect.Type) reflect.Value) string {
	args := []reflect.Value{reflect.ValueOf(ctx)}
	for i := 1; i < method.Type().NumIn()-1; i++ {
		args = append(args, argument(method.Type().In(i)))
	}
	out := method.Call(append(args, reflect.ValueOf(superoffice.Select("NoSuchMember"))))
	return out[len(out)-1].Interface().(error).Error()
}

// Every method and every carrier that it takes or returns has the types and
// names of the definition, prints no secret, and refuses what cannot be: an
// argument that is required and empty, and Select where the answer is always
// whole.
func TestEveryMethod(t *testing.T) {
	t.Parallel()
	d, calls := everyDefinition(t)
	m := &methods{t, d, make(map[string]bool)}
	client, err := superoffice.NewClient("https://crm.example.com/SuperOffice")
	require.NoError(t, err)
	over, end := context.WithCancel(t.Context())
	end()
	for name, c := range calls {
		method := m.method(client, c)
		m.signature(method.Type(), c)
		required := slices.ContainsFunc(c.Params, func(p apidef.Param) bool { return p.Required })
		if empty := refusal(over, method, reflect.Zero); c.Shape == apidef.ShapeMembers {
			assert.Equal(t, required, strings.HasSuffix(empty, "is empty"), "%s: %s", name, empty)
		}
		full := refusal(over, method, filled)
		assert.Equal(t, c.Whole || c.Result == "stream", strings.Contains(full, "always answers in full"), "%s: %s", name, full)
	}
	t.Logf("%d methods with %d carriers", len(calls), len(m.seen))
}
