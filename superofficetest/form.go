package superofficetest

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// decodeForm reads a form into a tree whose scalars are strings. Nested
// members are written a[b]=c or a.b=c; what is between brackets may hold
// dots. The vendor documents forms but not nesting in them.
func decodeForm(body []byte) (any, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	object := map[string]any{}
	for name, texts := range values {
		path, err := formPath(name)
		if err != nil {
			return nil, fmt.Errorf("the form's name %q is not understood: %w", name, err)
		}
		if err := setPath(object, path, formValue(texts)); err != nil {
			return nil, fmt.Errorf("the form's name %q: %w", name, err)
		}
	}
	return object, nil
}

// formValue is a text, or a list if the name was given more than once.
func formValue(texts []string) any {
	if len(texts) == 1 {
		return texts[0]
	}
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// formPath splits a name into the names of the members on the way.
func formPath(name string) ([]string, error) {
	end := indexAny(name, ".[")
	path, rest := []string{name[:end]}, name[end:]
	for rest != "" {
		var element string
		switch rest[0] {
		case '[':
			var closed bool
			if element, rest, closed = strings.Cut(rest[1:], "]"); !closed {
				return nil, errors.New("a bracket is not closed")
			}
		case '.':
			end := indexAny(rest[1:], ".[") + 1
			element, rest = rest[1:end], rest[end:]
		default:
			return nil, errors.New("a closing bracket is followed by neither bracket nor dot")
		}
		path = append(path, element)
	}
	switch {
	case strings.Contains(strings.Join(path, ""), "]"):
		return nil, errors.New("a bracket is closed that was not opened")
	case slices.Contains(path, ""):
		return nil, errors.New("a member's name is empty")
	case len(path) > maxDepth:
		return nil, fmt.Errorf("members are nested deeper than %d", maxDepth)
	}
	return path, nil
}

// indexAny is strings.IndexAny, with the length if nothing is found.
func indexAny(text, chars string) int {
	if i := strings.IndexAny(text, chars); i >= 0 {
		return i
	}
	return len(text)
}

// setPath puts value where path leads, making the objects on the way.
func setPath(object map[string]any, path []string, value any) error {
	for ; len(path) > 1; path = path[1:] {
		next, found := object[path[0]]
		if !found {
			next = map[string]any{}
			object[path[0]] = next
		}
		inner, isObject := next.(map[string]any)
		if !isObject {
			return fmt.Errorf("%q has both a value and members", path[0])
		}
		object = inner
	}
	if _, found := object[path[0]]; found {
		return fmt.Errorf("%q is given in two ways", path[0])
	}
	object[path[0]] = value
	return nil
}
