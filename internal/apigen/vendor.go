package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v2 "github.com/pb33f/libopenapi/datamodel/high/v2"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// The vendor's files, as its download unpacks them, and the list of enums that
// the OpenAPI documents leave out.
const (
	agentsFile = "Swagger-v1-Agents.json"
	enumsFile  = "enums.json"
)

// vendor reads the vendor's documents into a definition that holds their facts
// and nothing else.
type vendor struct {
	*apidef.Definition
	wrappers map[string]*base.Schema // requests, by their full names
	names    enumNames
}

// readVendor reads the documents in a folder.
func readVendor(folder string) (*apidef.Definition, error) {
	v := vendor{Definition: new(apidef.Definition), wrappers: make(map[string]*base.Schema)}
	if err := v.readEnums(filepath.Join(folder, enumsFile)); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(folder, agentsFile))
	if err != nil {
		return nil, err
	}
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", agentsFile, err)
	}
	model, err := document.BuildV2Model()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", agentsFile, err)
	}
	if err := v.readDefinitions(model.Model.Definitions); err != nil {
		return nil, err
	}
	for path, item := range model.Model.Paths.PathItems.FromOldest() {
		if err := v.readCall(path, item.Post); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	v.Sort() // the carriers are found by their names
	if err := v.readREST(folder); err != nil {
		return nil, err
	}
	v.Sort()
	return v.Definition, nil
}

func (v *vendor) readEnums(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var list struct {
		Enums map[string]struct {
			Flags   bool `json:"flags"`
			Members []struct {
				Wire  string `json:"wire"`
				Value int    `json:"value"`
			} `json:"members"`
		} `json:"enums"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for name, enum := range list.Enums {
		e := &apidef.Enum{Name: name, Flags: enum.Flags}
		for _, m := range enum.Members {
			e.Members = append(e.Members, apidef.EnumMember{Name: m.Wire, Value: m.Value})
		}
		v.Enums = append(v.Enums, e)
	}
	v.Sort()
	v.names = newEnumNames(v.Enums)
	return nil
}

// short is a definition's name without its namespace.
func short(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// wrapperName matches the definitions that hold the parameters of one call.
var wrapperName = regexp.MustCompile(`Carriers\.\w+Carriers\.\w+Request$`)

func (v *vendor) readDefinitions(all *v2.Definitions) error {
	for name, proxy := range all.Definitions.FromOldest() {
		schema := proxy.Schema()
		if schema == nil {
			return fmt.Errorf("%s cannot be read: %w", name, proxy.GetBuildError())
		}
		if wrapperName.MatchString(name) {
			v.wrappers[name] = schema
			continue
		}
		c := &apidef.Carrier{Name: short(name)}
		if schema.Properties != nil {
			for member, property := range schema.Properties.FromOldest() {
				t, own := v.memberType(c.Name, member, property)
				c.Members = append(c.Members, apidef.Member{Name: member, Type: t, Own: own, Old: isDeprecated(member, property.Schema())})
			}
		}
		v.Carriers = append(v.Carriers, c)
	}
	return nil
}

var deprecated = regexp.MustCompile(`(?i)\b(deprecated|obsolete)\b`)

// isDeprecated reports whether the vendor advises against a member. CustomFields
// is what replaces the deprecated ones, as its description says.
func isDeprecated(member string, s *base.Schema) bool {
	return s != nil && member != "CustomFields" && deprecated.MatchString(s.Description)
}

// memberType is the type of a member of a carrier or request: our own
// knowledge first, the document's after it.
func (v *vendor) memberType(owner, member string, p *base.SchemaProxy) (t apidef.Type, own bool) {
	if t, ok := ownTypes[owner+"."+member]; ok {
		return t, true
	}
	t = v.schemaType(owner+"."+member, p)
	if t == "map[string]string" && slices.Contains(customFields, member) {
		return "map[string]value", true
	}
	return t, false
}

// schemaType is the type that a schema describes.
func (v *vendor) schemaType(where string, p *base.SchemaProxy) apidef.Type {
	if p.IsReference() {
		return apidef.Type(short(p.GetReference()))
	}
	s := p.Schema()
	if len(s.Enum) > 0 {
		names := make([]string, 0, len(s.Enum))
		for _, node := range s.Enum {
			names = append(names, node.Value)
		}
		return v.names.find(where, names)
	}
	kind := "object"
	if len(s.Type) > 0 {
		kind = s.Type[0]
	}
	switch kind + " " + s.Format {
	case "integer int64":
		return "long"
	case "integer int32", "integer ":
		return "int"
	case "number double", "number float", "number ":
		return "double"
	case "boolean ":
		return "bool"
	case "string date-time":
		return "time"
	case "string byte":
		return "bytes"
	case "string binary":
		return "stream"
	case "string ", "string uuid":
		return "string"
	case "array ":
		return "[]" + v.schemaType(where, s.Items.A)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.IsA() {
		return "map[string]" + v.schemaType(where, s.AdditionalProperties.A)
	}
	return "any"
}

// readCall reads one operation.
func (v *vendor) readCall(path string, op *v2.Operation) error {
	parts := strings.Split(path, "/")
	if len(parts) < 2 || op == nil {
		return fmt.Errorf("is no agent call")
	}
	c := &apidef.Call{Agent: parts[len(parts)-2], Name: parts[len(parts)-1], Whole: true, Slow: slowMark(op.Description)}
	c.Write = isWrite(c.Agent, c.Name)
	for _, p := range op.Parameters {
		switch {
		case p.Name == "$select":
			c.Whole = false
		case p.In == "query":
			c.Shape = apidef.ShapeQuery
			c.Params = append(c.Params, apidef.Param{Name: p.Name, Type: "int"})
		case p.In == "body":
			v.readBody(c, p)
		}
	}
	if ok := op.Responses.Codes.GetOrZero("200"); ok != nil && ok.Schema != nil {
		c.Result = v.schemaType(c.Agent+"/"+c.Name, ok.Schema)
		if c.Result == "bytes" {
			c.Result = "stream"
		}
	}
	agent := v.agent(c.Agent)
	agent.Online = onlineMark(op.Description, agent.Online)
	agent.Calls = append(agent.Calls, c)
	return nil
}

// readBody reads the parameters that the body of a call holds, or is.
func (v *vendor) readBody(c *apidef.Call, p *v2.Parameter) {
	if wrapper := v.wrappers[strings.TrimPrefix(p.Schema.GetReference(), "#/definitions/")]; wrapper != nil {
		for name, property := range wrapper.Properties.FromOldest() {
			t, own := v.memberType(c.Name+"Request", name, property)
			if t == "bytes" {
				t = "stream"
			}
			c.Params = append(c.Params, apidef.Param{Name: name, Type: t, Own: own, Secret: isSecret(name, t)})
		}
		return
	}
	c.Shape = apidef.ShapeBody
	t := v.schemaType(c.Agent+"/"+c.Name, p.Schema)
	name := p.Name
	if !strings.HasPrefix(string(t), "[]") {
		name = "entity"
	}
	c.Params = append(c.Params, apidef.Param{Name: name, Type: t, Required: !strings.HasPrefix(string(t), "[]")})
}

func (v *vendor) agent(name string) *apidef.Agent {
	for _, a := range v.Agents {
		if a.Name == name {
			return a
		}
	}
	a := &apidef.Agent{Name: name}
	v.Agents = append(v.Agents, a)
	return a
}

var slow = regexp.MustCompile(`NsApiSlow threshold: (\d+) ms`)

func slowMark(description string) int {
	if m := slow.FindStringSubmatch(description); m != nil {
		n, _ := strconv.Atoi(m[1]) // digits
		return n
	}
	return 0
}

// onlineMark reads how SuperOffice Online restricts the agent of a call.
func onlineMark(description, before string) string {
	switch {
	case strings.Contains(description, "not allowed for partner apps"):
		return "closed"
	case strings.Contains(description, "## Online Restricted"):
		return "request"
	case strings.Contains(description, "## Experimental"):
		return "experimental"
	}
	return before
}
