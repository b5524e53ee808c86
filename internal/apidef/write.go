package apidef

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Write writes the definition to a folder, one file for each agent and for
// each name in a File, and removes *.api files that are no longer of it. What
// is written reads back the same, and what Read read is written the same.
func (d *Definition) Write(folder string) error {
	d.Sort()
	files := d.files()
	old, err := filepath.Glob(filepath.Join(folder, "*.api"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if _, ok := files[filepath.Base(path)]; !ok {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// FileOf is the name of the definition file of an agent or entity, without ".api".
func FileOf(agent string) string { return strings.ToLower(agent) }

func (d *Definition) files() map[string][]byte {
	texts := make(map[string]*bytes.Buffer)
	file := func(name string) *bytes.Buffer {
		if texts[name] == nil {
			texts[name] = new(bytes.Buffer)
		}
		return texts[name]
	}
	for _, a := range d.Agents {
		a.write(file(FileOf(a.Name)))
	}
	for _, e := range d.Entities {
		e.write(file(FileOf(e.Name)))
	}
	for _, c := range d.Carriers {
		c.write(file(c.File))
	}
	for _, e := range d.Enums {
		e.write(file(e.File))
	}
	files := make(map[string][]byte, len(texts))
	for name, text := range texts {
		files[name+".api"] = append(bytes.TrimSpace(text.Bytes()), '\n')
	}
	return files
}

func writeDoc(b *bytes.Buffer, doc string) {
	if doc == "" {
		return
	}
	for line := range strings.SplitSeq(doc, "\n") {
		b.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
}

func (a *Agent) write(b *bytes.Buffer) {
	writeDoc(b, a.Doc)
	fmt.Fprintf(b, "agent %s%s\n", a.Name, valued("online", a.Online))
	for _, c := range a.Calls {
		b.WriteString("\n")
		c.write(b)
	}
}

func (e *Entity) write(b *bytes.Buffer) {
	b.WriteString("\n")
	writeDoc(b, e.Doc)
	fmt.Fprintf(b, "entity %s\n", e.Name)
	for _, c := range e.Calls {
		b.WriteString("\n")
		c.write(b)
	}
	for i, l := range e.Lists {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(b, "list %s of %s%s%s%s%s%s\n", l.Name, l.Of, marked("default", l.Default), marked("visible", l.Visible),
			marked("plain", l.Plain), marked("whole", l.Whole), marked("shown", l.Shown))
	}
}

func (c *Call) write(b *bytes.Buffer) {
	writeDoc(b, c.Doc)
	class := "read"
	if c.Write {
		class = "write"
	}
	if c.Method != "" {
		class = strings.ToLower(c.Method)
	}
	fmt.Fprintf(b, "%s %s", class, c.Name)
	if c.Shape != ShapeMembers {
		b.WriteString(" " + string(c.Shape))
	}
	if c.Route != "" {
		fmt.Fprintf(b, " %q ", c.Route)
	}
	params := make([]string, 0, len(c.Params))
	for _, p := range c.Params {
		params = append(params, p.Name+" "+string(p.Type)+valued("as", p.As)+marked("own", p.Own)+marked("required", p.Required)+marked("secret", p.Secret)+marked("query", p.Query)+marked("form", p.Form))
	}
	b.WriteString("(" + strings.Join(params, ", ") + ")")
	if c.Result != "" {
		b.WriteString(" " + string(c.Result))
	}
	if c.Method != "" && c.Method != "GET" && c.Method != "HEAD" && !c.Write {
		b.WriteString("  read")
	}
	if (c.Method == "GET" || c.Method == "HEAD") && c.Write {
		b.WriteString("  write")
	}
	if c.Again {
		b.WriteString("  again")
	}
	if c.Secret {
		b.WriteString("  secret")
	}
	if c.Whole {
		b.WriteString("  whole")
	}
	if c.Newer {
		b.WriteString("  newer")
	}
	if c.Modified {
		b.WriteString("  modified")
	}
	if c.Unmodified {
		b.WriteString("  unmodified")
	}
	if c.Slow > 0 {
		fmt.Fprintf(b, "  slow %d", c.Slow)
	}
	if c.Online != "" {
		b.WriteString("  online " + c.Online)
	}
	if c.Twin != "" {
		b.WriteString("  twin " + c.Twin)
	}
	b.WriteString("\n")
}

func (c *Carrier) write(b *bytes.Buffer) {
	b.WriteString("\n")
	writeDoc(b, c.Doc)
	fmt.Fprintf(b, "carrier %s%s%s%s%s%s%s {\n", c.Name, valued("as", c.As), valued("by", c.By), valued("any", c.Any),
		valued("of", c.Of), valued("when", c.When), marked("hand", c.Hand))
	rows := make([][3]string, 0, len(c.Members))
	for _, m := range c.Members {
		row := [3]string{m.Name, string(m.Type) + valued("as", m.As) + marked("own", m.Own) + marked("secret", m.Secret) + marked("newer", m.Newer) + marked("old", m.Old)}
		if m.Doc != "" {
			row[2] = "# " + m.Doc
		}
		rows = append(rows, row)
	}
	writeTable(b, rows)
	b.WriteString("}\n")
}

// writeTable writes indented rows, their columns aligned.
func writeTable(b *bytes.Buffer, rows [][3]string) {
	var widths [2]int
	for _, row := range rows {
		for i := range widths {
			widths[i] = max(widths[i], len(row[i]))
		}
	}
	for _, row := range rows {
		line := fmt.Sprintf("\t%-*s  %-*s  %s", widths[0], row[0], widths[1], row[1], row[2])
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func (e *Enum) write(b *bytes.Buffer) {
	b.WriteString("\n")
	writeDoc(b, e.Doc)
	fmt.Fprintf(b, "enum %s%s%s%s%s {\n", e.Name, valued("as", e.As), valued("prefix", e.Prefix), marked("flags", e.Flags), marked("hand", e.Hand))
	for _, m := range e.Members {
		fmt.Fprintf(b, "\t%s %d\n", m.Name, m.Value)
	}
	b.WriteString("}\n")
}

func valued(name, value string) string {
	if value == "" {
		return ""
	}
	return " " + name + " " + value
}

func marked(name string, on bool) string {
	if !on {
		return ""
	}
	return " " + name
}
