package apidef

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Read reads all *.api files of a folder.
//
// A file holds one definition after another, in any order; an agent's calls
// stand below it. A comment of whole lines before a definition is its
// documentation, which begins with the verb after the name in Go; "- Name:"
// begins that of a parameter. A comment behind a member is the member's. Both go
// on where the name stops: "is the main phone number", "reports whether it is
// deleted". Types are one of [BasicTypes], the name of a carrier or enum in any
// file, []T or map[string]T.
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
//	get GetOne "v1/Thing/{id}" (id int, flat bool query) Thing
//	delete DeleteOne "v1/Thing/{id}" (id int)  again
//
//	carrier Thing {
//		ThingId int
//		Values map[string]value  newer  # are the values of its fields, by name
//	}
//
//	carrier Step by Kind any AnyStep { ... }
//	carrier SendStep of Step when Send { ... }
//
//	enum Color flags {
//		Red 1
//	}
//
//	entity Contact
//
//	get Get "v1/Contact/{id}" (id int, fk bool query) ContactEntity  modified  twin Contact/GetContactEntity
//
//	list Category of ListItemEntity default visible plain whole shown
//
// An agent may be followed by online and request (it must be asked for at
// registration), closed (not for partners' applications) or experimental.
//
// A call is a read, which may be sent again, or a write, which may not. Before
// its parameters stands query, if its one parameter goes into the address, or
// body, if it is the body; the members of the body are all others. Behind its
// result may stand: secret, of a result that is one; whole, if the call takes no
// $select; newer, if only the newest servers know it; slow and the vendor's mark
// of a slow call in milliseconds.
//
// A call may have a method and a route of its own: get, head, post, put, patch
// or delete, its name, and the route in quotes, with parameters in braces. get
// and head are reads, the others writes, unless read or write stands behind the
// result;
// again marks a write that a second time changes nothing more. Parameters that
// the route names go into it, those with query behind their type into the
// query, the others into the body.
//
// An entity has such calls only. Their parameters in the query are options,
// unless required stands behind them. Behind their results may stand: twin and
// the call of an agent that does the same; online; modified and unmodified, if
// they take If-Modified-Since and If-Unmodified-Since. A list of the entity List
// stands for all of its calls; see [List] for its marks.
//
// A parameter may be followed by: as and its name in Go; own, if its type is
// our knowledge and not the vendor's; required, if it must not be empty; secret,
// if it is redacted in all that comes back.
//
// A carrier may be followed by: as and its name in Go; hand, if its Go type is
// written by hand; by, the member that tells its kinds apart, and any, the Go
// interface of them all; of, the base of a kind, and when, the value that marks
// it. A member may be followed by as, own and secret, as parameters are; newer,
// if older servers do not know it, so that it is sent only if it is set; old, if
// the vendor calls it deprecated.
//
// An enum may be followed by: as; prefix and that of its constants; flags, if
// several of its names may stand together; hand.
//
// An error names the file and the line, and there is one for each file that
// cannot be read; if all can, one for each thing that does not fit.
func Read(files fs.FS) (*Definition, error) {
	names, err := fs.Glob(files, "*.api")
	if err != nil {
		return nil, err
	}
	d := &Definition{positions: make(map[any]string)}
	var problems []error
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		r := reader{definition: d, name: name, file: strings.TrimSuffix(name, ".api")}
		if err := r.read(text); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", r.position(), err))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	d.Sort()
	return d, d.check()
}

// reader reads one file.
type reader struct {
	definition *Definition
	name, file string // with and without ".api"
	line       int
	doc        []string
	agent      *Agent
	entity     *Entity // in place of agent
	carrier    *Carrier
	enum       *Enum
}

// position is the file and the line that is read.
func (r *reader) position() string { return fmt.Sprintf("api/%s:%d", r.name, r.line) }

func (r *reader) read(text []byte) error {
	for line := range bytes.Lines(text) {
		r.line++
		if err := r.readLine(strings.TrimSpace(string(line))); err != nil {
			return err
		}
	}
	switch {
	case r.carrier != nil || r.enum != nil:
		return errors.New("a definition is not closed")
	case len(r.doc) > 0:
		return errLostComment
	}
	return nil
}

// errLostComment is a comment that nothing keeps.
var errLostComment = errors.New("a comment belongs to the definition in the next line, or behind a member; here it belongs to nothing")

func (r *reader) readLine(line string) error {
	if comment, ok := strings.CutPrefix(line, "#"); ok {
		r.doc = append(r.doc, strings.TrimPrefix(comment, " "))
		return nil
	}
	inside := r.carrier != nil || r.enum != nil
	if len(r.doc) > 0 && (inside || line == "" || line == "}") {
		return errLostComment
	}
	doc := strings.Join(r.doc, "\n")
	r.doc = nil
	switch {
	case line == "":
		return nil
	case line == "}" && inside:
		r.carrier, r.enum = nil, nil
		return nil
	case r.carrier != nil:
		return r.readMember(line)
	case r.enum != nil:
		return r.readEnumMember(line)
	}
	return r.readDefinition(line, doc)
}

func (r *reader) readDefinition(line, doc string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "agent":
		return r.readAgent(rest, doc)
	case "entity":
		return r.readEntity(rest, doc)
	case "list":
		return r.readList(rest)
	case "read", "write":
		return r.readCall(rest, doc, &Call{Write: word == "write"})
	case "get", "head", "post", "put", "patch", "delete":
		return r.readRouted(rest, doc, &Call{Method: strings.ToUpper(word), Write: word != "get" && word != "head"})
	case "carrier":
		return r.readCarrier(rest, doc)
	case "enum":
		return r.readEnum(rest, doc)
	}
	return fmt.Errorf("%q begins no definition; agent, entity, list, read, write, get, head, post, put, patch, delete, carrier and enum do", word)
}

func (r *reader) readAgent(rest, doc string) error {
	words := strings.Fields(rest)
	if len(words) == 0 {
		return fmt.Errorf("an agent without a name")
	}
	r.agent, r.entity = &Agent{Name: words[0], Doc: doc}, nil
	r.definition.Agents = append(r.definition.Agents, r.agent)
	r.definition.positions[r.agent] = r.position()
	return r.attributes(words[1:], map[string]*string{"online": &r.agent.Online}, nil)
}

func (r *reader) readEntity(rest, doc string) error {
	words := strings.Fields(rest)
	if len(words) != 1 {
		return fmt.Errorf("an entity is written: entity Name")
	}
	r.agent, r.entity = nil, &Entity{Name: words[0], Doc: doc}
	r.definition.Entities = append(r.definition.Entities, r.entity)
	r.definition.positions[r.entity] = r.position()
	return nil
}

func (r *reader) readList(rest string) error {
	words := strings.Fields(rest)
	if r.entity == nil || len(words) < 3 || words[1] != "of" {
		return fmt.Errorf("a list is written: list Name of Carrier, below its entity")
	}
	l := &List{Name: words[0], Of: Type(words[2])}
	r.entity.Lists = append(r.entity.Lists, l)
	r.definition.positions[l] = r.position()
	return r.attributes(words[3:], nil, map[string]*bool{"default": &l.Default, "visible": &l.Visible, "plain": &l.Plain, "whole": &l.Whole, "shown": &l.Shown})
}

// readRouted reads a call with a route of its own, which stands in quotes before
// the parameters.
func (r *reader) readRouted(rest, doc string, c *Call) error {
	name, behind, ok := strings.Cut(rest, `"`)
	route, behind, closed := strings.Cut(behind, `"`)
	if !ok || !closed || route == "" || strings.ContainsAny(route, " ()") {
		return fmt.Errorf("a call with a route is written: %s Name \"v1/Thing/{id}\" (id int) Result", strings.ToLower(c.Method))
	}
	c.Route = route
	return r.readCall(name+behind, doc, c)
}

func (r *reader) readCall(rest, doc string, c *Call) error {
	head, rest, ok := strings.Cut(rest, "(")
	inside, tail, closed := strings.Cut(rest, ")")
	words := strings.Fields(head)
	if !ok || !closed || len(words) == 0 || len(words) > 2 || r.agent == nil && (r.entity == nil || c.Route == "") {
		return fmt.Errorf("a call is written: read Name(param type, ...) Result, below its agent")
	}
	c.Name, c.Doc = words[0], doc
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
	if r.entity != nil {
		c.Entity = r.entity.Name
		r.entity.Calls = append(r.entity.Calls, c)
	} else {
		c.Agent = r.agent.Name
		r.agent.Calls = append(r.agent.Calls, c)
	}
	r.definition.positions[c] = r.position()
	return r.readTail(strings.Fields(tail), c)
}

// readTail reads what stands behind the parameters of a call.
func (r *reader) readTail(words []string, c *Call) error {
	slow, reads, writes := "", false, false
	marks := map[string]*bool{"whole": &c.Whole, "secret": &c.Secret, "newer": &c.Newer}
	if c.Method != "" {
		marks["again"], marks["read"], marks["write"] = &c.Again, &reads, &writes
	}
	values := map[string]*string{"slow": &slow}
	if c.Entity != "" {
		values["twin"], values["online"] = &c.Twin, &c.Online
		marks["modified"], marks["unmodified"] = &c.Modified, &c.Unmodified
	}
	if len(words) > 0 && values[words[0]] == nil && marks[words[0]] == nil {
		c.Result, words = Type(words[0]), words[1:]
	}
	if err := r.attributes(words, values, marks); err != nil {
		return err
	}
	c.Write = c.Write && !reads || writes
	if slow != "" {
		var err error
		if c.Slow, err = strconv.Atoi(slow); err != nil {
			return fmt.Errorf("slow takes milliseconds, not %q", slow)
		}
	}
	return nil
}

func (r *reader) readParam(words []string) (Param, error) {
	if len(words) < 2 {
		return Param{}, fmt.Errorf("a parameter is written: name type")
	}
	p := Param{Name: words[0], Type: Type(words[1])}
	return p, r.attributes(words[2:], map[string]*string{"as": &p.As}, map[string]*bool{"required": &p.Required, "secret": &p.Secret, "own": &p.Own, "query": &p.Query, "form": &p.Form})
}

func (r *reader) readCarrier(rest, doc string) error {
	words := strings.Fields(strings.TrimSuffix(rest, "{"))
	if len(words) == 0 || !strings.HasSuffix(rest, "{") {
		return fmt.Errorf("a carrier is written: carrier Name {")
	}
	c := &Carrier{Name: words[0], Doc: doc, File: r.file}
	r.definition.Carriers = append(r.definition.Carriers, c)
	r.definition.positions[c] = r.position()
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
	r.definition.positions[memberOf{r.carrier, m.Name}] = r.position()
	return err
}

func (r *reader) readEnum(rest, doc string) error {
	words := strings.Fields(strings.TrimSuffix(rest, "{"))
	if len(words) == 0 || !strings.HasSuffix(rest, "{") {
		return fmt.Errorf("an enum is written: enum Name {")
	}
	e := &Enum{Name: words[0], Doc: doc, File: r.file}
	r.definition.Enums = append(r.definition.Enums, e)
	r.definition.positions[e] = r.position()
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
			return fmt.Errorf("%q is not known here, or lacks its value; what goes here is %s", word, wordsOf(values, marks))
		}
		*value, words = words[0], words[1:]
	}
	return nil
}

// wordsOf lists the words that attributes takes.
func wordsOf(values map[string]*string, marks map[string]*bool) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		words = append(words, name+" <value>")
	}
	return strings.Join(append(words, slices.Sorted(maps.Keys(marks))...), ", ")
}
