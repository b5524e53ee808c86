package superofficetest

import (
	"strings"
	"sync"

	"github.com/superoffice-go/superoffice/api"
	"github.com/superoffice-go/superoffice/internal/apidef"
)

// definition is the API as the server needs it.
type definition struct {
	*apidef.Definition
	calls    map[string]*apidef.Call // by "agent/call" in lower case
	carriers map[apidef.Type]*apidef.Carrier
	enums    map[apidef.Type]*apidef.Enum
	agents   map[string]*apidef.Agent
	actions  map[string]action // by "agent/call" in lower case
	routes   routes
	// entityActions are what entities keep, by their names.
	entityActions map[string]action
	entityCalls   map[string]*apidef.Call // by entityOperation in lower case
}

// theAPI is read once for all servers of a program. It is never changed.
var theAPI = sync.OnceValue(func() *definition {
	read, err := apidef.Read(api.Files())
	if err != nil {
		panic("superofficetest: " + err.Error()) // its tests would not have passed
	}
	return newDefinition(read)
})

// newDefinition finds in a definition what the server looks up.
func newDefinition(read *apidef.Definition) *definition {
	d := &definition{
		Definition: read, calls: make(map[string]*apidef.Call), carriers: make(map[apidef.Type]*apidef.Carrier),
		enums: make(map[apidef.Type]*apidef.Enum), agents: make(map[string]*apidef.Agent),
	}
	for _, a := range read.Agents {
		d.agents[a.Name] = a
	}
	for _, c := range read.Calls() {
		d.calls[strings.ToLower(c.Agent+"/"+c.Name)] = c
	}
	for _, c := range read.Carriers {
		d.carriers[apidef.Type(c.Name)] = c
	}
	for _, e := range read.Enums {
		d.enums[apidef.Type(e.Name)] = e
	}
	d.actions, d.routes = d.findActions(), d.findRoutes()
	d.entityActions, d.entityCalls = d.findEntityActions(), make(map[string]*apidef.Call)
	for _, c := range d.EntityCalls() {
		d.entityCalls[strings.ToLower(entityOperation(c))] = c
	}
	return d
}

// members returns the members of a carrier, those of its base included.
func (d *definition) members(c *apidef.Carrier) []apidef.Member {
	if c.Of == "" {
		return c.Members
	}
	base := d.carriers[apidef.Type(c.Of)].Members
	return append(append(make([]apidef.Member, 0, len(base)+len(c.Members)), base...), c.Members...)
}

// member returns the member of a carrier with a name in any case, or nil.
func (d *definition) member(c *apidef.Carrier, name string) *apidef.Member {
	for _, m := range d.members(c) {
		if strings.EqualFold(m.Name, name) {
			return &m
		}
	}
	return nil
}

// kind returns the carrier that an object of a base carrier is, by its mark.
func (d *definition) kind(c *apidef.Carrier, object map[string]any) *apidef.Carrier {
	mark, _ := member(object, c.By)
	for _, sub := range d.Subtypes(c.Name) {
		if text, ok := mark.(string); ok && strings.EqualFold(text, sub.When) {
			return sub
		}
	}
	return c
}
