package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pb33f/libopenapi"
	v2 "github.com/pb33f/libopenapi/datamodel/high/v2"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

const restFile = "Swagger-v1-REST.json"

// readREST reads the vendor's document of the REST entities, if there is one.
func (v *vendor) readREST(folder string) error {
	text, err := os.ReadFile(filepath.Join(folder, restFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		return fmt.Errorf("%s: %w", restFile, err)
	}
	model, err := document.BuildV2Model()
	if err != nil {
		return fmt.Errorf("%s: %w", restFile, err)
	}
	if err := v.readNewDefinitions(model.Model.Definitions); err != nil {
		return err
	}
	lists := make(map[string]*apidef.List)
	for path, item := range model.Model.Paths.PathItems.FromOldest() {
		for method, op := range map[string]*v2.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op == nil || leftOut[method+" "+apiRoute(path)] {
				continue
			}
			c, err := v.entityCall(method, apiRoute(path), op)
			if err != nil {
				return fmt.Errorf("%s %s: %w", method, path, err)
			}
			if !v.readListCall(lists, c) {
				e := v.entity(c.Entity)
				e.Calls = append(e.Calls, c)
			}
		}
	}
	for _, l := range lists {
		e := v.entity("List")
		e.Lists = append(e.Lists, l)
	}
	return nil
}

// leftOut are the operations that are left to others, by their routes.
var leftOut = map[string]bool{
	// A whole ticket in 260 parameters of the query: the agent's twin has a body.
	"POST v1/Ticket/Merge": true,
}

// newHere are the definitions that the document of the agents does not have.
var newHere = []string{"SoPrincipalCarrier", "GrantedModuleLicense", "ProvidedCredential"}

// readNewDefinitions reads those of newHere; the others are the agents', some with
// links beside.
func (v *vendor) readNewDefinitions(all *v2.Definitions) error {
	for name, proxy := range all.Definitions.FromOldest() {
		if !slices.Contains(newHere, short(name)) {
			continue
		}
		schema := proxy.Schema()
		if schema == nil {
			return fmt.Errorf("%s cannot be read: %w", name, proxy.GetBuildError())
		}
		c := &apidef.Carrier{Name: short(name)}
		for member, property := range schema.Properties.FromOldest() {
			t, own := v.memberType(c.Name, member, property)
			c.Members = append(c.Members, apidef.Member{Name: member, Type: t, Own: own})
		}
		v.Carriers = append(v.Carriers, c)
	}
	return nil
}

// apiRoute is a path below the API folder.
func apiRoute(path string) string { return strings.TrimPrefix(path, "/api/") }

func (v *vendor) entity(name string) *apidef.Entity {
	for _, e := range v.Entities {
		if e.Name == name {
			return e
		}
	}
	e := &apidef.Entity{Name: name}
	v.Entities = append(v.Entities, e)
	return e
}

// entityCall reads one operation.
func (v *vendor) entityCall(method, route string, op *v2.Operation) (*apidef.Call, error) {
	parts := strings.Split(route, "/")
	c := &apidef.Call{Entity: parts[1], Method: method, Route: route, Whole: true, Write: method != "GET", Slow: slowMark(op.Description)}
	c.Online = onlineMark(op.Description, "")
	if method != "PATCH" {
		c.Twin = v.twin(op.Description, parts[1]+"/"+vendorName(op.OperationId))
	}
	if t := v.agentCall(c.Twin); t != nil && !t.Write && method == "POST" {
		c.Write = false // a question with a body
	}
	for _, p := range op.Parameters {
		v.readEntityParam(c, p)
	}
	// To replace a whole again could undo what somebody changed in between.
	c.Again = method == "DELETE" || method == "PUT" && c.Shape != apidef.ShapeBody
	_, c.Modified = op.Responses.Codes.Get("304")
	_, c.Unmodified = op.Responses.Codes.Get("412")
	if ok := op.Responses.Codes.GetOrZero("200"); ok != nil && ok.Schema != nil {
		c.Result = restType(v.schemaType(route, ok.Schema))
	}
	if t, ok := ownResults[method+" "+route]; ok {
		c.Result = t
	}
	c.Secret = route == "v1/User/currentToken"
	if writingGets[route] {
		c.Write, c.Again = true, false
	}
	c.Name = callName(c, op.OperationId)
	return c, nil
}

// restType is a type of the REST document as the agents' document has it.
func restType(t apidef.Type) apidef.Type {
	switch t {
	case "bytes":
		return "stream"
	case "ODataSlimResponse":
		return "rows"
	}
	return apidef.Type(strings.TrimSuffix(string(t), "WithLinks"))
}

// readEntityParam reads one parameter. Headers are the client's.
func (v *vendor) readEntityParam(c *apidef.Call, p *v2.Parameter) {
	param := apidef.Param{Name: p.Name}
	switch {
	case p.In == "header":
		return
	case p.Name == "$select":
		c.Whole = c.Result == "rows"
		return
	case p.In == "body":
		c.Shape, param.Required = apidef.ShapeBody, true
		param.Type = restType(v.schemaType(c.Route, p.Schema))
		switch {
		case param.Type == "[]JsonPatch":
			param.Type, param.Required = "patch", false
		case strings.HasPrefix(string(param.Type), "[]"), strings.HasPrefix(string(param.Type), "map"), param.Type == "string", param.Type == "stream":
			param.Required = false
		case v.Carrier(param.Type) != nil:
			param.Name = "entity"
		}
	case p.In == "formData":
		c.Shape, param.Type, param.Form = apidef.ShapeBody, "stream", true
	default:
		param.Type = v.parameterType(c, p)
		param.Query = p.In == "query"
		param.Required = param.Query && p.Required != nil && *p.Required
	}
	if strings.HasPrefix(param.Name, "$") {
		return // of lists of rows, which the package archive sends
	}
	c.Params = append(c.Params, param)
}

// parameterType is the type of a parameter of the address.
func (v *vendor) parameterType(c *apidef.Call, p *v2.Parameter) apidef.Type {
	if t, ok := ownParams[p.Name]; ok {
		return t
	}
	if p.Type == "array" && p.Items != nil {
		return "[]" + plainType(p.Items.Type, p.Items.Format)
	}
	if len(p.Enum) > 0 {
		var names []string
		for _, node := range p.Enum {
			names = append(names, node.Value)
		}
		return v.names.find(c.Route+"."+p.Name, names)
	}
	return plainType(p.Type, p.Format)
}

func plainType(kind, format string) apidef.Type {
	switch kind + " " + format {
	case "integer int32", "integer ":
		return "int"
	case "boolean ":
		return "bool"
	case "string date-time":
		return "time"
	}
	return "string"
}

// ownParams are the types of parameters that the document gets wrong.
var ownParams = map[string]apidef.Type{
	"Id": "int", // of BatchTask, a number like all its siblings
}

// ownResults are the results that the document does not tell.
var ownResults = map[string]apidef.Type{
	"GET v1/User/{id}/CustomCommand":                "any",
	"POST v1/User/{id}/CustomCommand/{commandName}": "any",
}

// writingGets are the routes whose GET changes something.
var writingGets = map[string]bool{"v1/List/TicketStatus/{fromTicketStatusId}/ChangeTo/{toTicketStatusId}": true}

// twinForm finds the agent's call that an operation makes by its description.
var twinForm = regexp.MustCompile(`Calls the (?:\{SuperOffice\.CRM\.Services\.I(\w+)Agent\}|(\w+) agent) service (\w+)`)

// twin is the call that the description names, or else the namesake.
func (v *vendor) twin(description, namesake string) string {
	if m := twinForm.FindStringSubmatch(description); m != nil {
		if name := m[1] + m[2] + "/" + m[3]; v.agentCall(name) != nil {
			return name
		}
	}
	if v.agentCall(namesake) != nil {
		return namesake
	}
	return ""
}

// agentCall finds the call of an agent with a name such as Contact/GetContact.
func (v *vendor) agentCall(name string) *apidef.Call {
	agent, call, _ := strings.Cut(name, "/")
	for _, a := range v.Agents {
		for _, c := range a.Calls {
			if a.Name == agent && c.Name == call {
				return c
			}
		}
	}
	return nil
}

// listRoute matches the routes that lists have in common.
var listRoute = regexp.MustCompile(`^v1/List/(\w+|\{\w+\})(/Items|/Items/\{\w+\}|/Items/Default|/Items/\{\w+\}/(?:UserGroups|Headings)|/Headings|/MDOItems|)$`)

// readListCall notes the list that a call is of, if it is one that all lists have.
func (v *vendor) readListCall(lists map[string]*apidef.List, c *apidef.Call) bool {
	m := listRoute.FindStringSubmatch(c.Route)
	if m == nil || strings.HasPrefix(m[1], "{") && m[2] == "" || m[1] == "default" {
		return false
	}
	name := m[1]
	if strings.HasPrefix(name, "{") {
		i := slices.IndexFunc(c.Params, func(p apidef.Param) bool { return "{"+p.Name+"}" == m[1] })
		name = map[apidef.Type]string{"int": "{id}", "string": "{name}"}[c.Params[i].Type]
	}
	l := lists[name]
	if l == nil {
		l = &apidef.List{Name: name}
		lists[name] = l
	}
	switch below := m[2]; {
	case below == "/Items" && c.Method == "GET":
		element, _ := c.Result.List()
		l.Of, l.Shown = element, len(c.Params) > 0 && c.Params[len(c.Params)-1].Name == "includeDeleted"
	case below == "/Items" && c.Method == "PUT":
		l.Whole = true
	case below == "/Items/Default":
		l.Default = true
	case strings.HasSuffix(below, "/UserGroups"):
		l.Visible = true
	case below == "/MDOItems":
		l.Plain = true
	}
	return true
}
