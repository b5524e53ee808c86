package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// restFiles makes the files of package rest.
func (g *generator) restFiles() []error {
	var problems []error
	for _, e := range g.Entities {
		problems = append(problems, g.file("rest/"+apidef.FileOf(e.Name)+"_entity.go", "entity", e))
	}
	return append(problems,
		g.file("rest/entities.go", "entities", g.Entities),
		g.file("rest/options.go", "rest options", g.restOptions()),
		g.file("superofficetest/every_entity_call_generated_test.go", "every entity call", g.entityCallsInGo()))
}

// entityTypeDoc documents the type of an entity.
func (g *generator) entityTypeDoc(e *apidef.Entity) string {
	doc := goName(e.Name) + " is the entity " + e.Name + ": what begins with v1/" + e.Name + "."
	if e.Doc != "" {
		doc = goName(e.Name) + " is the entity " + e.Name + ": " + e.Doc
	}
	var lists []string
	for _, c := range e.Calls {
		if c.Result == "rows" && c.Method == "GET" {
			lists = append(lists, c.Route)
		}
	}
	if len(lists) > 0 {
		doc += " Its rows are read with the package archive: " + strings.Join(lists, ", ") + "."
	}
	return doc
}

// part is a type, written by hand, that makes the calls that several entities
// have in common.
type part struct {
	Field string // of the entity
	below string // what the routes go on with behind the entity
	about string // what its calls are about, before the kind of record
	// methods are those of the part by the names of the calls.
	methods map[string]string
}

var parts = []part{
	{"Layout", "/UdefLayout", "the definitions of the custom fields of", map[string]string{
		"Fields": "Fields", "SetFields": "SetFields", "AddField": "AddField", "IsChanged": "IsChanged", "IsPublishing": "IsPublishing", "Publish": "Publish",
		"PublishedFields": "PublishedFields", "PublishedField": "PublishedField", "Revert": "Revert", "Field": "Field", "DeleteField": "DeleteField",
		"ChangeType": "ChangeType",
	}},
	{"Image", "/{id}/Image", "the image of", map[string]string{
		"Image": "Get", "PostImage": "Post", "SetImage": "Set", "DeleteImage": "Delete", "ImageInfo": "Info", "SetImageInfo": "SetInfo",
	}},
}

// partDoc documents the field of an entity that is a part of it.
func partDoc(p part, e *apidef.Entity) string {
	return fmt.Sprintf("%s makes the calls for %s %s: v1/%s%s.", p.Field, p.about, article(recordWords(e.Name)), e.Name, p.below)
}

// partOf returns the part that a call belongs to, or nil.
func partOf(c *apidef.Call) *part {
	for i, p := range parts {
		below := strings.TrimPrefix(c.Route, "v1/"+c.Entity)
		if _, ok := p.methods[c.Name]; ok && (strings.HasPrefix(below, p.below) || p.Field == "Image" && strings.Contains(strings.ToLower(below), "}/image")) {
			return &parts[i]
		}
	}
	return nil
}

// partsOf are the parts that an entity has.
func partsOf(e *apidef.Entity) (all []part) {
	for _, p := range parts {
		if slices.ContainsFunc(e.Calls, func(c *apidef.Call) bool { q := partOf(c); return q != nil && q.Field == p.Field }) {
			all = append(all, p)
		}
	}
	return all
}

// entityMethods are the methods that an entity's type is to have: all but those
// of its parts, and lists of rows.
func (g *generator) entityMethods(e *apidef.Entity) (all []*restMethod) {
	for _, c := range e.Calls {
		if partOf(c) == nil && c.Result != "rows" {
			all = append(all, g.restMethod(c))
		}
	}
	return all
}

// restMethod is the Go method of one call of an entity.
type restMethod struct {
	method
	Carrier string // of Patch, for Change
}

func (g *generator) restMethod(c *apidef.Call) *restMethod {
	m := &restMethod{method: method{Name: goName(c.Name), Operation: "op" + goName(c.Entity) + goName(c.Name)}}
	m.Fields = g.entityOperation(c)
	params, in := g.entityInput(c)
	results, out := g.entityOutput(c)
	m.Signature = "(ctx context.Context, " + signature(params) + "opts ...superoffice.CallOption) " + results
	call := fmt.Sprintf("e.client.Perform(ctx, &%s, %s, %%s, opts...)", m.Operation, in)
	switch carrier, isPointer := strings.CutPrefix(out, "*"); {
	case out == "":
		m.Body = "return " + fmt.Sprintf(call, "nil")
	case isPointer:
		m.Body = "out := new(" + carrier + ")\nif err := " + fmt.Sprintf(call, "out") + "; err != nil {\nreturn nil, err\n}\nreturn out, nil"
	default:
		m.Body = "var out " + out + "\nerr := " + fmt.Sprintf(call, "&out") + "\nreturn out, err"
	}
	m.Doc = g.entityDoc(c, m.Name)
	if c.Method == "PATCH" {
		m.Carrier = g.qualifiedType(c.Result)
	}
	return m
}

// qualifiedType is a Go type as other packages than the root write it.
func (g *generator) qualifiedType(t apidef.Type) string {
	switch t {
	case "patch":
		return "Patch"
	case "stream":
		return "io.Reader"
	}
	text := g.goType(t)
	if carrier, ok := strings.CutPrefix(text, "*"); ok {
		return "*superoffice." + carrier
	}
	return qualified(text)
}

func (g *generator) entityOperation(c *apidef.Call) string {
	fields := []string{fmt.Sprintf("Method: %q", c.Method), fmt.Sprintf("Route: %q", c.Route)}
	switch {
	case !c.Write:
		fields = append(fields, "Class: operation.Read")
	case c.Again:
		fields = append(fields, "Class: operation.IdempotentWrite")
	}
	if c.Whole {
		fields = append(fields, "NoSelect: true")
	}
	if c.Secret {
		fields = append(fields, "SecretResult: true")
	}
	if c.Slow > 0 {
		fields = append(fields, "Slow: "+duration(c.Slow))
	}
	if options := optionsOf(c); len(options) > 0 {
		fields = append(fields, fmt.Sprintf("Parameters: %#v", options))
	}
	switch {
	case c.Modified:
		fields = append(fields, "Conditions: operation.IfModifiedSince")
	case c.Unmodified:
		fields = append(fields, "Conditions: operation.IfUnmodifiedSince")
	}
	if taken := g.taken(c); taken != "" {
		fields = append(fields, "Taken: "+taken)
	}
	if c.Result.Innermost() == "any" || slices.ContainsFunc(c.Params, func(p apidef.Param) bool { return p.Type.Innermost() == "any" }) {
		fields = append(fields, "Codecs: &wire.All")
	}
	if c.Online == "request" || c.Online == "closed" {
		fields = append(fields, fmt.Sprintf("Restricted: %q", c.Entity))
	}
	return strings.Join(fields, ", ")
}

// optionsOf are the names of the parameters that are options of a call.
func optionsOf(c *apidef.Call) (names []string) {
	for _, p := range c.Params {
		if p.Query && !p.Required {
			names = append(names, p.Name)
		}
	}
	return names
}

// taken says which texts are no names when the route of a call has one, since
// the server takes them for something else: literals and numbers of routes that
// are alike.
func (g *generator) taken(c *apidef.Call) string {
	var all []string
	parts := strings.Split(c.Route, "/")
	for i, part := range parts {
		p := paramOf(c, part)
		if p != nil && p.Type == "int" && p.Required {
			all = append(all, fmt.Sprintf("{Param: %q, Words: []string{\"0\"}}", p.Name))
		}
		if p == nil || p.Type != "string" {
			continue
		}
		words, numbers := make(map[string]bool), false
		for _, other := range g.EntityCalls() {
			there := strings.Split(other.Route, "/")
			if other.Method != c.Method || !alike(c, other, i) {
				continue
			}
			switch p := paramOf(other, there[i]); {
			case p == nil:
				words[there[i]] = true
			case p.Type == "int":
				numbers = true
			}
		}
		if len(words) > 0 || numbers {
			one := fmt.Sprintf("{Param: %q", strings.Trim(part, "{}"))
			if len(words) > 0 {
				one += fmt.Sprintf(", Words: %#v", slices.Sorted(maps.Keys(words)))
			}
			if numbers {
				one += ", Numbers: true"
			}
			all = append(all, one+"}")
		}
	}
	if all == nil {
		return ""
	}
	return "[]operation.Taken{" + strings.Join(all, ", ") + "}"
}

func paramOf(c *apidef.Call, part string) *apidef.Param {
	for i := range c.Params {
		if part == "{"+c.Params[i].Name+"}" {
			return &c.Params[i]
		}
	}
	return nil
}

// alike reports whether one address can fit the routes of two calls, their parts
// at i aside.
func alike(a, b *apidef.Call, i int) bool {
	these, those := strings.Split(a.Route, "/"), strings.Split(b.Route, "/")
	if len(these) != len(those) {
		return false
	}
	for j := range these {
		if j != i && !fits(paramOf(a, these[j]), those[j]) && !fits(paramOf(b, those[j]), these[j]) && !strings.EqualFold(these[j], those[j]) {
			return false
		}
	}
	return true
}

// fits reports whether a part of another route, or what may stand for it, can be
// the value of a parameter: a word is no number.
func fits(p *apidef.Param, part string) bool {
	return p != nil && (p.Type == "string" || part[0] == '{')
}

func (g *generator) entityInput(c *apidef.Call) (params []parameter, in string) {
	var path, query, parts []string
	values := make(map[string]string)
	for _, p := range c.Params {
		if p.Query && !p.Required {
			continue
		}
		name := g.entityArgument(c, p)
		params = append(params, parameter{name, g.qualifiedType(p.Type)})
		switch c.In(&p) {
		case "path":
			values[p.Name] = pathValue(name, p.Type)
		case "query":
			query = append(query, fmt.Sprintf("%q, %s", p.Name, name))
		default:
			parts = append(parts, "Body: "+bodyValue(name, p))
		}
	}
	for _, name := range c.RouteParams() {
		path = append(path, values[name])
	}
	if len(query) > 0 {
		parts = append([]string{"Query: operation.Needed(" + strings.Join(query, ", ") + ")"}, parts...)
	}
	if len(path) > 0 {
		parts = append([]string{"Path: operation.Values{" + strings.Join(path, ", ") + "}"}, parts...)
	}
	return params, "operation.Input{" + strings.Join(parts, ", ") + "}"
}

// entityArgument is the name of a parameter in Go. That which is the number of
// the entity is its ID, whatever the vendor calls it.
func (g *generator) entityArgument(c *apidef.Call, p apidef.Param) string {
	name := g.argument(p)
	switch {
	case p.Type == "stream":
		return "content"
	case p.Type == "int" && strings.HasPrefix(c.Route, "v1/"+c.Entity+"/{"+p.Name+"}"):
		return "id"
	case name == "e":
		return "entity"
	}
	return name
}

func pathValue(name string, t apidef.Type) string {
	switch t {
	case "int":
		return "operation.ID(" + name + ")"
	case "string":
		return name
	}
	return "string(" + name + ")"
}

func bodyValue(name string, p apidef.Param) string {
	switch {
	case p.Type == "patch":
		return name + ".body()"
	case p.Form:
		return fmt.Sprintf("operation.Upload{From: %s, Field: %q}", name, p.Name)
	case p.Type == "stream":
		return "operation.Upload{From: " + name + "}"
	case strings.HasPrefix(string(p.Type), "[]"):
		return "notNil(" + name + ")"
	}
	return name
}

// entityOutput lays out the results of a method, of which out is the type of the
// first, if there are two.
func (g *generator) entityOutput(c *apidef.Call) (results, out string) {
	switch c.Result {
	case "":
		return "error", ""
	case "stream":
		out = "*superoffice.Stream"
	default:
		out = g.qualifiedType(c.Result)
	}
	return "(" + out + ", error)", out
}

// entityDoc documents a method: what it does in our own words or in those of the
// agent's call that does the same, and the facts.
func (g *generator) entityDoc(c *apidef.Call, name string) string {
	doc, _ := splitDoc(c.Doc)
	if twin := g.twin(c); doc == "" && twin != nil && !slices.Contains(ownWords, c.Name) {
		doc, _ = splitDoc(twin.Doc)
		doc = namePattern.ReplaceAllStringFunc(doc, func(name string) string {
			if strings.HasPrefix(name, "Err") {
				return "[superoffice." + name + "]"
			}
			return name
		})
	}
	facts := "Write."
	switch {
	case !c.Write:
		facts = "Read."
	case c.Again:
		facts = "Idempotent write."
	}
	if c.Result != "" && g.Carrier(c.Result.Innermost()) != nil && !c.Whole {
		facts += " $select: yes."
	}
	if c.Modified {
		facts += " If-Modified-Since: yes."
	}
	if c.Unmodified {
		facts += " If-Unmodified-Since: yes."
	}
	facts += onlineFacts[c.Online]
	if c.Twin != "" {
		facts += " Agent: " + c.Twin + "."
	}
	text := name + " " + cmp.Or(doc, g.entityWords(c))
	for _, option := range optionsOf(c) {
		facts += " Option: " + optionName(option) + "."
	}
	return text + "\n\n\t" + facts + " " + c.Method + " " + c.Route
}

// twin is the agent's call that does the same, or nil.
func (g *generator) twin(c *apidef.Call) *apidef.Call {
	agent, name, _ := strings.Cut(c.Twin, "/")
	if a := g.Agent(agent); a != nil {
		for _, one := range a.Calls {
			if one.Name == name {
				return one
			}
		}
	}
	return nil
}

// ownWords are the calls that entityWords has words for.
var ownWords = []string{"Get", "Default", "Create", "Replace", "Patch", "Delete", "Validate", "Simple"}

// entityWords says what a call of an entity does by its name.
func (g *generator) entityWords(c *apidef.Call) string {
	what := phrase(c.Entity)
	switch c.Name {
	case "Get":
		return "returns the " + what + " with the given ID."
	case "Default":
		return "returns a new " + what + " with the server's defaults. Nothing is saved."
	case "Create":
		return "makes " + article(what) + " and returns it as it is kept."
	case "Replace":
		return "replaces the " + what + " with the given ID by the one that is sent, and returns it as it is kept. What is empty there becomes empty."
	case "Patch":
		return "makes changes to the " + what + " with the given ID and returns it; see [Diff]. A test that does not match is an [superoffice.ErrConflict]. Nothing is sent if there are no changes: the " + what + " is fetched then."
	case "Delete":
		return "deletes the " + what + " with the given ID."
	case "Validate":
		return "returns what is wrong with " + article(what) + " by the members; nothing is saved."
	case "Simple":
		return "returns the " + what + " with the given ID in its short form."
	case "CustomFields":
		return "returns what is known of the custom fields."
	case "CustomField":
		return "returns what is known of a custom field."
	case "ForeignKeys":
		return "returns the foreign keys on the " + what + " with the given ID, by application, device and key."
	}
	text := "calls " + c.Method + " " + c.Route
	if result := g.resultWords(c.Result); result != "" {
		text += " and returns " + strings.Replace(result, "one ", "one [superoffice.", 1)
		if strings.HasPrefix(result, "one ") {
			text += "]"
		}
	}
	return text + "."
}

// restOption is a function that makes an option of the calls that know it.
type restOption struct {
	Name, Wire, Param, Values, Doc string
}

// optionNames are the options' names that the rule makes badly.
var optionNames = map[string]string{
	"fk": "ForeignKeys", "w": "Width", "h": "Height", "type": "ImageType", "q": "Containing", "html": "HTML", "isIndexed": "Indexed", "isoLangCode": "StringLanguage",
}

func optionName(wire string) string {
	return "With" + cmp.Or(optionNames[wire], goName(strings.ToUpper(wire[:1])+wire[1:]))
}

// restOptions are the options of all calls, one for each name on the wire.
func (g *generator) restOptions() (all []restOption) {
	users := make(map[string][]*apidef.Call)
	params := make(map[string]apidef.Param)
	for _, c := range g.EntityCalls() {
		for _, p := range c.Params {
			if p.Query && !p.Required {
				users[p.Name], params[p.Name] = append(users[p.Name], c), p
			}
		}
	}
	for _, wire := range slices.Sorted(maps.Keys(users)) {
		p := params[wire]
		o := restOption{Name: optionName(wire), Wire: wire}
		element, isList := p.Type.List()
		switch {
		case isList && element == "int":
			o.Param, o.Values = "ids ...int", "numbers(ids)..."
		case isList:
			o.Param, o.Values = "texts ...string", "texts..."
		case p.Type == "bool":
			o.Param, o.Values = "on bool", "strconv.FormatBool(on)"
		case p.Type == "int":
			o.Param, o.Values = "n int", "operation.ID(n)"
		case p.Type == "string":
			o.Param, o.Values = "text string", "text"
		default:
			o.Param, o.Values = "v "+g.qualifiedType(p.Type), "string(v)"
		}
		o.Doc = o.Name + " sets " + wire + ", an option of " + g.optionUsers(users[wire]) + "."
		all = append(all, o)
	}
	return all
}

// optionUsers names the methods that take an option, or some of them.
func (g *generator) optionUsers(calls []*apidef.Call) string {
	var names []string
	for _, c := range calls {
		name := "[" + goName(c.Entity) + "." + goName(c.Name) + "]"
		switch p := partOf(c); {
		case p != nil:
			name = "[" + p.Field + "." + p.methods[c.Name] + "]"
		case c.List != "":
			name = "[" + listMethods[c.Name] + "]"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return some(names)
}

// listMethods are the methods of lists that take options, by the names of the
// calls.
var listMethods = map[string]string{"Items": "ListOf.Items", "HeadingsOf": "AnyList.HeadingsOf", "MDOItems": "AnyList.MDOItems"}

// typedList is a list that the API names, as a field of Lists.
type typedList struct{ Field, Name, Of, Lacks string }

// typedLists are the lists that the API names.
func (g *generator) typedLists(e *apidef.Entity) (all []typedList) {
	for _, l := range e.Lists {
		if _, _, isParam := l.ByParam(); isParam {
			continue
		}
		t := typedList{Field: goName(l.Name), Name: l.Name, Of: strings.TrimPrefix(g.qualifiedType(l.Of), "*")}
		for _, one := range []struct {
			has  bool
			name string
		}{{l.Default, "Default"}, {l.Visible, "Groups"}, {l.Plain, "MDO"}, {l.Whole, "Whole"}, {l.Shown, "Shown"}} {
			if !one.has {
				t.Lacks += " | lack" + one.name
			}
		}
		t.Lacks = strings.TrimPrefix(t.Lacks, " | ")
		all = append(all, t)
	}
	return all
}
