package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// agentTable lists the agents with the number of their calls.
func (g *generator) agentTable() string {
	var b strings.Builder
	b.WriteString("| Agent | Calls | Reads | Writes | SuperOffice Online |\n|---|--:|--:|--:|---|\n")
	for _, a := range g.Agents {
		writes := 0
		for _, c := range a.Calls {
			if c.Write {
				writes++
			}
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %d | %d | %d | %s |\n",
			a.Name, strings.ToLower(a.Name), len(a.Calls), len(a.Calls)-writes, writes, onlineWords[a.Online])
	}
	fmt.Fprintf(&b, "| **%d agents** | **%d** | | | |\n", len(g.Agents), len(g.Calls()))
	return b.String()
}

var onlineWords = map[string]string{
	"request":      "on request at registration",
	"closed":       "not for partner applications",
	"experimental": "experimental",
}

// callPage lists every call with what it does and takes, and its class, which
// decides whether it may be sent again.
func (g *generator) callPage() string {
	var b strings.Builder
	b.WriteString("# Every call\n\n" +
		"Written by `go generate ./...` from [api/](../api). A read changes nothing and is sent again after a failure; a write is sent\n" +
		"again only if the server cannot have seen it. What is in doubt counts as a write. *$select* reports whether `Select` goes\n" +
		"with the call; *slow* is the vendor's mark, beyond which `WithLogger` warns.\n\n" + g.agentTable())
	for _, a := range g.Agents {
		fmt.Fprintf(&b, "\n## %s\n\n", a.Name)
		if a.Doc != "" {
			b.WriteString(strings.ToUpper(a.Doc[:1]) + a.Doc[1:] + "\n\n")
		}
		b.WriteString("| Call | Class | $select | Slow | What it does |\n|---|---|---|--:|---|\n")
		for _, c := range a.Calls {
			b.WriteString(g.callRow(c))
		}
	}
	return b.String()
}

func (g *generator) callRow(c *apidef.Call) string {
	class, selects, slow := "read", "yes", ""
	if c.Write {
		class = "**write**"
	}
	if c.Whole || g.Carrier(c.Result.Innermost()) == nil {
		selects = ""
	}
	if c.Slow > 0 {
		slow = fmt.Sprintf("%d ms", c.Slow)
	}
	params, _ := g.input(c, new(method))
	results, _ := g.output(c)
	anchor := strings.ToLower(c.Agent + "-" + goName(c.Name))
	doc, _ := splitDoc(c.Doc)
	doc = cmp.Or(strings.ReplaceAll(doc, "\n", " "), g.callWords(c))
	return fmt.Sprintf("| <a id=%q></a>`%s(%s) %s` | %s | %s | %s | %s |\n", anchor, goName(c.Name), strings.TrimSuffix(signature(params), ", "), results, class, selects, slow,
		strings.ReplaceAll(strings.ToUpper(doc[:1])+doc[1:], "|", "\\|"))
}
