// Package filter reads the filters of archives and tells which rows they
// select, as the server does as far as that is documented. It is for the test
// server: the package archive writes filters, and does not read them.
package filter

import (
	"errors"
	"fmt"
	"strings"
)

// Filter is a filter that was read.
type Filter struct {
	root *node
}

// node is an and, an or, or a comparison.
type node struct {
	word string  // "and", "or", or empty
	all  []*node // of and and or

	column   string
	operator string
	values   []Value
}

// Value is a value in a filter.
type Value struct {
	Text   string
	Quoted bool
}

// deepest bounds how deep parentheses nest.
const deepest = 200

// Parse reads a filter. An empty one selects every row.
func Parse(text string) (*Filter, error) {
	p := &parser{text: text}
	p.next()
	if p.token == "" && !p.quoted && p.err == nil {
		return &Filter{}, nil
	}
	root := p.or(0)
	if p.err == nil && (p.token != "" || p.quoted) {
		p.fail("%q is not expected", p.token)
	}
	if p.err != nil {
		return nil, p.err
	}
	return &Filter{root}, nil
}

// parser reads a text token by token.
type parser struct {
	text   string
	pos    int
	token  string // empty at the end
	quoted bool   // token is a quoted value
	err    error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("the filter is not understood at character %d: "+format, append([]any{p.pos}, args...)...)
	}
}

// next reads the next token.
func (p *parser) next() {
	p.token, p.quoted = "", false
	for p.pos < len(p.text) && isBlank(p.text[p.pos]) {
		p.pos++
	}
	if p.pos >= len(p.text) || p.err != nil {
		return
	}
	switch c := p.text[p.pos]; {
	case c == '\'':
		p.token, p.quoted = p.literal(), true
	case c == '(' || c == ')' || c == ',':
		p.pos++
		p.token = string(c)
	case strings.IndexByte("=<>!", c) >= 0:
		start := p.pos
		for p.pos < len(p.text) && strings.IndexByte("=<>!", p.text[p.pos]) >= 0 {
			p.pos++
		}
		p.token = p.text[start:p.pos]
	default:
		p.token = p.word()
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// literal reads a value in quotes. A backslash stands before a quote or a
// backslash that belongs to it.
func (p *parser) literal() string {
	var b strings.Builder
	for i := p.pos + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '\\' && i+1 < len(p.text):
			i++
			b.WriteByte(p.text[i])
		case c == '\'':
			p.pos = i + 1
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	p.fail("a quote is missing")
	return ""
}

// word reads the name of a column or of an operator, or a value without quotes.
// The columns of the provider dynamic have parentheses behind a dot.
func (p *parser) word() string {
	start, inside := p.pos, false
	for ; p.pos < len(p.text); p.pos++ {
		c := p.text[p.pos]
		switch {
		case c == '(' && p.pos > start && p.text[p.pos-1] == '.':
			inside = true
			continue
		case c == ')' && inside:
			inside = false
			continue
		case inside && !isBlank(c) && c != '\'':
			continue
		}
		if isBlank(c) || strings.IndexByte("(),'=<!", c) >= 0 || c == '>' {
			break
		}
	}
	if p.pos == start {
		p.fail("%q is not expected", p.text[p.pos])
	}
	return p.text[start:p.pos]
}

func (p *parser) is(word string) bool { return !p.quoted && strings.EqualFold(p.token, word) }

func (p *parser) or(depth int) *node {
	return p.joined("or", func() *node {
		return p.joined("and", func() *node { return p.primary(depth) })
	})
}

// joined reads what stands between words such as and.
func (p *parser) joined(word string, one func() *node) *node {
	n := one()
	if !p.is(word) {
		return n
	}
	all := &node{word: word, all: []*node{n}}
	for p.is(word) && p.err == nil {
		p.next()
		all.all = append(all.all, one())
	}
	return all
}

func (p *parser) primary(depth int) *node {
	switch {
	case p.err != nil:
		return nil
	case depth > deepest:
		p.fail("parentheses nest too deep")
		return nil
	case p.is("("):
		p.next()
		n := p.or(depth + 1)
		p.expect(")")
		return n
	case p.token == "" || p.quoted || p.is(")") || p.is(","):
		p.fail("a column is missing")
		return nil
	}
	n := &node{column: p.token}
	p.next()
	if p.is("(") && isFunction(n.column) {
		return p.function(n)
	}
	n.operator = p.token
	if p.quoted || n.operator == "" || p.is("(") || p.is(")") || p.is(",") {
		p.fail("an operator is missing behind %s", n.column)
		return nil
	}
	p.next()
	p.values(n)
	return n
}

// values reads what stands behind an operator: nothing, a value, or a list.
func (p *parser) values(n *node) {
	switch {
	case p.is("("):
		p.next()
		for !p.is(")") && p.err == nil {
			n.values = append(n.values, p.value())
			if p.is(",") {
				p.next()
			} else if !p.is(")") {
				p.fail("a parenthesis is missing")
			}
		}
		p.expect(")")
	case p.quoted, p.token != "" && !p.is("and") && !p.is("or") && !p.is(")") && !p.is(","):
		n.values = append(n.values, p.value())
	}
}

func (p *parser) value() Value {
	v := Value{p.token, p.quoted}
	if !p.quoted && (p.token == "" || p.is("(") || p.is(")") || p.is(",")) {
		p.fail("a value is missing")
	}
	p.next()
	return v
}

func (p *parser) expect(token string) {
	if !p.is(token) {
		p.fail("%s is missing", token)
	}
	p.next()
}

// functions are the ways to write an operator as a function of the column.
var functions = map[string]string{"contains": "contains", "substringof": "contains", "startswith": "begins", "endswith": "ends"}

func isFunction(name string) bool { return functions[strings.ToLower(name)] != "" }

// function reads contains(column,'text'), while substringof has the text first.
func (p *parser) function(n *node) *node {
	name := strings.ToLower(n.column)
	p.next()
	first := p.value()
	p.expect(",")
	second := p.value()
	p.expect(")")
	if name == "substringof" {
		first, second = second, first
	}
	return &node{column: first.Text, operator: functions[name], values: []Value{second}}
}

// ErrRefused is a filter that the server would refuse: an unknown column, or an
// operator that a column of the kind does not have.
var ErrRefused = errors.New("the filter is refused")
