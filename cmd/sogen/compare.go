package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// fact is something that a tenant has, by its path.
type fact struct{ name, kind string }

// facts are what a lock holds: the name that people see, and the type.
func (l *Lock) facts() map[string]fact {
	all := make(map[string]fact)
	for _, f := range l.Fields {
		all["fields/"+f.Entity+"/"+f.Key] = fact{f.Label, describe(f.Type, f.Length, f.List, false)}
	}
	for _, list := range l.Lists {
		all["lists/"+list.Name] = fact{}
		for _, item := range list.Items {
			all["lists/"+list.Name+"/"+strconv.Itoa(item.ID)] = fact{item.Name, ""}
		}
	}
	columns := func(path string, columns []Column) {
		all[path] = fact{}
		for _, c := range columns {
			all[path+"/"+c.Name] = fact{"", describe(c.Type, c.Length, 0, c.NotNull)}
		}
	}
	for _, t := range l.Tables {
		columns("tables/"+t.Name, t.Columns)
	}
	for _, a := range l.Archives {
		columns("archives/"+a.Name, a.Columns)
	}
	return all
}

// describe writes a type as a person reads it.
func describe(kind string, length, list int, notNull bool) string {
	if length > 0 {
		kind += "(" + strconv.Itoa(length) + ")"
	}
	if list > 0 {
		kind += " " + strconv.Itoa(list)
	}
	if notNull {
		kind += ", not null"
	}
	return kind
}

// compare lists what has changed in a tenant, a line each, in a stable order.
func compare(before, now *Lock) (changes []string) {
	old, current := before.facts(), now.facts()
	for _, path := range slices.Sorted(maps.Keys(old)) {
		was := old[path]
		is, there := current[path]
		switch {
		case !there && isBelowAnother(path, old, current): // which is told as a whole
		case !there:
			changes = append(changes, "removed: "+path+was.suffix())
		default:
			if was.name != is.name {
				changes = append(changes, fmt.Sprintf("renamed: %s: %q is now %q", path, was.name, is.name))
			}
			if was.kind != is.kind {
				changes = append(changes, fmt.Sprintf("retyped: %s: %s is now %s", path, was.kind, is.kind))
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(current)) {
		if _, there := old[path]; !there && !isBelowAnother(path, current, old) {
			changes = append(changes, "new: "+path+current[path].suffix())
		}
	}
	return changes
}

func (f fact) suffix() string {
	switch {
	case f.name != "" && f.kind != "":
		return fmt.Sprintf(" (%q, %s)", f.name, f.kind)
	case f.name != "":
		return fmt.Sprintf(" (%q)", f.name)
	case f.kind != "":
		return " (" + f.kind + ")"
	}
	return ""
}

// isBelowAnother reports whether what a path is below is missing in other, too.
func isBelowAnother(path string, in, other map[string]fact) bool {
	for i, c := range path {
		if c != '/' || !strings.Contains(path[:i], "/") {
			continue
		}
		_, isOne := in[path[:i]]
		if _, there := other[path[:i]]; isOne && !there {
			return true
		}
	}
	return false
}
