package superofficetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// patched applies a JSON Patch, or a merge patch that is an object, to an entity,
// with the deviations of the vendor's server.
func (d *definition) patched(c *apidef.Carrier, entity map[string]any, patch any) (map[string]any, *failure) {
	p := patcher{api: d, carrier: c}
	switch patch := patch.(type) {
	case []any:
		for _, step := range patch {
			if failed := p.step(entity, step); failed != nil {
				return nil, failed
			}
		}
	case map[string]any:
		p.merge(entity, patch)
	default:
		return nil, argumentFailure("The patch is neither a list nor an object.")
	}
	named, _ := d.named(apidef.Type(c.Name), entity).(map[string]any)
	return named, nil
}

type patcher struct {
	api     *definition
	carrier *apidef.Carrier
}

// step applies one step. Paths are read in any case, and their first slash may be
// missing.
func (p patcher) step(entity map[string]any, step any) *failure {
	object, _ := step.(map[string]any)
	op, _ := member(object, "op")
	path, _ := member(object, "path")
	value, hasValue := member(object, "value")
	text, _ := path.(string)
	parts := strings.Split(strings.TrimPrefix(text, "/"), "/")
	for i := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[i])
	}
	name, _ := op.(string)
	switch name = strings.ToLower(name); {
	case name != "add" && name != "replace" && name != "remove" && name != "test":
		return argumentFailure(fmt.Sprintf("The operation %v is not supported.", op))
	case text == "" || text == "/":
		return argumentFailure("A step has no path.")
	case name != "remove" && !hasValue:
		return argumentFailure("The step for " + text + " has no value.")
	}
	if name == "test" {
		return test(entity, parts, text, value)
	}
	if _, ok := apply(entity, parts, name, value); !ok {
		return argumentFailure("There is nothing at the path " + text + ".")
	}
	return nil
}

// test compares a value, without which nothing is changed.
func test(entity map[string]any, parts []string, path string, want any) *failure {
	var at any = entity
	for _, part := range parts {
		switch now := at.(type) {
		case map[string]any:
			at, _ = member(now, part)
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(now) {
				return conflict(path)
			}
			at = now[i]
		default:
			return conflict(path)
		}
	}
	if !equalTrees(at, want) {
		return conflict(path)
	}
	return nil
}

func conflict(path string) *failure {
	return serviceFailure(http.StatusConflict, "SoConflictException", "The value at "+path+" is another one.")
}

func equalTrees(a, b any) bool {
	left, err := json.Marshal(a)
	right, otherErr := json.Marshal(b)
	var x, y any
	return err == nil && otherErr == nil && json.Unmarshal(left, &x) == nil && json.Unmarshal(right, &y) == nil && reflect.DeepEqual(x, y)
}

// apply returns a value with what is at a path below it changed. ok is false if
// there is nothing.
func apply(at any, parts []string, op string, value any) (changed any, ok bool) {
	part, rest := parts[0], parts[1:]
	switch now := at.(type) {
	case map[string]any:
		name := spelled(now, part)
		if len(rest) > 0 {
			inner, ok := apply(now[name], rest, op, value)
			if ok {
				now[name] = inner
			}
			return now, ok
		}
		if _, there := now[name]; !there && op != "add" {
			return at, false
		}
		if op == "remove" {
			delete(now, name)
		} else {
			now[name] = value
		}
		return now, true
	case []any:
		return applyToList(now, part, rest, op, value)
	}
	return at, false
}

func applyToList(now []any, part string, rest []string, op string, value any) (changed any, ok bool) {
	if part == "-" && op == "add" && len(rest) == 0 {
		return append(now, value), true
	}
	i, err := strconv.Atoi(part)
	switch {
	case err != nil || i < 0 || i > len(now) || i == len(now) && (op != "add" || len(rest) > 0):
		return now, false
	case len(rest) > 0:
		now[i], ok = apply(now[i], rest, op, value)
		return now, ok
	case op == "remove":
		return append(now[:i:i], now[i+1:]...), true
	case op == "add":
		return append(append(now[:i:i], value), now[i:]...), true
	}
	now[i] = value
	return now, true
}

// spelled is the name of a member as the object has it.
func spelled(object map[string]any, name string) string {
	if _, ok := object[name]; ok {
		return name
	}
	for key := range object {
		if strings.EqualFold(key, name) {
			return key
		}
	}
	return name
}

// merge applies a merge patch: an object that is given for a list is appended to
// it, and a member that is null stays null.
func (p patcher) merge(entity, patch map[string]any) {
	for name, value := range patch {
		at := spelled(entity, name)
		now := entity[at]
		object, isObject := value.(map[string]any)
		switch now := now.(type) {
		case nil:
			if _, there := entity[at]; !there {
				entity[at] = value
			}
		case []any:
			if isObject {
				entity[at] = append(now[:len(now):len(now)], value)
			} else {
				entity[at] = value
			}
		case map[string]any:
			if isObject {
				p.merge(now, object)
			} else {
				entity[at] = value
			}
		default:
			entity[at] = value
		}
	}
}
