package superofficetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// sampler makes values of the API's types that are the same each time: what
// the server answers if a test has said nothing else.
type sampler struct {
	*definition
	zoned bool // dates have offsets
}

// sampleDepth bounds how deep samples nest. Carriers below it are null.
const sampleDepth = 4

// value returns a sample of type t for the member or call called name.
func (s sampler) value(t apidef.Type, name string, depth int) any {
	if element, ok := t.List(); ok {
		return s.list(element, name, depth)
	}
	if value, ok := t.Dictionary(); ok {
		return s.dictionary(value, name, depth)
	}
	if e := s.enums[t]; e != nil {
		return enumSample(e)
	}
	if c := s.carriers[t]; c != nil {
		if depth <= 0 {
			return nil
		}
		return s.object(c, depth)
	}
	return s.scalar(t, name)
}

// list has two elements; of a base carrier, two kinds.
func (s sampler) list(element apidef.Type, name string, depth int) any {
	if s.carriers[element] != nil && depth <= 1 {
		return []any{}
	}
	if kinds := s.Subtypes(string(element)); len(kinds) > 1 {
		return []any{s.object(kinds[0], depth-1), s.object(kinds[1], depth-1)}
	}
	return []any{s.value(element, name, depth-1), s.value(element, name, depth-1)}
}

func (s sampler) dictionary(value apidef.Type, name string, depth int) any {
	if s.carriers[value] != nil && depth <= 1 {
		return map[string]any{}
	}
	if value == "FieldProperty" {
		return map[string]any{"fieldName": s.value(value, name, depth-1)}
	}
	if value == "value" {
		return map[string]any{"SuperOffice:1": "[I:7]", "SuperOffice:2": "text"}
	}
	return map[string]any{"key": s.value(value, name, depth-1), "other": s.value(value, name, depth-1)}
}

func (s sampler) object(c *apidef.Carrier, depth int) map[string]any {
	object := make(map[string]any)
	for _, m := range s.members(c) {
		object[m.Name] = s.value(m.Type, m.Name, depth-1)
	}
	if c.Of != "" {
		object[s.carriers[apidef.Type(c.Of)].By] = c.When
	}
	return object
}

// enumSample is the first member that is not the enum's zero; of flags, two.
func enumSample(e *apidef.Enum) string {
	var names []string
	for _, m := range e.Members {
		if m.Value != 0 {
			names = append(names, m.Name)
		}
	}
	switch {
	case len(names) == 0:
		return e.Members[0].Name
	case e.Flags && len(names) > 1:
		return names[0] + ", " + names[1]
	}
	return names[0]
}

// scalar is a sample of a type without a definition. Numbers differ by name,
// so that a mix-up of members shows.
func (s sampler) scalar(t apidef.Type, name string) any {
	switch t {
	case "int", "long":
		return json.Number(fmt.Sprint(number(name)))
	case "double":
		return json.Number(fmt.Sprintf("%d.5", number(name)))
	case "bool":
		return number(name)%2 == 0
	case "time":
		if s.zoned {
			return fmt.Sprintf("2026-05-%02dT12:30:00Z", number(name)%28+1)
		}
		return fmt.Sprintf("2026-05-%02dT12:30:00", number(name)%28+1)
	case "date":
		return "1970-05-04T00:00:00"
	case "span":
		return fmt.Sprintf("00:%02d:00", number(name)%60)
	case "bytes", "stream":
		return base64.StdEncoding.EncodeToString(fileSample(name))
	case "value":
		return "[I:7]"
	}
	return strings.ToLower(name) + " text"
}

// number is a small number that depends on a name.
func number(name string) (n int) {
	for i := range len(name) {
		n = n*31 + int(name[i])
		n %= 997
	}
	return n + 1
}

func fileSample(name string) []byte { return []byte("the content of " + name) }

// result returns the sample of a call's result.
func (s sampler) result(c *apidef.Call) any {
	if c.Result == "stream" {
		return file(fileSample(c.Name))
	}
	return s.value(c.Result, c.Name, sampleDepth)
}

// file is the content of a call's result that is a file.
type file []byte
