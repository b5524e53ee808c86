package superofficetest

import (
	"net/url"
	"strings"
)

// selection is a tree of the selected names in lower case. A name with a nil
// selection below it is selected as a whole.
type selection map[string]selection

// parseSelect reads $select, a comma list of names with / between a member
// and the members below it. It returns nil if everything is selected.
func parseSelect(query url.Values) selection {
	sel := selection{}
	for key, values := range query {
		if !strings.EqualFold(key, "$select") {
			continue
		}
		for path := range strings.SplitSeq(strings.Join(values, ","), ",") {
			sel.add(strings.Trim(strings.TrimSpace(path), "/"))
		}
	}
	if len(sel) == 0 {
		return nil
	}
	return sel
}

// add selects path. Whoever selects a member and also something below it gets
// the whole member.
func (sel selection) add(path string) {
	if path == "" {
		return
	}
	name, below, nested := strings.Cut(strings.ToLower(path), "/")
	inner, known := sel[name]
	switch {
	case !nested:
		sel[name] = nil
	case !known:
		sel[name] = selection{}
		sel[name].add(below)
	case inner != nil:
		inner.add(below)
	}
}

// apply returns value with null for every member that is not selected. The
// members themselves stay.
func (sel selection) apply(value any) any {
	switch value := value.(type) {
	case map[string]any:
		return sel.applyObject(value)
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = sel.apply(item)
		}
		return list
	}
	return value
}

func (sel selection) applyObject(object map[string]any) map[string]any {
	out := make(map[string]any, len(object))
	for key, value := range object {
		inner, selected := sel[strings.ToLower(key)]
		switch {
		case !selected:
			out[key] = nil
		case inner == nil:
			out[key] = value
		default:
			out[key] = inner.apply(value)
		}
	}
	return out
}
