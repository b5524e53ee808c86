package superofficetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// fileCall is a call that stores or returns the content of a file: which kind
// of file, and the parameters that name it.
type fileCall struct {
	kind string   // files of different kinds may have the same name
	keys []string // a parameter, or a member of one: DocumentEntity/DocumentId
}

// fileCalls holds the calls that store files and those that return them, which
// a parameter or result of the type stream tells apart. What one stores under
// a key comes back from each other of the same kind.
var fileCalls = map[string]fileCall{
	"BLOB/SetBlobStream":   {"blob", []string{"BlobEntityId"}},
	"BLOB/GetBlobStream":   {"blob", []string{"BlobEntityId"}},
	"BLOB/SaveImageStream": {"blob", nil},

	"BLOB/SetContactImage":         {"company's picture", []string{"ContactId"}},
	"BLOB/GetContactImage":         {"company's picture", []string{"ContactId"}},
	"BLOB/GetContactImageWithSize": {"company's picture", []string{"ContactId"}},

	"BLOB/SetPersonImage":         {"person's picture", []string{"PersonId"}},
	"Person/SetPersonImage":       {"person's picture", []string{"PersonId"}},
	"BLOB/GetPersonImage":         {"person's picture", []string{"PersonId"}},
	"BLOB/GetPersonImageWithSize": {"person's picture", []string{"PersonId"}},
	"Person/GetPersonImage":       {"person's picture", []string{"PersonId"}},

	"BLOB/SetProjectImage":         {"project's picture", []string{"ProjectId"}},
	"Project/SetProjectImage":      {"project's picture", []string{"ProjectId"}},
	"BLOB/GetProjectImage":         {"project's picture", []string{"ProjectId"}},
	"BLOB/GetProjectImageWithSize": {"project's picture", []string{"ProjectId"}},
	"Project/GetProjectImage":      {"project's picture", []string{"ProjectId"}},

	"BLOB/SetProductImage":     {"product's picture", []string{"ProductId"}},
	"BLOB/GetProductImage":     {"product's picture", []string{"ProductId"}},
	"BLOB/SetProductThumbnail": {"product's thumbnail", []string{"ProductId"}},
	"BLOB/GetProductThumbnail": {"product's thumbnail", []string{"ProductId"}},

	"Document/SetDocumentStream":           {"document", []string{"DocumentEntity/DocumentId"}},
	"Document/SetDocumentStreamFromId":     {"document", []string{"DocumentId"}},
	"Document/SavePrivacyReportPdf":        {"document", nil},
	"Document/GetDocumentStream":           {"document", []string{"DocumentId"}},
	"Document/GetDocumentStreamFromEntity": {"document", []string{"DocumentEntity/DocumentId"}},
	"Document/GetSanitizedDocumentStream":  {"document", []string{"DocumentId"}},
	"EMail/GetEmailDocumentAsMimeStream":   {"document", []string{"DocumentId"}},

	"Document/CreateTempFile": {"temporary file", []string{"Filename"}},
	"Document/GetTempFile":    {"temporary file", []string{"Filename"}},

	"Document/SetTemplateStream":          {"e-mail template", []string{"Filename"}},
	"Document/GetTemplateStream":          {"e-mail template", []string{"TemplateName"}},
	"Document/GetSanitizedTemplateStream": {"e-mail template", []string{"TemplateName"}},

	"Document/SaveDocumentTemplateStream":       {"document template", []string{"DocumentTemplateId", "LanguageCode"}},
	"List/SaveDocumentTemplateStream":           {"document template", []string{"DocumentTemplateId", "LanguageCode"}},
	"List/SetDocumentTemplateStream":            {"document template", []string{"DocumentTemplateEntity/DocumentTemplateId", "LanguageCode"}},
	"List/GetDocumentTemplateStreamFromId":      {"document template", []string{"DocumentTemplateId", "LanguageCode"}},
	"Document/GetTemplateStreamFromId":          {"document template", []string{"TemplateId", "UiCulture"}},
	"Document/GetSanitizedTemplateStreamFromId": {"document template", []string{"TemplateId", "UiCulture"}},

	"Ticket/UploadAttachment":    {"attachment", []string{"AttachmentId"}},
	"Ticket/GetAttachmentStream": {"attachment", []string{"AttachmentId"}},
}

// fileOwners are the entities without which a file of a kind is gone.
var fileOwners = map[string]string{"blob": "BlobEntity", "document": "DocumentEntity"}

// fileStore holds the contents that calls have stored.
type fileStore struct {
	mu    sync.Mutex
	last  int
	files map[string]file // by kind and key
}

// do answers a call that stores or returns a file. ok is false if it does
// neither, or returns one that nobody has stored.
func (s *fileStore) do(op operation, r *request, entities *entityStore) (answer any, ok bool) {
	f, known := fileCalls[op.name]
	in, isObject := r.body.(map[string]any)
	if !known || !isObject {
		return nil, false
	}
	if op.call.Result == "stream" {
		key := f.key(in)
		if entities.gone(fileOwners[f.kind] + key) {
			return nil, true
		}
		content, found := s.content(f.kind + key)
		return content, found
	}
	id := s.put(f, in, streamIn(op.call, in))
	switch {
	case op.call.Result == "int":
		return json.Number(fmt.Sprint(id)), true
	case op.call.Result == "string": // the name of a temporary file
		name, _ := member(in, f.keys[0])
		return name, true
	case op.call.Result == "":
		return nil, true
	}
	return stored(op, r, in, entities)
}

// stored is the entity whose content was stored: as it was sent, or as it was
// saved before.
func stored(op operation, r *request, in map[string]any, entities *entityStore) (answer any, ok bool) {
	for _, p := range op.call.Params {
		if value, _ := member(in, p.Name); value != nil && p.Type == op.call.Result {
			return r.named(p.Type, value), true
		}
	}
	for _, a := range r.actions {
		if a.entity == string(op.call.Result) && a.sample.Name == a.entity {
			return entities.one(a, r, asInt(in, a.id)), true
		}
	}
	return nil, false
}

// key is what a call names a file with.
func (f fileCall) key(in map[string]any) string {
	var b strings.Builder
	for _, path := range f.keys {
		var value any = in
		for name := range strings.SplitSeq(path, "/") {
			object, _ := value.(map[string]any)
			value, _ = member(object, name)
		}
		fmt.Fprint(&b, "/", value)
	}
	return strings.ToLower(b.String())
}

// streamIn is the content of the file in the body of a call.
func streamIn(c *apidef.Call, in map[string]any) file {
	for _, p := range c.Params {
		if p.Type == "stream" {
			value, _ := member(in, p.Name)
			text, _ := value.(string)
			content, _ := base64.StdEncoding.DecodeString(text) // it was checked
			return content
		}
	}
	return nil
}

// put stores a file and returns its number if the call gives it a new one.
func (s *fileStore) put(f fileCall, in map[string]any, content file) (id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := f.kind + f.key(in)
	if f.keys == nil {
		s.last++
		id = firstID + s.last
		key = fmt.Sprint(f.kind, "/", id)
	}
	if s.files == nil {
		s.files = make(map[string]file)
	}
	s.files[key] = content
	return id
}

func (s *fileStore) content(key string) (content file, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	content, found = s.files[key]
	return content, found
}
