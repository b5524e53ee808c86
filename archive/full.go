package archive

// Cell is the type of a field that takes all that an archive tells of a cell.
// A struct with one has the server answer in full mode, which costs some five
// times the bytes.
type Cell[T any] struct {
	// Value is the value itself, such as the id of a list's item, while a plain
	// field of a slim row gets the item's name.
	Value T
	// Text is the value as it is shown.
	Text string
	// Hint is the text of a tooltip.
	Hint string
	// Link is a hint about what the cell leads to.
	Link string
}

// parts leads to the members of a Cell of any type.
func (c *Cell[T]) parts() (value any, text, hint, link *string) {
	return &c.Value, &c.Text, &c.Hint, &c.Link
}

// anyCell is a *Cell of any type. What reads full mode is had from it, so that
// programs without a Cell do without that.
type anyCell interface {
	parts() (value any, text, hint, link *string)
	scanner() func(r *reader, b []byte, i, at int) (end int)
}

func (*Cell[T]) scanner() func(r *reader, b []byte, i, at int) (end int) { return (*reader).scanFull }

// scanFull reads a cell of full mode into its field.
func (r *reader) scanFull(b []byte, i, at int) (end int) {
	full, end := scanFullCell(b, i)
	if end > 0 {
		r.takeFull(&full, at)
	}
	return end
}

// takeFull writes a cell of full mode into its field.
func (r *reader) takeFull(full *fullCell, at int) {
	f := &r.plan.fields[r.layout.slots[at].field]
	if !f.cell {
		r.take(full.shown(f.isText), at)
		return
	}
	r.seen[r.layout.slots[at].field] = true
	into := r.field(f)
	_, text, hint, link := into.Addr().Interface().(anyCell).parts()
	*text, *hint, *link = full.display.string(), full.hint.string(), full.link.string()
	r.convert(f, full.raw, into.Field(0), false)
}

// fullCell is a cell as full mode tells it.
type fullCell struct {
	raw, display, link, hint value
}

// scanFullCell reads the object of a cell.
func scanFullCell(b []byte, i int) (c fullCell, end int) {
	switch {
	case i >= len(b):
		return c, incomplete
	case b[i] != '{': // null; what is nothing of a cell does not fit any field
		c.raw, end = scanCell(b, i, nil)
		return c, end
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		c.raw.kind = 'n'
		return c, i + 1
	}
	c.raw.kind = 'n'
	for more := true; more && i >= 0; {
		var name text
		if name, i = scanName(b, i); i < 0 {
			return c, i
		}
		var v value
		if v, i = scanCell(b, i, nil); i < 0 {
			return c, i
		}
		switch string(name.raw) {
		case "RawValue":
			c.raw = v
		case "DisplayValue":
			c.display = v
		case "LinkHint":
			c.link = v
		case "TooltipHint":
			c.hint = v
		}
		i, more = scanNext(b, i, '}')
	}
	return c, i
}

// shown is the value that a field of a slim row would get: the text of a number
// that stands for something, and otherwise the value.
func (c *fullCell) shown(isText bool) value {
	if isText && c.raw.kind != '"' && c.display.kind == '"' {
		return c.display
	}
	return c.raw
}
