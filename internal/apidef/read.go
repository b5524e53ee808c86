package apidef

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Read reads all *.api files of a folder.
//
// A file holds one definition after another. A line of comment before one is
// its documentation, which begins with the verb after the name in Go; "- Name:"
// begins that of a parameter. A comment behind a member is the member's.
//
//	# companies and their people.
//	agent Contact
//
//	# returns one company.
//	read GetContactEntity query(contactEntityId int) ContactEntity  slow 2000
//	write SaveContactEntity body(entity ContactEntity) ContactEntity  whole
//	read GetThing(Name string required, Key string as id secret) []Thing
//	read GetKey() string  secret
//
//	carrier Thing {
//		ThingId int
//		Values map[string]value  newer  # what it has
//	}
//
//	carrier Step by Kind any AnyStep { ... }
//	carrier SendStep of Step when Send { ... }
//
//	enum Color flags {
//		Red 1
//	}
func Read(files fs.FS) (*Definition, error) {
	names, err := fs.Glob(files, "*.api")
	if err != nil {
		return nil, err
	}
	d := new(Definition)
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		r := reader{definition: d, file: strings.TrimSuffix(name, ".api")}
		if err := r.read(text); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, r.line, err)
		}
	}
	d.Sort()
	return d, d.check()
}

// reader reads one file.
type reader struct {
	definition *Definition
	file       string
	line       int
	doc        []string
	agent      *Agent
	carrier    *Carrier
	enum       *Enum
}

func (r *reader) read(text []byte) error {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		r.line++
		if err := r.readLine(strings.TrimSpace(lines.Text())); err != nil {
			return err
		}
	}
	if r.carrier != nil || r.enum != nil {
		return fmt.Errorf("a definition is not closed")
	}
	return lines.Err()
}

func (r *reader) readLine(line string) error {
	if comment, ok := strings.CutPrefix(line, "#"); ok {
		r.doc = append(r.doc, strings.TrimPrefix(comment, " "))
		return nil
	}
	doc := strings.Join(r.doc, "\n")
	r.doc = nil
	switch {
	case line == "":
		return nil
	case line == "}":
		r.carrier, r.enum = nil, nil
		return nil
	case r.carrier != nil:
		return r.readMember(line)
	case r.enum != nil:
		return r.readEnumMember(line)
	}
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "agent":
		return r.readAgent(rest, doc)
	case "read", "write":
		return r.readCall(rest, doc, word == "write")
	case "carrier":
		return r.readCarrier(rest, doc)
	case "enum":
		return r.readEnum(rest, doc)
	}
	return fmt.Errorf("%q begins no definition", word)
}

func (r *reader) readAgent(rest, doc string) error {
	words := strings.Fields(rest)
	if len(words) == 0 {
		return fmt.Errorf("an agent without a name")
	}
	r.agent = &Agent{Name: words[0], Doc: doc}
	r.definition.Agents = append(r.definition.Agents, r.agent)
	return r.attributes(words[1:], map[string]*string{"online": &r.agent.Online}, nil)
}

func (r *reader) readCall(rest, doc string, write bool) error {
	head, rest, ok := strings.Cut(rest, "(")
	inside, tail, closed := strings.Cut(rest, ")")
	words := strings.Fields(head)
	if r.agent == nil || !ok || !closed || len(words) == 0 || len(words) > 2 {
		return fmt.Errorf("a call is written: read Name(param type, ...) Result, below its agent")
	}
	c := &Call{Agent: r.agent.Name, Name: words[0], Doc: doc, Write: write}
	if len(words) == 2 {
		c.Shape = Shape(words[1])
	}
	for param := range strings.SplitSeq(inside, ",") {
		if strings.TrimSpace(param) == "" {
			continue
		}
		p, err := r.readParam(strings.Fields(param))
		if err != nil {
			return err
		}
		c.Params = append(c.Params, p)
	}
	words = strings.Fields(tail)
	if len(words) > 0 && words[0] != "slow" && words[0] != "whole" && words[0] != "secret" {
		c.Result, words = Type(words[0]), words[1:]
	}
	slow := ""
	if err := r.attributes(words, map[string]*string{"slow": &slow}, map[string]*bool{"whole": &c.Whole, "secret": &c.Secret}); err != nil {
		return err
	}
	if slow != "" {
		var err error
		if c.Slow, err = strconv.Atoi(slow); err != nil {
			return fmt.Errorf("slow takes milliseconds, not %q", slow)
		}
	}
	r.agent.Calls = append(r.agent.Calls, c)
	return nil
}

func (r *reader) readParam(words []string) (Param, error) {
	if len(words) < 2 {
		return Param{}, fmt.Errorf("a parameter is written: name type")
	}
	p := Param{Name: words[0], Type: Type(words[1])}
	return p, r.attributes(words[2:], map[string]*string{"as": &p.As}, map[string]*bool{"required": &p.Required, "secret": &p.Secret, "own": &p.Own})
}

func (r *reader) readCarrier(rest, doc string) error {
	words := strings.Fields(strings.TrimSuffix(rest, "{"))
	if len(words) == 0 || !strings.HasSuffix(rest, "{") {
		return fmt.Errorf("a carrier is written: carrier Name {")
	}
	c := &Carrier{Name: words[0], Doc: doc, File: r.file}
	r.definition.Carriers = append(r.definition.Carriers, c)
	r.carrier = c
	return r.attributes(words[1:],
		map[string]*string{"as": &c.As, "by": &c.By, "any": &c.Any, "of": &c.Of, "when": &c.When}, map[string]*bool{"hand": &c.Hand})
}

func (r *reader) readMember(line string) error {
	line, doc, _ := strings.Cut(line, "#")
	words := strings.Fields(line)
	if len(words) < 2 {
		return fmt.Errorf("a member is written: Name type")
	}
	m := Member{Name: words[0], Type: Type(words[1]), Doc: strings.TrimSpace(doc)}
	err := r.attributes(words[2:], map[string]*string{"as": &m.As}, map[string]*bool{"newer": &m.Newer, "old": &m.Old, "secret": &m.Secret, "own": &m.Own})
	r.carrier.Members = append(r.carrier.Members, m)
	return err
}

func (r *reader) readEnum(rest, doc string) error {
	words := strings.Fields(strings.TrimSuffix(rest, "{"))
	if len(words) == 0 || !strings.HasSuffix(rest, "{") {
		return fmt.Errorf("an enum is written: enum Name {")
	}
	e := &Enum{Name: words[0], Doc: doc, File: r.file}
	r.definition.Enums = append(r.definition.Enums, e)
	r.enum = e
	return r.attributes(words[1:],
		map[string]*string{"as": &e.As, "prefix": &e.Prefix}, map[string]*bool{"flags": &e.Flags, "hand": &e.Hand})
}

func (r *reader) readEnumMember(line string) error {
	words := strings.Fields(line)
	if len(words) != 2 {
		return fmt.Errorf("a member of an enum is written: Name number")
	}
	value, err := strconv.Atoi(words[1])
	if err != nil {
		return fmt.Errorf("%q is no number", words[1])
	}
	r.enum.Members = append(r.enum.Members, EnumMember{words[0], value})
	return nil
}

// attributes reads words: a name of values takes the next word, one of marks
// stands alone.
func (r *reader) attributes(words []string, values map[string]*string, marks map[string]*bool) error {
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if mark, ok := marks[word]; ok {
			*mark = true
			continue
		}
		value, ok := values[word]
		if !ok || len(words) == 0 {
			return fmt.Errorf("%q is not known here, or lacks its value", word)
		}
		*value, words = words[0], words[1:]
	}
	return nil
}

// check makes sure that every type is defined.
func (d *Definition) check() error {
	known := func(t Type, where string) error {
		t = t.Innermost()
		if t.IsBasic() || d.Carrier(t) != nil || d.Enum(t) != nil {
			return nil
		}
		return fmt.Errorf("%s: there is no type %q", where, t)
	}
	for _, c := range d.Calls() {
		for _, p := range c.Params {
			if err := known(p.Type, c.Agent+"/"+c.Name); err != nil {
				return err
			}
		}
		if c.Result != "" {
			if err := known(c.Result, c.Agent+"/"+c.Name); err != nil {
				return err
			}
		}
		if c.Shape != ShapeMembers && len(c.Params) != 1 {
			return fmt.Errorf("%s/%s: a %s takes one parameter", c.Agent, c.Name, c.Shape)
		}
	}
	for _, c := range d.Carriers {
		for _, m := range c.Members {
			if err := known(m.Type, c.Name+"."+m.Name); err != nil {
				return err
			}
		}
		if c.Of != "" && d.Carrier(Type(c.Of)) == nil {
			return fmt.Errorf("%s: there is no base %q", c.Name, c.Of)
		}
	}
	return nil
}
