package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// The table of agents stands in the README between these lines.
const (
	tableBegins = "<!-- agents: written by go generate -->\n"
	tableEnds   = "<!-- /agents -->\n"
)

// docs writes what the documentation tells of the calls: the README's table of
// agents, and a page with every call.
func (g *generator) docs(root string) error {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(readme, []byte(tableBegins))
	_, after, closed := bytes.Cut(rest, []byte(tableEnds))
	if !ok || !closed {
		return fmt.Errorf("README.md lacks the lines %q and %q", tableBegins, tableEnds)
	}
	g.files["README.md"] = []byte(string(before) + tableBegins + g.agentTable() + tableEnds + string(after))
	g.files["docs/calls.md"] = []byte(g.callPage())
	return nil
}

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
		fmt.Fprintf(&b, "| [%s](docs/calls.md#%s) | %d | %d | %d | %s |\n",
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

// callPage lists every call with its class, which decides whether it may be
// sent again.
func (g *generator) callPage() string {
	var b strings.Builder
	b.WriteString("# Every call\n\n" +
		"Written by `go generate ./...` from [api/](../api). A read changes nothing and is sent again after a failure; a write is sent\n" +
		"again only where the server cannot have seen it. What is in doubt counts as a write. *$select* says whether `Select` goes\n" +
		"with the call; *slow* is the vendor's mark, beyond which `WithLogger` warns.\n")
	for _, a := range g.Agents {
		fmt.Fprintf(&b, "\n## %s\n\n", a.Name)
		if a.Doc != "" {
			b.WriteString(strings.ToUpper(a.Doc[:1]) + a.Doc[1:] + "\n\n")
		}
		b.WriteString("| Call | Class | Returns | $select | Slow |\n|---|---|---|---|--:|\n")
		for _, c := range a.Calls {
			b.WriteString(g.callRow(c))
		}
	}
	return b.String()
}

func (g *generator) callRow(c *apidef.Call) string {
	class, selects, slow, result := "read", "yes", "", "–"
	if c.Write {
		class = "**write**"
	}
	if c.Whole || g.Carrier(c.Result.Innermost()) == nil {
		selects = ""
	}
	if c.Slow > 0 {
		slow = fmt.Sprintf("%d ms", c.Slow)
	}
	if c.Result != "" {
		results, _ := g.output(c)
		result = "`" + strings.TrimSuffix(strings.TrimPrefix(results, "("), ", error)") + "`"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", goName(c.Name), class, result, selects, slow)
}
