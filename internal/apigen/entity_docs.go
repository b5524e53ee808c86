package main

import (
	"fmt"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// entityPage lists every call of the entities, as callPage does for the agents.
func (g *generator) entityPage() string {
	var b strings.Builder
	b.WriteString("# Every entity\n\n" +
		"Written by `go generate ./...` from [api/](../api). A read is sent again after a failure, an idempotent write too, since a second time\n" +
		"changes nothing more; a write is sent again only if the server cannot have seen it. [rest.md](rest.md) says when to take these, and when\n" +
		"the agents. Rows are read with [package archive](archives.md).\n\n| Entity | Calls | Reads | Writes | Idempotent | Lists of rows |\n|---|--:|--:|--:|--:|---|\n")
	total := 0
	for _, e := range g.Entities {
		var classes [3]int
		var rows []string
		calls := e.Calls
		for _, l := range e.Lists {
			calls = append(calls[:len(calls):len(calls)], l.Calls()...)
		}
		for _, c := range calls {
			classes[classOf(c)]++
			if c.Result == "rows" && c.Entity != "Archive" {
				rows = append(rows, "`"+strings.TrimPrefix(c.Route, "v1/")+"`")
			}
		}
		total += len(calls)
		fmt.Fprintf(&b, "| [%s](#%s) | %d | %d | %d | %d | %s |\n", e.Name, strings.ToLower(e.Name), len(calls), classes[0], classes[1], classes[2], strings.Join(rows, " "))
	}
	fmt.Fprintf(&b, "| **%d entities** | **%d** | | | | |\n", len(g.Entities), total)
	for _, e := range g.Entities {
		fmt.Fprintf(&b, "\n## %s\n\n| Call | Class | Options | HTTP | Agent |\n|---|---|---|---|---|\n", e.Name)
		for _, c := range e.Calls {
			if c.Result != "rows" {
				b.WriteString(g.entityRow(c))
			}
		}
		if len(e.Lists) > 0 {
			b.WriteString(g.listRows(e))
		}
	}
	return b.String()
}

// classOf is 0 for a read, 1 for a write and 2 for an idempotent write.
func classOf(c *apidef.Call) int {
	switch {
	case !c.Write:
		return 0
	case c.Again:
		return 2
	}
	return 1
}

func (g *generator) entityRow(c *apidef.Call) string {
	params, _ := g.entityInput(c)
	results, _ := g.entityOutput(c)
	signature := strings.TrimPrefix(g.entityMethodName(c), "rest.") + "(" + strings.TrimSuffix(signature(params), ", ") + ") " + results
	var options []string
	for _, o := range optionsOf(c) {
		options = append(options, "`"+optionName(o)+"`")
	}
	if !c.Whole {
		options = append(options, "`Select`")
	}
	if c.Modified {
		options = append(options, "`IfModifiedSince`")
	}
	if c.Unmodified {
		options = append(options, "`IfUnmodifiedSince`")
	}
	class := []string{"read", "**write**", "idempotent"}[classOf(c)]
	return fmt.Sprintf("| `%s` | %s | %s | %s `%s` | %s |\n", strings.ReplaceAll(signature, "superoffice.", ""), class, strings.Join(options, " "), c.Method, c.Route, c.Twin)
}

// listRows are the calls that all lists have, and which lists there are.
func (g *generator) listRows(e *apidef.Entity) string {
	var b strings.Builder
	full := &apidef.List{Name: "{list}", Of: "ListItemEntity", Default: true, Visible: true, Plain: true, Whole: true, Shown: true}
	for _, c := range full.Calls() {
		b.WriteString(g.entityRow(c))
	}
	b.WriteString("\nLists with an address of their own, the carriers of their items, and what they lack:\n\n| Field of Lists | Items | Lacks |\n|---|---|---|\n")
	for _, t := range g.typedLists(e) {
		lacks := strings.NewReplacer("lackDefault", "`Default`", "lackGroups", "groups and headings of items", "lackMDO", "`MDOItems`",
			"lackWhole", "`ReplaceAll`, `DeleteAll`", "lackShown", "`WithIncludeDeleted`", " | ", ", ").Replace(t.Lacks)
		fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", t.Field, strings.TrimPrefix(t.Of, "superoffice."), lacks)
	}
	return b.String()
}
