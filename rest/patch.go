package rest

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/operation"
	"github.com/superoffice-go/superoffice/internal/wire"
)

// Patch is a list of changes to an entity, which the Patch method of the entity
// sends. [Diff] makes one of two carriers, and [ParsePatch] of JSON. The zero
// Patch changes nothing.
//
// Printing one shows which members it changes, and no values.
type Patch struct {
	steps []step
	merge []byte // a merge patch, in place of steps
	of    any    // what the values are from
	err   error
}

// step is one operation of a JSON Patch.
type step struct {
	op    string // add, replace, remove or test
	path  string // a JSON Pointer
	value []byte // JSON; nil if op is remove
	// identity is the path of the ID of the list's element that the step is in,
	// if there is one.
	identity string
}

// Empty reports whether there are no changes.
func (p Patch) Empty() bool { return len(p.steps) == 0 && p.merge == nil && p.err == nil }

// MarshalJSON writes the patch as RFC 6902 has it, or a merge patch as an object.
func (p Patch) MarshalJSON() ([]byte, error) {
	if p.merge != nil || p.err != nil {
		return p.merge, p.err
	}
	b := []byte{'['}
	for i, s := range p.steps {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"op":"`+s.op+`","path":`...)
		path, err := jsontext.AppendQuote(nil, s.path)
		if err != nil {
			return nil, err
		}
		b = append(b, path...)
		if s.value != nil {
			b = append(append(b, `,"value":`...), s.value...)
		}
		b = append(b, '}')
	}
	return append(b, ']'), nil
}

// UnmarshalJSON reads what [ParsePatch] reads.
func (p *Patch) UnmarshalJSON(text []byte) (err error) {
	*p, err = ParsePatch(text)
	return err
}

// String tells the changes without their values: "replace /Name, add /Phones".
func (p Patch) String() string {
	if p.merge != nil {
		return "a merge patch"
	}
	texts := make([]string, len(p.steps))
	for i, s := range p.steps {
		texts[i] = s.op + " " + s.path
	}
	return strings.Join(texts, ", ")
}

// GoString is String.
func (p Patch) GoString() string { return "rest.Patch{" + p.String() + "}" }

// body is the patch as the body of a request.
func (p Patch) body() operation.JSON {
	text, _ := p.MarshalJSON() // its steps are JSON
	return operation.JSON{Text: text, Of: p.of}
}

// Guarded returns the patch with a test of each value that it replaces or
// removes, which is that of before, the carrier that Diff got. If somebody has
// changed one of them in between, the server changes nothing, and the call ends
// with [superoffice.ErrConflict]. What is added needs no test. A merge patch
// cannot be guarded: sending it is an [superoffice.ErrInvalidArgument] then.
func (p Patch) Guarded(before any) Patch {
	if p.merge != nil {
		p.err = fmt.Errorf("%w: a merge patch has no tests; use Diff", superoffice.ErrInvalidArgument)
	}
	if len(p.steps) == 0 || p.err != nil {
		return p
	}
	root, err := treeOf(before)
	if err != nil {
		p.err = err
		return p
	}
	var tests []step
	test := func(path string) {
		value := root.at(path)
		known := slices.ContainsFunc(tests, func(s step) bool { return s.path == path })
		if path != "" && value != nil && !known {
			tests = append(tests, step{op: "test", path: path, value: value.raw})
		}
	}
	for _, s := range p.steps {
		test(s.identity)
		if s.op == "replace" || s.op == "remove" {
			test(s.path)
		}
	}
	p.steps = slices.Concat(tests, p.steps)
	return p
}

// ParsePatch reads a patch that was written by hand: an array of the steps add,
// replace, remove and test of RFC 6902, which are all that the server knows, or an
// object, which is a merge patch (RFC 7396). Anything else is an
// [superoffice.ErrInvalidArgument].
//
// A merge patch has traps on this server: an object that is given where the
// entity has a list is appended to the list, a list replaces the list, a member
// that is null now is not set, and what null means is not known. [Diff] makes
// steps, which have none of them.
func ParsePatch(text []byte) (Patch, error) {
	root, err := parseTree(text)
	switch {
	case err != nil:
		return Patch{}, fmt.Errorf("%w: the patch is no JSON: %w", superoffice.ErrInvalidArgument, err)
	case root.kind == '{':
		return Patch{merge: root.raw}, nil
	case root.kind != '[':
		return Patch{}, fmt.Errorf("%w: the patch is neither a list of steps nor an object", superoffice.ErrInvalidArgument)
	}
	var p Patch
	for i := range root.nodes {
		s, err := readStep(&root.nodes[i])
		if err != nil {
			return Patch{}, fmt.Errorf("%w: step %d of the patch %w", superoffice.ErrInvalidArgument, i+1, err)
		}
		p.steps = append(p.steps, s)
	}
	return p, nil
}

func readStep(n *node) (s step, err error) {
	for i, name := range n.names {
		switch value := &n.nodes[i]; name {
		case "op":
			s.op = value.text()
		case "path":
			s.path = "/" + strings.TrimPrefix(value.text(), "/")
		case "value":
			s.value = value.raw
		}
	}
	switch known := slices.Contains([]string{"add", "replace", "remove", "test"}, s.op); {
	case n.kind != '{' || !known:
		return s, fmt.Errorf("has no op that the server knows; it knows add, replace, remove and test")
	case s.path == "" || s.path == "/":
		return s, fmt.Errorf("has no path")
	case (s.op == "remove") != (s.value == nil):
		return s, fmt.Errorf("has a value where none is due, or none")
	}
	return s, nil
}

// node is a JSON value.
type node struct {
	kind  jsontext.Kind
	raw   []byte
	names []string // of the members of an object
	nodes []node   // its members, or the elements of a list
}

// treeOf reads what a carrier is on the wire.
func treeOf(carrier any) (node, error) {
	text, err := wire.Own.Marshal(carrier)
	if err != nil {
		return node{}, fmt.Errorf("%w: the carrier cannot be encoded: %w", superoffice.ErrInvalidArgument, err)
	}
	return parseTree(text)
}

func parseTree(text []byte) (node, error) {
	raw := jsontext.Value(bytes.Clone(text))
	if err := raw.Compact(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return node{}, err
	}
	p := treeParser{jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)), raw}
	return p.parse()
}

type treeParser struct {
	*jsontext.Decoder
	raw []byte
}

// parse reads the next value.
func (p treeParser) parse() (n node, err error) {
	n.kind = p.PeekKind()
	start := int(p.InputOffset())
	if start > 0 && start < len(p.raw) && (p.raw[start] == ',' || p.raw[start] == ':') {
		start++
	}
	switch n.kind {
	case '{', '[':
		if _, err := p.ReadToken(); err != nil {
			return n, err
		}
		for p.PeekKind() != '}' && p.PeekKind() != ']' {
			if n.kind == '{' {
				name, err := p.ReadToken()
				if err != nil {
					return n, err
				}
				n.names = append(n.names, name.String())
			}
			inner, err := p.parse()
			if err != nil {
				return n, err
			}
			n.nodes = append(n.nodes, inner)
		}
		_, err = p.ReadToken()
	default:
		_, err = p.ReadValue()
	}
	n.raw = p.raw[start:p.InputOffset()]
	return n, err
}

// text is what a string says.
func (n *node) text() string {
	text, err := jsontext.AppendUnquote(nil, n.raw)
	if n.kind != '"' || err != nil {
		return ""
	}
	return string(text)
}

// member is the last member of a name, or nil.
func (n *node) member(name string) *node {
	for i := len(n.names) - 1; i >= 0; i-- {
		if n.names[i] == name {
			return &n.nodes[i]
		}
	}
	return nil
}

// at is the value at a JSON Pointer, or nil.
func (n *node) at(path string) *node {
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch n.kind {
		case '{':
			if n = n.member(part); n == nil {
				return nil
			}
		case '[':
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(n.nodes) {
				return nil
			}
			n = &n.nodes[i]
		default:
			return nil
		}
	}
	return n
}
