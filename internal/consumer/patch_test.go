package consumer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/rest"
)

// differences are checks of rest.Diff for each carrier that has a PATCH.
var differences = map[string]func(t *testing.T, seed uint64){
	"Appointment": check[superoffice.AppointmentEntity], "Attachment": check[superoffice.AttachmentEntity], "CRMScript": check[superoffice.CRMScriptEntity],
	"ChatSession": check[superoffice.ChatSessionEntity], "ChatTopic": check[superoffice.ChatTopicEntity], "Contact": check[superoffice.ContactEntity],
	"Copilot": check[superoffice.CopilotEntity], "CopilotDataSource": check[superoffice.CopilotDataSourceEntity], "Dash": check[superoffice.Dash],
	"DashTheme": check[superoffice.DashTheme], "DashTile": check[superoffice.DashTile], "DashTileDefinition": check[superoffice.DashTileDefinition],
	"Document": check[superoffice.DocumentEntity], "ForeignApp": check[superoffice.ForeignAppEntity], "Hierarchy": check[superoffice.HierarchyEntity],
	"List": check[superoffice.ListEntity], "Person": check[superoffice.PersonEntity], "PreferenceDescription": check[superoffice.PreferenceDescription],
	"PreferenceDescriptionLine": check[superoffice.PreferenceDescriptionLine], "Pricelist": check[superoffice.PriceList],
	"Project": check[superoffice.ProjectEntity], "ProjectMember": check[superoffice.ProjectMember], "Relation": check[superoffice.ContactRelationEntity],
	"RelationDefinition": check[superoffice.RelationDefinitionEntity], "Role": check[superoffice.RoleEntity], "Sale": check[superoffice.SaleEntity],
	"SaleStakeholder": check[superoffice.SaleStakeholder], "Selection": check[superoffice.SelectionEntity],
	"ShipmentMessage": check[superoffice.ShipmentMessageEntity], "ShipmentMessageBlock": check[superoffice.ShipmentMessageBlockEntity],
	"SystemEvent": check[superoffice.SystemEventEntity], "Ticket": check[superoffice.TicketEntity], "TicketMessage": check[superoffice.TicketMessageEntity],
	"TicketRelation": check[superoffice.TicketRelationEntity], "TicketRelationDefinition": check[superoffice.TicketRelationDefinitionEntity],
	"TicketType": check[superoffice.TicketTypeEntity], "TriggerScript": check[superoffice.TriggerScriptEntity], "User": check[superoffice.User],
	"Webhook": check[superoffice.Webhook],
}

func TestEveryPatchedCarrierIsChecked(t *testing.T) {
	t.Parallel()
	entities := reflect.TypeFor[rest.Entities]()
	for i := range entities.NumField() {
		_, patched := reflect.PointerTo(entities.Field(i).Type).MethodByName("Patch")
		if _, checked := differences[entities.Field(i).Name]; patched != checked {
			t.Errorf("%s: Patch: %t, checked: %t", entities.Field(i).Name, patched, checked)
		}
	}
}

// Another library makes after of before by what Diff says, and the tests of a
// guarded patch hold.
func TestDiffByAnotherLibrary(t *testing.T) {
	t.Parallel()
	for name, check := range differences {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(60) {
				check(t, seed)
			}
		})
	}
}

func check[T any](t *testing.T, seed uint64) {
	t.Helper()
	g := generator{rand.New(rand.NewPCG(seed, 1))}
	before := new(T)
	g.fill(reflect.ValueOf(before).Elem(), 0)
	text := marshal(t, before)
	before = new(T) // as it comes from the server
	if err := json.Unmarshal(text, before); err != nil {
		t.Fatal(err)
	}
	same, err := rest.Diff(before, rest.Clone(before))
	if err != nil || !same.Empty() {
		t.Fatalf("seed %d: equal ones differ: %v %v", seed, same, err)
	}
	after := rest.Clone(before)
	for range 1 + g.IntN(4) {
		g.change(reflect.ValueOf(after).Elem(), 0)
	}
	patch, err := rest.Diff(before, after)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	steps, err := jsonpatch.DecodePatch(marshal(t, patch))
	if err != nil {
		t.Fatal(err)
	}
	got, err := steps.Apply(text)
	if err != nil {
		t.Fatalf("seed %d: %v: %s", seed, err, patch)
	}
	if want := marshal(t, after); !reflect.DeepEqual(tree(t, want), tree(t, got)) {
		t.Fatalf("seed %d: %s makes\n%s, want\n%s", seed, marshal(t, patch), got, want)
	}
	holds(t, patch.Guarded(before), text)
	one(t, g, before)
}

// holds makes sure that the tests of a patch are true of the carrier that it is
// for, and that each step that replaces or removes has one.
func holds(t *testing.T, patch rest.Patch, text []byte) {
	t.Helper()
	var steps []struct {
		Op, Path string
		Value    any
	}
	var root any
	if err := errors.Join(json.Unmarshal(marshal(t, patch), &steps), json.Unmarshal(text, &root)); err != nil {
		t.Fatal(err)
	}
	tested := make(map[string]bool)
	for _, s := range steps {
		switch {
		case s.Op == "test":
			tested[s.Path] = true
			if now := at(root, s.Path); !reflect.DeepEqual(now, s.Value) {
				t.Fatalf("the test of %s wants %v, and there is %v", s.Path, s.Value, now)
			}
		case s.Op != "add" && !tested[s.Path]:
			t.Fatalf("%s has no test: %s", s.Path, patch)
		}
	}
}

func at(v any, path string) any {
	for part := range strings.SplitSeq(path[1:], "/") {
		switch now := v.(type) {
		case map[string]any:
			v = now[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
		case []any:
			i, _ := strconv.Atoi(part)
			v = now[i]
		}
	}
	return v
}

// one changes one member, which is one step.
func one[T any](t *testing.T, g generator, before *T) {
	t.Helper()
	after := rest.Clone(before)
	v := reflect.ValueOf(after).Elem()
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && v.Field(i).Kind() == reflect.String && isFree(f.Name) {
			v.Field(i).SetString(v.Field(i).String() + "x")
			patch, err := rest.Diff(before, after)
			if err != nil || strings.Contains(patch.String(), ",") || patch.Empty() {
				t.Fatalf("%s: %v %v", f.Name, patch, err)
			}
			return
		}
	}
}

// tree is JSON without what the server computes in carriers inside, which Diff
// passes over.
func tree(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	for _, inner := range v.(map[string]any) {
		strip(inner)
	}
	return v
}

func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if !isFree(name) {
				delete(v, name)
			}
			strip(inner)
		}
	case []any:
		for _, inner := range v {
			strip(inner)
		}
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// isFree reports whether a member is not the server's.
func isFree(name string) bool {
	return name != "TableRight" && name != "FieldProperties" && !strings.HasPrefix(name, "Updated")
}

// generator makes random carriers.
type generator struct{ *rand.Rand }

func (g generator) word() string {
	return []string{"", "a", "Ærø", `q"uo\te`, "~/ #", "\u2028", "[I:5]"}[g.IntN(7)] + fmt.Sprint(g.IntN(50))
}

const deepest = 4

func (g generator) fill(v reflect.Value, depth int) {
	if set, ok := v.Addr().Interface().(interface{ UnmarshalText([]byte) error }); ok && v.Kind() == reflect.Struct {
		_ = set.UnmarshalText([]byte(fmt.Sprintf("2026-05-%02dT10:00:00", 1+g.IntN(28))))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(g.word())
	case reflect.Bool:
		v.SetBool(g.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(g.IntN(100)))
	case reflect.Float64:
		v.SetFloat(float64(g.IntN(100)) / 4)
	case reflect.Pointer:
		if depth < deepest && g.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			g.fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		g.fillSlice(v, depth)
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		for range g.IntN(3) {
			value := reflect.New(v.Type().Elem()).Elem()
			g.fill(value, depth+1)
			m.SetMapIndex(reflect.ValueOf(g.word()).Convert(v.Type().Key()), value)
		}
		v.Set(m)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && v.Field(i).CanSet() {
				g.fill(v.Field(i), depth+1)
			}
		}
	}
}

func (g generator) fillSlice(v reflect.Value, depth int) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		v.SetBytes([]byte(g.word()))
		return
	}
	if depth >= deepest {
		return
	}
	n := g.IntN(4)
	all := reflect.MakeSlice(v.Type(), n, n)
	for i := range n {
		g.fill(all.Index(i), depth+1)
	}
	v.Set(all)
}

// change changes something that is not the server's.
func (g generator) change(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Struct:
		if _, isText := v.Addr().Interface().(interface{ UnmarshalText([]byte) error }); isText {
			g.fill(v, depth)
			return
		}
		var free []int
		for i := range v.NumField() {
			f := v.Type().Field(i)
			isID := f.Type.Kind() == reflect.Int && (strings.HasSuffix(f.Name, "ID")) && depth == 0
			if f.IsExported() && v.Field(i).CanSet() && isFree(f.Name) && !isID {
				free = append(free, i)
			}
		}
		if len(free) > 0 {
			g.change(v.Field(free[g.IntN(len(free))]), depth+1)
		}
	case reflect.Pointer:
		if v.IsNil() || g.IntN(4) == 0 {
			v.SetZero()
			g.fill(v, depth)
			return
		}
		g.change(v.Elem(), depth+1)
	case reflect.Slice:
		switch n := v.Len(); {
		case n == 0 || g.IntN(4) == 0 || v.Type().Elem().Kind() == reflect.Uint8:
			g.fillSlice(v, depth)
		case g.IntN(3) == 0:
			v.Set(v.Slice(0, g.IntN(n)))
		default:
			g.change(v.Index(g.IntN(n)), depth+1)
		}
	case reflect.Map:
		g.changeMap(v, depth)
	default:
		g.fill(v, depth)
	}
}

func (g generator) changeMap(v reflect.Value, depth int) {
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	value := reflect.New(v.Type().Elem()).Elem()
	g.fill(value, depth+1)
	switch {
	case len(keys) == 0 || g.IntN(2) == 0:
		v.SetMapIndex(reflect.ValueOf(g.word()).Convert(v.Type().Key()), value)
	case g.IntN(2) == 0:
		v.SetMapIndex(keys[g.IntN(len(keys))], reflect.Value{})
	default:
		v.SetMapIndex(keys[g.IntN(len(keys))], value)
	}
}
