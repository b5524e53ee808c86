package superofficetest

import (
	"encoding/json"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// XML and forms have no types: a list is elements below one, a number is text,
// and what is empty may be a text, a list or an object. The definition tells
// which.

// typedBody gives the values in the body of a call their types.
func (d *definition) typedBody(c *apidef.Call, body any) any {
	if c.Shape == apidef.ShapeBody {
		return d.typed(c.Params[0].Type, body)
	}
	object, ok := body.(map[string]any)
	if !ok {
		return body
	}
	out := make(map[string]any, len(object))
	for name, value := range object {
		out[name] = value
		if p := param(c, name); p != nil {
			out[name] = d.typed(p.Type, value)
		}
	}
	return out
}

func (d *definition) typed(t apidef.Type, value any) any {
	if element, ok := t.List(); ok {
		return d.typedList(element, value)
	}
	_, isDictionary := t.Dictionary()
	if c := d.carriers[t]; c != nil || isDictionary {
		return d.typedObject(t, value)
	}
	text, ok := value.(string)
	if !ok {
		return value
	}
	switch form := scalarForms[t]; t {
	case "int", "long", "double":
		if text = strings.TrimSpace(text); form.fits(text) {
			return json.Number(text)
		}
	case "bool":
		if form.fits(text) {
			return strings.EqualFold(text, "true") || text == "1"
		}
	}
	return value
}

// typedList takes the elements out of the one kind of children that they are.
func (d *definition) typedList(element apidef.Type, value any) any {
	switch value := value.(type) {
	case string:
		if value == "" {
			return []any{}
		}
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = d.typed(element, value[i])
		}
		return list
	case map[string]any:
		for _, children := range value {
			if list, ok := children.([]any); ok && len(value) == 1 {
				return d.typedList(element, list)
			}
			if len(value) == 1 {
				return []any{d.typed(element, children)}
			}
		}
		if len(value) == 0 {
			return []any{}
		}
	}
	return value
}

func (d *definition) typedObject(t apidef.Type, value any) any {
	if value == "" {
		return map[string]any{}
	}
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	inner, _ := t.Dictionary()
	out := make(map[string]any, len(object))
	for name, one := range object {
		of := inner
		if c := d.carriers[t]; c != nil {
			_, of = d.memberName(c, name, object)
		}
		out[name] = d.typed(of, one)
	}
	return out
}
