package superofficetest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// findEntityActions finds, for each entity, the carrier that its Get returns, and
// the member that is its number: what the agents save is what REST finds.
func (d *definition) findEntityActions() map[string]action {
	all := make(map[string]action)
	for _, e := range d.Entities {
		for _, c := range e.Calls {
			carrier := d.carriers[c.Result]
			if c.Name != "Get" || carrier == nil || len(c.RouteParams()) != 1 || param(c, c.RouteParams()[0]).Type != "int" {
				continue
			}
			a, known := d.actions[strings.ToLower(c.Twin)]
			if !known {
				a = action{entity: carrier.Name, id: ownID(carrier), sample: carrier}
			}
			all[e.Name] = a
		}
	}
	return all
}

// ownID is the member that is the number of a carrier: the one that is named after
// it, or after the end of its name, or else the first that looks like one.
func ownID(c *apidef.Carrier) string {
	base := strings.ToLower(strings.TrimSuffix(c.Name, "Entity"))
	first, similar := "", ""
	for _, m := range c.Members {
		stem, isID := strings.CutSuffix(strings.ToLower(m.Name), "id")
		switch {
		case !isID || m.Type != "int":
		case stem == base:
			return m.Name
		case similar == "" && strings.HasSuffix(base, stem):
			similar = m.Name
		case first == "":
			first = m.Name
		}
	}
	if similar != "" {
		return similar
	}
	return first
}

// entityResult answers a call of an entity.
func (s *Server) entityResult(c *call, op operation, r *request) (any, *failure) {
	e := op.call
	if e.Result == "rows" {
		return map[string]any{"odata.metadata": "http://" + c.Host + s.root + "/" + c.path + "/$metadata", "odata.nextLink": nil, "value": []any{}}, nil
	}
	if value, failed, done := s.content(op, r); done {
		return value, failed
	}
	if value, failed, known := s.ownEntityResult(c, op, r); known {
		return value, failed
	}
	if e.List != "" {
		return s.listResult(c, op, r)
	}
	a, known := theAPI().entityActions[e.Entity]
	id, _ := strconv.Atoi(op.values[strings.Join(e.RouteParams(), "")])
	if known && (e.Name == "Create" || e.Name == "Replace") {
		if failed := s.tryWebhook(c.Context(), a, r); failed != nil {
			return nil, failed
		}
	}
	switch {
	case e.Name == "Default" && theAPI().carriers[e.Result] != nil:
		return r.fresh(e, nil), nil
	case known && e.Name == "Create":
		return s.withLinks(c, op, a, s.entities.create(a, r)), nil
	case known && e.Name == "Get":
		value, failed := s.entities.fetch(a, r, id, c.Header.Get("If-Modified-Since"))
		return s.withLinks(c, op, a, value), failed
	case known && e.Name == "Replace":
		value, failed := s.entities.change(a, r, id, c.Header.Get("If-Unmodified-Since"), func(map[string]any) (map[string]any, *failure) {
			body, _ := theAPI().named(apidef.Type(a.entity), r.body).(map[string]any)
			return body, nil
		})
		return s.withLinks(c, op, a, value), failed
	case known && e.Name == "Patch":
		value, failed := s.entities.change(a, r, id, c.Header.Get("If-Unmodified-Since"), func(now map[string]any) (map[string]any, *failure) {
			return theAPI().patched(theAPI().carriers[apidef.Type(a.entity)], now, r.body)
		})
		return s.withLinks(c, op, a, value), failed
	case known && e.Name == "Delete":
		return nil, s.entities.remove(a, r, id, c.Header.Get("If-Unmodified-Since"))
	}
	if twin, ok := theAPI().actions[strings.ToLower(e.Twin)]; ok && len(e.RouteParams()) == 1 && !e.Write {
		r.param = op.values[e.RouteParams()[0]]
		return found(twin.do(s.entities, twin, r))
	}
	return r.sampler.result(e), nil
}

// ownEntityResult answers the calls of entities for what a tenant has of its own.
func (s *Server) ownEntityResult(c *call, op operation, r *request) (value any, failed *failure, known bool) {
	if value, failed, known = s.tableResult(op, r); known {
		return value, failed, known
	}
	if value, failed, known = s.customObjectResult(op, r); known {
		return value, failed, known
	}
	if value, failed, known = s.fieldResult(op, r); known {
		return value, failed, known
	}
	return s.mdoListResult(c, op)
}

func found(value any) (any, *failure) {
	if value == nil {
		return nil, notFound()
	}
	return value, nil
}

func notFound() *failure {
	return serviceFailure(http.StatusNotFound, "SoNotFoundException", "There is no such record.")
}

// withLinks adds the links of an entity.
func (s *Server) withLinks(c *call, op operation, a action, value any) any {
	entity, ok := value.(map[string]any)
	if !ok || entity == nil {
		return nil
	}
	linked := make(map[string]any, len(entity)+1)
	for name, inner := range entity {
		linked[name] = inner
	}
	at := "http://" + c.Host + s.root + "/v1/" + op.call.Entity
	linked, _ = s.withDisplayTexts(a, linked).(map[string]any)
	linked["_Links"] = map[string]any{"Self": at + "/" + strconv.Itoa(asInt(entity, a.id)), "Archive": at}
	return linked
}

// The stored entities, as REST reaches them.

// create keeps an entity under a number of its own, whatever number it has.
func (s *entityStore) create(a action, r *request) any {
	entity, _ := s.api.named(apidef.Type(a.entity), r.body).(map[string]any)
	if entity == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	return s.keep(a, s.last, entity)
}

// keep stores an entity and notes the time. s is locked.
func (s *entityStore) keep(a action, id int, entity map[string]any) map[string]any {
	delete(entity, "_Links")
	entity[a.id] = json.Number(strconv.Itoa(id))
	return s.put(a, id, entity)
}

// fetch returns an entity, unless it is the same as at a time.
func (s *entityStore) fetch(a action, r *request, id int, since string) (any, *failure) {
	value, failed := found(s.one(a, r, id))
	if failed != nil {
		return nil, failed
	}
	if at, err := http.ParseTime(since); err == nil && !s.changedSince(a, id, at) {
		return nil, &failure{status: http.StatusNotModified}
	}
	return value, nil
}

// changedSince reports whether an entity was changed after a time, to the second,
// as headers tell it.
func (s *entityStore) changedSince(a action, id int, at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isChanged(a, id, at)
}

func (s *entityStore) isChanged(a action, id int, at time.Time) bool {
	changed, ok := s.touched[key(a.entity, id)]
	if !ok {
		changed = s.began
	}
	return changed.Truncate(time.Second).After(at)
}

// change makes one entity of another, unless it was changed after a time. Nobody
// else changes it meanwhile.
func (s *entityStore) change(a action, r *request, id int, since string, make func(now map[string]any) (map[string]any, *failure)) (any, *failure) {
	s.changing.Lock()
	defer s.changing.Unlock()
	now, _ := s.one(a, r, id).(map[string]any)
	if now == nil {
		return nil, notFound()
	}
	if failed := s.unmodified(a, id, since); failed != nil {
		return nil, failed
	}
	after, failed := make(deepCopy(now).(map[string]any))
	if failed != nil {
		return nil, failed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keep(a, id, after), nil
}

// remove deletes an entity, unless it was changed after a time.
func (s *entityStore) remove(a action, r *request, id int, since string) *failure {
	s.changing.Lock()
	defer s.changing.Unlock()
	if failed := s.unmodified(a, id, since); failed != nil {
		return failed
	}
	r.param = strconv.Itoa(id)
	s.delete(a, r)
	return nil
}

// unmodified refuses a change if a header says so.
func (s *entityStore) unmodified(a action, id int, since string) *failure {
	if at, err := http.ParseTime(since); err == nil && s.changedSince(a, id, at) {
		return serviceFailure(http.StatusPreconditionFailed, "SoPreconditionFailedException", "The record was changed since.")
	}
	return nil
}

// deepCopy is a copy of a tree.
func deepCopy(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, inner := range value {
			object[name] = deepCopy(inner)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = deepCopy(value[i])
		}
		return list
	}
	return value
}

// listResult answers a call of a list: its items are kept.
func (s *Server) listResult(c *call, op operation, r *request) (any, *failure) {
	e := op.call
	name := e.List
	if value, isParam := op.values[strings.Trim(name, "{}")]; isParam {
		name = value
		if t := s.list(value); t != nil {
			name = t.name
		}
	}
	carrier := theAPI().carriers[listCarrier(e)]
	a := action{entity: "List/" + strings.ToLower(name), sample: carrier}
	if carrier != nil {
		a.id = ownID(carrier)
	}
	id, _ := strconv.Atoi(op.values["itemId"])
	switch e.Name {
	case "Add":
		return s.entities.create(a, r), nil
	case "Item":
		return found(asItem(a, r, s.entities.item(a, r, id)))
	case "Items":
		if t := s.list(name); t != nil {
			items := []any{}
			for _, item := range s.itemsOf(t, strings.EqualFold(c.URL.Query().Get("includeDeleted"), "true")) {
				items = append(items, asItem(a, r, item))
			}
			return items, nil
		}
		if items := s.entities.items(a); items != nil {
			return items, nil
		}
	case "Replace":
		item, _ := theAPI().named(e.Result, r.body).(map[string]any)
		s.entities.mu.Lock()
		defer s.entities.mu.Unlock()
		return s.entities.keep(a, id, item), nil
	case "Delete":
		return nil, s.entities.remove(a, r, id, "")
	case "Default":
		return r.fresh(e, nil), nil
	case "ReplaceAll":
		return r.body, nil
	}
	return r.sampler.result(e), nil
}

// listCarrier is the carrier of the items of a list.
func listCarrier(c *apidef.Call) apidef.Type {
	for _, e := range theAPI().Entities {
		for _, l := range e.Lists {
			if l.Name == c.List {
				return l.Of
			}
		}
	}
	return ""
}

// item returns what was kept of a list's item over a sample.
func (s *entityStore) item(a action, r *request, id int) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept := s.current(a, id); kept != nil {
		return kept
	}
	if s.deleted[key(a.entity, id)] || id <= 0 {
		return nil
	}
	object := r.sampler.object(a.sample, sampleDepth)
	object[a.id] = json.Number(strconv.Itoa(id))
	return object
}

// asItem is an item of a list as the carrier of the list's items.
func asItem(a action, r *request, value any) any {
	item, _ := value.(map[string]any)
	if _, has := item[a.id]; item == nil || has {
		return value
	}
	one := r.sampler.blank(a.sample)
	for name, value := range item {
		if _, has := one[name]; has {
			one[name] = value
		}
	}
	one[a.id] = item["Id"]
	return one
}

// items returns the items that were kept of a list, in the order of their numbers.
func (s *entityStore) items(a action) []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var items []any
	for id := firstID; id <= s.last; id++ {
		if item, ok := s.saved[key(a.entity, id)]; ok {
			items = append(items, item)
		}
	}
	return items
}

// entityFiles are the kinds of files that calls of entities store and return, by
// their routes; see fileCalls for those of the agents.
var entityFiles = map[string]string{
	"v1/Document/{documentId}/Content": "document", "v1/Attachment/{attachmentId}/Content": "attachment",
	"v1/Contact/{contactId}/Image": "company's picture", "v1/Person/{personId}/Image": "person's picture",
	"v1/Project/{projectId}/Image": "project's picture", "v1/Product/{productId}/Image": "product's picture",
	"v1/List/DocumentTemplate/Items/{documentTemplateId}/Content/{languageCode}": "document template",
}

// content answers a call that stores, returns or deletes a file.
func (s *Server) content(op operation, r *request) (value any, failed *failure, done bool) {
	kind, known := entityFiles[op.call.Route]
	if !known {
		return nil, nil, false
	}
	key := kind
	for _, name := range op.call.RouteParams() {
		key += "/" + strings.ToLower(op.values[name])
	}
	body, isFile := r.body.(file)
	s.files.mu.Lock()
	defer s.files.mu.Unlock()
	switch {
	case op.call.Result == "stream":
		content, found := s.files.files[key]
		if found && content == nil {
			return nil, notFound(), true
		}
		return content, nil, found
	case isFile:
		s.files.set(key, body)
		return nil, nil, op.call.Result == ""
	case op.call.Method == http.MethodDelete:
		s.files.set(key, nil)
		return nil, nil, op.call.Result == ""
	}
	return nil, nil, false
}

// set stores a file; nil is one that was deleted. s is locked.
func (s *fileStore) set(key string, content file) {
	if s.files == nil {
		s.files = make(map[string]file)
	}
	s.files[key] = content
}

// uploaded reads a body that is a file, or a form with a field that is one.
func uploaded(c *call, p apidef.Param) (file, *failure) {
	media, params, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if isJSON(c.Header.Get("Content-Type")) && !p.Form {
		var text string
		content, decodeErr := []byte(nil), json.Unmarshal(c.body, &text)
		if decodeErr == nil {
			content, decodeErr = base64.StdEncoding.DecodeString(text)
		}
		if decodeErr == nil {
			return notNilFile(content), nil
		}
	}
	if !p.Form {
		return notNilFile(c.body), nil
	}
	if err != nil || media != "multipart/form-data" {
		return nil, frameworkFailure(http.StatusUnsupportedMediaType, "The media type of the request is not supported.", "")
	}
	form := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, argumentFailure("The form has no file " + p.Name + ".")
		}
		if part.FormName() == p.Name {
			content, err := io.ReadAll(part)
			if err != nil {
				return nil, argumentFailure("The form is cut short.")
			}
			return notNilFile(content), nil
		}
	}
}

// notNilFile is a content that is there, if empty.
func notNilFile(content []byte) file { return append(file{}, content...) }
