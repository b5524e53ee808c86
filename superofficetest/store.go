package superofficetest

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// An entity is a carrier that an agent saves, gets and deletes by a number.
// What is saved is kept whole, members that nobody knows included. A number
// that was never saved is answered with a sample of that number, so that a
// program finds something; one that was deleted, and 0 and below, with null.

// action is what a call does with an entity.
type action struct {
	do     func(*entityStore, action, *request) any
	agent  string // that saves it, or ""
	entity string // the carrier that is saved, or "List/" and the list
	id     string // its member that is its number
	sample *apidef.Carrier
}

// findActions finds the calls that work on entities: SaveX, whose body is a carrier
// that a GetX of the same agent returns by a number in the query; and with
// them DeleteX, and the calls that return a shorter carrier by
// the same number, or by a list of them.
func (d *definition) findActions() map[string]action {
	all := make(map[string]action)
	for _, c := range d.Calls() {
		suffix, isSave := strings.CutPrefix(c.Name, "Save")
		get := d.calls[strings.ToLower(c.Agent+"/Get"+suffix)]
		if !isSave || c.Shape != apidef.ShapeBody || get == nil || get.Shape != apidef.ShapeQuery || get.Result != c.Params[0].Type {
			continue
		}
		carrier := d.carriers[get.Result]
		a := action{agent: c.Agent, entity: carrier.Name, id: d.idOf(carrier, get.Params[0].Name), sample: carrier}
		if a.id == "" {
			continue
		}
		add := func(name string, do func(*entityStore, action, *request) any) {
			a.do = do
			all[strings.ToLower(c.Agent+"/"+name)] = a
		}
		add(c.Name, (*entityStore).save)
		add("Get"+suffix, (*entityStore).get)
		add("Delete"+suffix, (*entityStore).delete)
		d.short(c.Agent, a, all)
	}
	return all
}

// idOf is the member of a carrier that holds its number: the one that is named
// as the parameter, or the first that looks like one.
func (d *definition) idOf(c *apidef.Carrier, param string) string {
	wanted := strings.Replace(param, "Entity", "", 1)
	first := ""
	for _, m := range c.Members {
		if m.Type == "int" && strings.EqualFold(m.Name, wanted) {
			return m.Name
		}
		if first == "" && m.Type == "int" && strings.HasSuffix(m.Name, "Id") {
			first = m.Name
		}
	}
	return first
}

// short adds the calls that return other carriers with the same number.
func (d *definition) short(agent string, a action, all map[string]action) {
	for _, c := range d.agents[agent].Calls {
		name := strings.ToLower(c.Agent + "/" + c.Name)
		element, isList := c.Result.List()
		switch {
		case len(c.Params) != 1 || all[name].do != nil || c.Write:
			continue
		case c.Shape == apidef.ShapeQuery && strings.EqualFold(c.Params[0].Name, a.id):
			element, a.do = c.Result, (*entityStore).get
		case isList && c.Shape == apidef.ShapeBody && strings.EqualFold(c.Params[0].Name, a.id+"s"):
			a.do = (*entityStore).list
		default:
			continue
		}
		if a.sample = d.carriers[element]; a.sample != nil && d.idOf(a.sample, a.id) == a.id {
			all[name] = a
		}
	}
}

// entityStore holds what was saved.
type entityStore struct {
	api *definition

	began    time.Time // before which nothing was changed
	changed  func(recordChange)
	isHeard  atomic.Bool // a webhook was saved
	changing sync.Mutex  // held while one record is made of another

	mu      sync.Mutex
	last    int
	touched map[string]time.Time              // when it was changed, by carrier and number
	made    map[string]time.Time              // when it was saved first
	hooks   map[int]bool                      // the numbers of webhooks
	saved   map[string]map[string]any         // by carrier and number
	seeded  map[string]map[int]map[string]any // the demo data, with the members that it has only
	deleted map[string]bool
}

// firstID is the number after which new entities are counted, above those that
// tests like to write.
const firstID = 1000

func newEntityStore(api *definition) *entityStore {
	return &entityStore{api: api, began: time.Now(), touched: make(map[string]time.Time), made: make(map[string]time.Time), hooks: make(map[int]bool), last: firstID, saved: make(map[string]map[string]any), deleted: make(map[string]bool)}
}

func key(entity string, id int) string { return entity + "/" + strconv.Itoa(id) }

func (s *entityStore) save(a action, r *request) any {
	entity, _ := s.api.named(apidef.Type(a.entity), r.body).(map[string]any)
	if entity == nil {
		return nil
	}
	delete(entity, "_Links") // of an entity that REST has given
	id := asInt(entity, a.id)
	s.changing.Lock()
	defer s.changing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == 0 {
		s.last++
		id = s.last
		entity[a.id] = json.Number(strconv.Itoa(id))
	}
	return s.put(a, id, entity)
}

// put keeps a record, and notes that it was changed. s is locked.
func (s *entityStore) put(a action, id int, record map[string]any) map[string]any {
	at := key(a.entity, id)
	before := s.current(a, id)
	s.saved[at], s.touched[at] = record, time.Now()
	if before == nil {
		s.made[at] = s.touched[at]
	}
	delete(s.deleted, at)
	if a.entity == webhookCarrier {
		s.hooks[id] = true
		s.isHeard.Store(true)
	}
	s.note(recordChange{table: a.table(), id: id, before: before, after: record})
	return record
}

// current is a record as it is kept, or nil. s is locked.
func (s *entityStore) current(a action, id int) map[string]any {
	at := key(a.entity, id)
	if saved := s.saved[at]; saved != nil || s.deleted[at] {
		return saved
	}
	return s.seeded[a.entity][id]
}

// note tells of a change, if somebody wants to know. s is locked.
func (s *entityStore) note(change recordChange) {
	if s.changed != nil && s.isHeard.Load() {
		s.changed(change)
	}
}

func (s *entityStore) get(a action, r *request) any {
	id, _ := strconv.Atoi(r.param)
	return s.one(a, r, id)
}

// one returns what was saved, as far as the carrier that is due has it, over a
// sample of the rest.
func (s *entityStore) one(a action, r *request, id int) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	saved, found := s.saved[key(a.entity, id)]
	switch {
	case id <= 0 || s.deleted[key(a.entity, id)]:
		return nil
	case found && a.sample.Name == a.entity:
		return saved
	case !found && s.seeded[a.entity][id] != nil:
		saved = s.seeded[a.entity][id]
		if a.sample.Name == a.entity {
			return withBlanks(r.sampler.blank(a.sample), saved)
		}
	}
	object := r.sampler.object(a.sample, sampleDepth)
	object[a.id] = json.Number(strconv.Itoa(id))
	for _, m := range a.sample.Members {
		value, has := member(saved, m.Name)
		if has && s.api.carriers[m.Type.Innermost()] == nil {
			object[m.Name] = value
		}
	}
	return object
}

// withBlanks returns what a seeded entity holds, with empty members for the rest.
func withBlanks(blank, seeded map[string]any) map[string]any {
	for name, value := range seeded {
		blank[name] = value
	}
	return blank
}

// gone reports whether an entity was deleted, by its carrier and number.
func (s *entityStore) gone(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deleted[key]
}

func (s *entityStore) list(a action, r *request) any {
	ids, _ := r.body.([]any)
	list := make([]any, 0, len(ids))
	for _, id := range ids {
		number, _ := id.(json.Number)
		n, _ := number.Int64()
		if one := s.one(a, r, int(n)); one != nil {
			list = append(list, one)
		}
	}
	return list
}

func (s *entityStore) delete(a action, r *request) any {
	id, _ := strconv.Atoi(r.param)
	s.drop(a, id)
	return nil
}

// drop deletes a record, and notes that it was.
func (s *entityStore) drop(a action, id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.current(a, id)
	s.erase(a, id)
	s.note(recordChange{table: a.table(), id: id, before: before})
}

// forget deletes a record, and nobody is told.
func (s *entityStore) forget(a action, id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase(a, id)
}

// erase takes a record out of the store. s is locked.
func (s *entityStore) erase(a action, id int) {
	at := key(a.entity, id)
	delete(s.saved, at)
	s.deleted[at] = true
}

// asInt reads a number in a member, 0 if there is none.
func asInt(object map[string]any, name string) int {
	switch value, _ := member(object, name); value := value.(type) {
	case json.Number:
		n, _ := value.Int64()
		return int(n)
	case string:
		n, _ := strconv.Atoi(value)
		return n
	}
	return 0
}

// named returns a value with the members of its carriers and enums named as
// the API names them: what is sent may spell them in another case, or give an
// enum's number.
func (d *definition) named(t apidef.Type, value any) any {
	switch value := value.(type) {
	case []any:
		element, _ := t.List()
		list := make([]any, len(value))
		for i := range value {
			list[i] = d.named(element, value[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		inner, isDictionary := t.Dictionary()
		for name, one := range value {
			of := inner
			if c := d.carriers[t]; c != nil && !isDictionary {
				name, of = d.memberName(c, name, value)
			}
			object[name] = d.named(of, one)
		}
		return object
	case json.Number:
		if e := d.enums[t]; e != nil {
			return enumName(e, value)
		}
	}
	return value
}

// enumName gives the number of an enum's member its name, or names where the
// members are flags. One that nobody knows stays a number.
func enumName(e *apidef.Enum, number json.Number) any {
	n, _ := strconv.Atoi(number.String())
	var names []string
	for _, m := range e.Members {
		if m.Value == n {
			return m.Name
		}
		if m.Value&(m.Value-1) == 0 && n&m.Value != 0 {
			names = append(names, m.Name)
		}
	}
	if !e.Flags || len(names) == 0 {
		return number
	}
	return strings.Join(names, ", ")
}

// memberName is the API's spelling of a member's name, and its type. Nobody's
// member keeps its own.
func (d *definition) memberName(c *apidef.Carrier, name string, object map[string]any) (string, apidef.Type) {
	if c.By != "" {
		c = d.kind(c, object)
	}
	if m := d.member(c, name); m != nil {
		return m.Name, m.Type
	}
	return name, ""
}
