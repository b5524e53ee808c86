package superoffice_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/apidef"
	"github.com/superoffice-go/superoffice/internal/wire"
)

// definition reads api/ once for all tests.
var definition = sync.OnceValues(func() (*apidef.Definition, error) { return apidef.Read(os.DirFS("api")) })

// odds writes JSON as a server might: of an older or newer release, with
// nulls, empties and spellings that nobody expects.
type odds struct {
	*rand.Rand
	d *apidef.Definition
}

func (o *odds) oneOf(all ...string) string { return all[o.IntN(len(all))] }

// object writes one object of a carrier.
func (o *odds) object(c *apidef.Carrier, depth int) string {
	members := slices.Clone(c.Members)
	fixed := make(map[string]string)
	if c.Of != "" {
		base := o.d.Carrier(apidef.Type(c.Of))
		members = append(slices.Clone(base.Members), members...)
		fixed[base.By] = fmt.Sprintf("%q", c.When)
	}
	o.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	var pairs []string
	for _, m := range members {
		value, ok := fixed[m.Name]
		switch {
		case ok:
		case o.IntN(8) == 0:
			continue // missing
		case o.IntN(6) == 0:
			value = "null"
		default:
			value = o.value(m.Type, depth)
		}
		pairs = append(pairs, fmt.Sprintf("%q: %s", m.Name, value))
	}
	for i := range o.IntN(3) {
		pairs = append(pairs, fmt.Sprintf(`"Unheard%d": %s`, i, o.oneOf(`"of"`, "null", "1.50", "[]", `{"a": [1, {"b": null}]}`, "true")))
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

// value writes a value of type t.
func (o *odds) value(t apidef.Type, depth int) string {
	if element, ok := t.List(); ok {
		return o.several("[", "]", depth, func(int) string { return o.entry(element, depth-1) })
	}
	if value, ok := t.Dictionary(); ok {
		return o.several("{", "}", depth, func(i int) string { return fmt.Sprintf(`"key %d": %s`, i, o.entry(value, depth-1)) })
	}
	switch t {
	case "int", "long":
		return o.oneOf("0", "1", "-7", "2147483647", `"12"`, "5.0", "1e3")
	case "double":
		return o.oneOf("0", "1.5", "-0.25", "1e21", "12345678.90", `"7.5"`, "0.10")
	case "bool":
		return o.oneOf("true", "false", `"true"`, "1", `"False"`)
	case "time":
		return o.oneOf(`"2024-05-01T10:00:00"`, `"2024-05-01T10:00:00Z"`, `"2024-05-01T10:00:00.1234567+02:00"`, `"2024-05-01T10:00:00-0500"`,
			`"0001-01-01T00:00:00"`, `"0001-01-01T01:00:00+01:00"`, `"9999-12-31T23:59:59"`, `""`, `"soon"`)
	case "date":
		return o.oneOf(`"1960-05-03T00:00:00"`, `"0002-05-03T00:00:00Z"`, `"0001-01-01T00:00:00"`, `"1960-05-03"`, `""`)
	case "span":
		return o.oneOf(`"00:15:00"`, `"1.02:03:04"`, `"-00:15:00"`, `"00:00:00.5"`, `"00:15"`, `"00:00:00"`, `"long"`, "900")
	case "bytes":
		return o.oneOf(`"AAEC"`, `""`, `"////"`)
	case "any":
		return o.oneOf(`"text"`, "1", "1.0", "12345678901234567890", "null", `{"b": 1, "a": [true]}`, "[]")
	case "value":
		return o.oneOf(`"[I:7]"`, `"text"`, `""`, `"[DT:01/01/0001 00:00:00.0000000]"`, `"[broken"`)
	case "string":
		return o.oneOf(`"text"`, `""`, `"\u00e6\u00f8\u00e5 \"quoted\" \/ \u002B"`, `"US:\"x\";NO:\"y\""`, "5")
	}
	if e := o.d.Enum(t); e != nil {
		name := e.Members[o.IntN(len(e.Members))].Name
		return o.oneOf(fmt.Sprintf("%q", name), `"NeverHeardOf"`, fmt.Sprintf(`"%s, NeverHeardOf"`, name), "3", `""`)
	}
	c := o.d.Carrier(t)
	if subtypes := o.d.Subtypes(c.Name); len(subtypes) > 0 && o.IntN(4) > 0 {
		c = subtypes[o.IntN(len(subtypes))]
	}
	if depth <= 0 {
		return o.oneOf("null", "{}")
	}
	return o.object(c, depth-1)
}

// entry writes a value in a list or dictionary.
func (o *odds) entry(t apidef.Type, depth int) string {
	if o.IntN(8) == 0 {
		return "null"
	}
	return o.value(t, depth)
}

func (o *odds) several(open, end string, depth int, one func(i int) string) string {
	var all []string
	if depth > 0 {
		for i := range o.IntN(3) {
			all = append(all, one(i))
		}
	}
	return open + strings.Join(all, ",") + end
}

// normal is JSON with its numbers as they are written and its members in
// order, so that two texts that say the same are equal.
func normal(t *testing.T, text []byte) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v), "%s", text)
	return v
}

// roundTrip reads what a seed gives into a carrier and writes it again.
func roundTrip(t *testing.T, d *apidef.Definition, name string, seed uint64) {
	t.Helper()
	const depth = 3
	o := odds{rand.New(rand.NewPCG(seed, 1)), d}
	text := []byte(o.object(d.Carrier(apidef.Type(name)), depth))
	carrier := everyCarrier[name]()
	require.NoError(t, json.Unmarshal(text, carrier), "%s: %s", name, text)
	again, err := json.Marshal(carrier)
	require.NoError(t, err, "%s: %s", name, text)
	if !assert.Equal(t, normal(t, text), normal(t, again), "%s, seed %d:\n%s\n%s", name, seed, text, again) {
		t.FailNow()
	}
}

// Nothing that the server sent is changed when it is sent back, whatever it
// was.
func TestEveryCarrierRoundTrips(t *testing.T) {
	t.Parallel()
	d, err := definition()
	require.NoError(t, err)
	require.Len(t, everyCarrier, len(d.Carriers))
	for name := range everyCarrier {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(20) {
				roundTrip(t, d, name, seed)
			}
		})
	}
}

// spot is a plain value somewhere in a carrier. change changes it there, and in
// the JSON that the carrier was read from.
type spot struct{ change func() }

// spots finds the plain values in v that can be changed, given the JSON.
func spots(v reflect.Value, tree any) (all []spot) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return spots(v.Elem(), tree)
		}
	case reflect.Struct:
		object, _ := tree.(map[string]any)
		for i := 0; i < v.NumField() && object != nil; i++ {
			f := v.Type().Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case f.Anonymous && f.IsExported(): // the base of a kind
				all = append(all, spots(v.Field(i), tree)...)
			case f.IsExported():
				name = cmp.Or(name, f.Name)
				all = append(all, spotsAt(v.Field(i), object[name], v.Field(i).Set, func(is any) { object[name] = is })...)
			}
		}
	case reflect.Slice:
		list, _ := tree.([]any)
		for i := range list {
			all = append(all, spotsAt(v.Index(i), list[i], v.Index(i).Set, func(is any) { list[i] = is })...)
		}
	case reflect.Map:
		object, _ := tree.(map[string]any)
		for key, is := range object {
			at, entry := reflect.ValueOf(key), reflect.New(v.Type().Elem()).Elem()
			entry.Set(v.MapIndex(at))
			for _, s := range spotsAt(entry, is, entry.Set, func(is any) { object[key] = is }) {
				all = append(all, spot{func() { s.change(); v.SetMapIndex(at, entry) }})
			}
		}
	}
	return all
}

func spotsAt(v reflect.Value, is any, set func(reflect.Value), say func(any)) []spot {
	to := reflect.New(v.Type()).Elem()
	var says any
	switch {
	case v.Kind() == reflect.String:
		to.SetString("changed")
		says = "changed"
	case v.CanInt():
		to.SetInt(424242)
		says = json.Number("424242")
	case v.Kind() == reflect.Bool:
		to.SetBool(!v.Bool())
		says = !v.Bool()
	default:
		return spots(v, is)
	}
	return []spot{{func() { set(to); say(says) }}}
}

// What a program changes goes out changed, and nothing else does.
func TestAChangeInEveryCarrierChangesNothingElse(t *testing.T) {
	t.Parallel()
	d, err := definition()
	require.NoError(t, err)
	var changes atomic.Int64
	t.Cleanup(func() { assert.Greater(t, changes.Load(), int64(20_000), "most carriers have something to change") })
	for name := range everyCarrier {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(4) {
				changes.Add(changeSpots(t, d, name, seed))
			}
		})
	}
}

// changeSpots makes changes to what a seed gives, each in a carrier of its own,
// and returns how many.
func changeSpots(t *testing.T, d *apidef.Definition, name string, seed uint64) (changes int64) {
	t.Helper()
	const depth, most = 3, 12
	o := odds{rand.New(rand.NewPCG(seed, 2)), d}
	text := []byte(o.object(d.Carrier(apidef.Type(name)), depth))
	for range most {
		carrier, tree := everyCarrier[name](), normal(t, text)
		require.NoError(t, json.Unmarshal(text, carrier), "%s: %s", name, text)
		all := spots(reflect.ValueOf(carrier), tree)
		if len(all) == 0 {
			break
		}
		all[o.IntN(len(all))].change()
		again, err := json.Marshal(carrier)
		require.NoError(t, err)
		require.Equal(t, tree, normal(t, again), "%s, seed %d:\n%s\n%s", name, seed, text, again)
		changes++
	}
	return changes
}

// FuzzLargestCarriers does the same with the ten carriers that have the most
// members, and any seed.
func FuzzLargestCarriers(f *testing.F) {
	d, err := definition()
	require.NoError(f, err)
	largest := slices.SortedFunc(slices.Values(d.Carriers), func(a, b *apidef.Carrier) int { return len(b.Members) - len(a.Members) })[:10]
	for i := range largest {
		f.Add(uint8(i), uint64(i))
	}
	f.Fuzz(func(t *testing.T, index uint8, seed uint64) {
		roundTrip(t, d, largest[int(index)%len(largest)].Name, seed)
	})
}

// enumRead reads a member of a carrier that is an enum.
type enumRead func(t *testing.T, text string) (string, error)

func readEnum[T ~string](t *testing.T, text string) (string, error) {
	t.Helper()
	var into struct{ Value T }
	err := json.Unmarshal([]byte(`{"Value":`+text+`}`), &into)
	if err != nil {
		return "", err
	}
	var all []T
	require.NoError(t, wire.Unmarshal([]byte("["+text+"]"), &all))
	assert.Equal(t, into.Value, all[0])
	return string(into.Value), nil
}

// A number that a server sends in place of a name is the constant of the member
// that has it.
func TestEveryEnumIsReadFromItsNumbers(t *testing.T) {
	t.Parallel()
	d, err := definition()
	require.NoError(t, err)
	for _, e := range d.Enums {
		read := everyEnum[e.Name]
		if e.Hand {
			assert.Nil(t, read)
			continue
		}
		taken := make(map[int]string)
		for _, m := range e.Members {
			taken[m.Value] = cmp.Or(taken[m.Value], m.Name)
			for text, want := range map[string]string{
				fmt.Sprintf(`"%d"`, m.Value): taken[m.Value], fmt.Sprintf("%q", m.Name): m.Name,
			} {
				got, err := read(t, text)
				require.NoError(t, err)
				assert.Equal(t, want, got, "%s %s", e.Name, text)
			}
		}
		got, err := read(t, `"987654321"`)
		require.NoError(t, err)
		assert.Equal(t, "987654321", got, "what no member has stays")
	}
}

// A carrier that is made in Go sends all of its members, but for enums, which the
// server then takes for their zero, and members that older servers do not know.
func TestEveryEmptyCarrierIsSentInFull(t *testing.T) {
	t.Parallel()
	d, err := definition()
	require.NoError(t, err)
	for _, c := range d.Carriers {
		if c.Hand {
			continue
		}
		text, err := json.Marshal(everyCarrier[c.Name]())
		require.NoError(t, err)
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(text, &members))
		for _, m := range c.Members {
			_, sent := members[m.Name]
			assert.Equal(t, d.Enum(m.Type) == nil && !m.Newer, sent, "%s.%s", c.Name, m.Name)
		}
	}
}

// constants are the string constants of the package's own types, by type and
// value.
func constants(t *testing.T) map[string]map[string]string {
	t.Helper()
	all := make(map[string]map[string]string)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			typ, named := spec.Type.(*ast.Ident)
			value, literal := spec.Values[0].(*ast.BasicLit)
			if !named || !literal || value.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(value.Value)
			require.NoError(t, err)
			if all[typ.Name] == nil {
				all[typ.Name] = make(map[string]string)
			}
			all[typ.Name][text] = spec.Names[0].Name
			return true
		})
	}
	return all
}

// Each member of an enum has a constant that is named for it and holds its name.
func TestEveryMemberHasItsConstant(t *testing.T) {
	t.Parallel()
	d, err := definition()
	require.NoError(t, err)
	byType := make(map[string]map[string]string)
	for name, values := range constants(t) {
		byType[strings.ToLower(name)] = values
	}
	for _, e := range d.Enums {
		values := byType[strings.ToLower(cmp.Or(e.As, e.Name))]
		require.Len(t, values, len(e.Members), e.Name)
		for _, m := range e.Members {
			want := cmp.Or(e.Prefix, e.As, e.Name) + strings.ReplaceAll(m.Name, "_", "")
			assert.True(t, strings.EqualFold(want, values[m.Name]), "%s.%s is %s", e.Name, m.Name, values[m.Name])
		}
	}
}

// flagsCheck checks one set of flags by its definition.
type flagsCheck func(t *testing.T, e *apidef.Enum)

// flags is what every set of flags is.
type flags[T any] interface {
	~string
	Has(T) bool
	With(T) T
	Without(T) T
	String() string
}

func checkFlags[T flags[T]](t *testing.T, e *apidef.Enum) {
	t.Helper()
	var all T
	for _, m := range e.Members {
		one := T(m.Name)
		assert.True(t, one.Has(one), m.Name)
		assert.Equal(t, m.Name, one.String())
		all = all.With(one)
		assert.True(t, all.Has(one), "%s in %s", m.Name, all)
		if m.Value != 0 {
			assert.False(t, T("").Has(one), m.Name)
			assert.False(t, one.Without(one).Has(one), m.Name)
			assert.True(t, T(fmt.Sprint(m.Value)).Has(one), "%s as a number", m.Name)
		}
	}
	for _, m := range e.Members {
		all = all.Without(T(m.Name))
	}
	for _, m := range e.Members {
		assert.Equal(t, m.Value == 0, all.Has(T(m.Name)), "%s in %q", m.Name, all)
	}
	assert.Equal(t, T("NeverHeardOf, ")+T(e.Members[len(e.Members)-1].Name), T("NeverHeardOf").With(T(e.Members[len(e.Members)-1].Name)))
}

func TestEverySetOfFlags(t *testing.T) {
	t.Parallel()
	d, err := definition()
	require.NoError(t, err)
	sets := make(map[string]bool)
	for _, e := range d.Enums {
		sets[e.Name] = e.Flags
	}
	maps.DeleteFunc(sets, func(_ string, flags bool) bool { return !flags })
	require.NotEmpty(t, sets)
	require.Equal(t, slices.Sorted(maps.Keys(sets)), slices.Sorted(maps.Keys(everySetOfFlags)))
	for name, check := range everySetOfFlags {
		check(t, d.Enum(apidef.Type(name)))
	}
}
