package superofficetest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// operation is one call: its definition, and what it does with its
// decoded request if that is more than to answer with a sample.
type operation struct {
	name string // "User/GetExternalTokens"
	call *apidef.Call
	run  func(in map[string]any) (any, *failure)
	// values are those of the parameters of the route, if it has one.
	values map[string]string
}

// operation returns the call with the given name, in any case: an agent's, such
// as "User/GetExternalTokens", or an entity's, such as "GET Contact/{id}".
func (s *Server) operation(name string) (op operation, known bool) {
	name = strings.ToLower(name)
	c, known := theAPI().calls[name]
	if e := theAPI().entityCalls[name]; e != nil {
		return operation{name: entityOperation(e), call: e}, true
	}
	if !known {
		return operation{}, false
	}
	return operation{name: c.Agent + "/" + c.Name, call: c, run: s.tokens.run(name)}, true
}

// help is the line with which a GET describes a call.
func (o operation) help() string {
	if o.call.Write {
		return "A write."
	}
	return "A read."
}

// root names the result where it is XML.
func (o operation) root() string {
	t := o.call.Result
	if element, ok := t.List(); ok {
		return "ArrayOf" + string(element)
	}
	if t.IsBasic() {
		return basicRoots[t]
	}
	return string(t)
}

// basicRoots are .NET's names for what has no definition.
var basicRoots = map[apidef.Type]string{
	"int": "int", "long": "long", "double": "double", "bool": "boolean", "string": "string", "time": "dateTime", "stream": "base64Binary",
}

// request is a request that has been read.
type request struct {
	sampler
	body  any
	given bool   // whether there was a body
	param string // the parameter in the query
}

// operationName names what lies at path: the agent and its method, or Version
// for the API's folder itself, or else the path.
func (s *Server) operationName(path string) string {
	name, isAgent := cutPrefixFold(path, "v1/Agents/")
	if op, known := s.operation(name); isAgent && known {
		return op.name
	}
	if a, ok := archiveAt(path); ok {
		return a.operation
	}
	if c := theAPI().anyRoute(path); c != nil {
		return strings.TrimPrefix(c.Route, "v1/")
	}
	if path == "" {
		return "Version"
	}
	return name
}

func cutPrefixFold(text, prefix string) (after string, found bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return text, false
	}
	return text[len(prefix):], true
}

// answer finds out what the request is for, and does it.
func (s *Server) answer(c *call) reply {
	switch {
	case !c.inside:
		return htmlPage(http.StatusNotFound, "404 - File or directory not found.", "")
	case c.path == "":
		return s.readOnly(c, s.version)
	case strings.EqualFold(c.path, "v1"):
		return s.readOnly(c, s.listing)
	case strings.EqualFold(c.path, currentPrincipalPath) && !s.replies.has("GET User/currentPrincipal"):
		return s.readOnly(c, s.currentPrincipal)
	case strings.EqualFold(c.path, currentTokenPath) && !s.replies.has("GET User/currentToken"):
		return s.readOnly(c, s.currentToken)
	}
	isRead := c.Method == http.MethodGet || c.Method == http.MethodHead
	if a, ok := archiveAt(c.path); ok && (isRead || strings.HasPrefix(a.operation, "Archive")) {
		return s.serveArchive(c, a)
	}
	if routed, values, allowed := theAPI().route(c.Method, c.escaped); routed != nil {
		op := operation{name: routed.Agent + "/" + routed.Name, call: routed, values: values}
		if routed.Entity != "" {
			op.name = entityOperation(routed)
		}
		return s.execute(c, op)
	} else if len(allowed) > 0 {
		return s.refuseMethod(c, strings.Join(allowed, ", "))
	}
	name, isAgent := cutPrefixFold(c.path, "v1/Agents/")
	op, known := s.operation(name)
	if !isAgent || !known || op.call.Route != "" {
		return s.refuse(c, frameworkFailure(http.StatusNotFound, "There is no resource at this address.",
			"Neither an agent method nor an entity is called "+c.path+"."))
	}
	switch c.Method {
	case http.MethodPost:
		return s.execute(c, op)
	case http.MethodGet, http.MethodHead:
		return s.describe(c, op)
	}
	return s.refuseMethod(c, "GET, HEAD, POST")
}

// readOnly lets GET through to f and refuses every other method.
func (s *Server) readOnly(c *call, f func(*call) reply) reply {
	if c.Method != http.MethodGet && c.Method != http.MethodHead {
		return s.refuseMethod(c, "GET, HEAD")
	}
	return f(c)
}

func (s *Server) refuseMethod(c *call, allow string) reply {
	r := s.refuse(c, frameworkFailure(http.StatusMethodNotAllowed, "The resource does not support "+c.Method+".", ""))
	r.header.Set("Allow", allow)
	return r
}

// refuse encodes a failure in the media type that the caller accepts, or in
// JSON if it accepts none.
func (s *Server) refuse(c *call, f *failure) reply {
	media, ok := negotiate(c.Header.Values("Accept"))
	if !ok {
		media = mediaJSON
	}
	return errorReply(media, s.settings.xml, f)
}

// execute runs a call, from the credentials to the encoded result.
func (s *Server) execute(c *call, op operation) reply {
	media, acceptable := negotiate(c.Header.Values("Accept"))
	if op.call.Result == "stream" && acceptsFile(c.Header.Values("Accept")) {
		media, acceptable = mediaFile, true
	}
	value, failed := s.evaluate(c, op, acceptable)
	switch {
	case failed != nil && failed.status == http.StatusNotModified:
		return newReply(failed.status, "", nil)
	case failed != nil:
		return s.refuse(c, failed)
	case op.call.Result == "":
		return newReply(http.StatusNoContent, "", nil)
	case media == mediaFile:
		return fileReply(value)
	}
	if content, ok := value.(file); ok {
		value = base64.StdEncoding.EncodeToString(content)
	}
	if sel := parseSelect(c.URL.Query()); sel != nil {
		value = sel.apply(value)
	}
	if language := requestLanguage(c.Header); language != "" {
		value = translate(value, language, s.settings.resources)
	}
	r := newReply(http.StatusOK, media+"; charset=utf-8", encode(media, s.settings.xml, op.root(), value))
	if zone := c.Header.Get("SO-TimeZone"); zone != "" {
		r.header.Set("SO-TimeZone", zone)
	}
	return r
}

// mediaFile is the type of a file as it is.
const mediaFile = "application/octet-stream"

// acceptsFile reports whether the caller of a call with a file as its result
// takes it as it is, instead of as base64 in JSON or XML.
func acceptsFile(accept []string) bool {
	text := strings.Join(accept, ",")
	return strings.TrimSpace(text) == "" || strings.Contains(text, mediaFile) || strings.Contains(text, "*/*")
}

// fileReply sends a file as it is. A text that a test replied with is its
// base64.
func fileReply(value any) reply {
	content, ok := value.(file)
	if text, isText := value.(string); isText && !ok {
		decoded, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			decoded = []byte(text)
		}
		content = decoded
	}
	return newReply(http.StatusOK, mediaFile, content)
}

// evaluate checks the request in the order in which a server can: who asks,
// may they, can the answer be given, is the question understood.
func (s *Server) evaluate(c *call, op operation, acceptable bool) (any, *failure) {
	if failed := s.authenticate(c.Request); failed != nil {
		return nil, failed
	}
	if failed := s.restriction(op); failed != nil {
		return nil, failed
	}
	if !acceptable {
		return nil, frameworkFailure(http.StatusNotAcceptable, "None of the accepted media types can be given.", "")
	}
	if failed := checkTimeZone(c.Header.Get("SO-TimeZone")); failed != nil {
		return nil, failed
	}
	r, failed := s.understand(c, op)
	if failed != nil {
		return nil, failed
	}
	return s.result(c, op, r)
}

// understand reads the request and holds it against the definition.
func (s *Server) understand(c *call, op operation) (*request, *failure) {
	r := &request{sampler: sampler{theAPI(), strings.Contains(c.Header.Get("SO-TimeZone"), "includeTZOffset")}}
	var failed *failure
	if p := fileParam(op.call); p != nil {
		r.body, failed = uploaded(c, *p)
		r.given = true
	} else {
		r.body, r.given, failed = decode(c.Header.Get("Content-Type"), c.body)
	}
	if failed != nil {
		return nil, failed
	}
	if failed := s.missing(op, r); failed != nil {
		return nil, failed
	}
	if !isJSON(c.Header.Get("Content-Type")) {
		r.body = theAPI().typedBody(op.call, r.body)
	}
	query := c.URL.Query()
	checker := checker{definition: theAPI()}
	if differences := checker.call(op.call, query, r.body, r.given); len(differences) > 0 {
		return nil, s.mismatch(op.name, differences)
	}
	for name, values := range query {
		if op.call.Shape == apidef.ShapeQuery && strings.EqualFold(name, op.call.Params[0].Name) {
			r.param = values[0]
		}
	}
	return r, nil
}

// fileParam is the parameter of an entity's call that is a file as the body, or
// nil.
func fileParam(c *apidef.Call) *apidef.Param {
	for i := range c.Params {
		if p := &c.Params[i]; c.Entity != "" && p.Type == "stream" {
			return p
		}
	}
	return nil
}

// missing refuses a request without the body that its call needs.
func (s *Server) missing(op operation, r *request) *failure {
	if len(bodyParams(op.call)) == 0 {
		return nil
	}
	_, isObject := r.body.(map[string]any)
	problem := ""
	switch {
	case !r.given:
		problem = "The request body is missing."
	case r.body == nil:
		problem = "The request body is null."
	case op.call.Shape == apidef.ShapeMembers && !isObject:
		s.mismatches.add(op.name + ": the body is not an object")
		return frameworkFailure(http.StatusBadRequest, "The request body is not an object.", "")
	default:
		return nil
	}
	s.mismatch(op.name, []string{problem})
	return argumentFailure(problem)
}

// result finds the answer: what a test has set, what is stored, or a sample.
func (s *Server) result(c *call, op operation, r *request) (any, *failure) {
	if answer, ok := s.replies.of(op.name).(func(*http.Request) (any, error)); ok {
		return asked(answer, c)
	}
	if op.call.Entity != "" {
		return s.entityResult(c, op, r)
	}
	if op.run != nil {
		in, _ := r.body.(map[string]any)
		return op.run(in)
	}
	if value, failed, known := s.archiveResult(c, op, r); known {
		return value, failed
	}
	if value, failed, known := s.tenantResult(c, op, r); known {
		return value, failed
	}
	if value, known := s.allWebhooks(op, r); known {
		return value, nil
	}
	if a, ok := theAPI().actions[strings.ToLower(op.name)]; ok {
		if failed := s.tryWebhook(c.Context(), a, r); failed != nil && op.call.Write && op.call.Shape == apidef.ShapeBody {
			return nil, failed
		}
		return s.withDisplayTexts(a, a.do(s.entities, a, r)), nil
	}
	if content, ok := s.files.do(op, r, s.entities); ok {
		return content, nil
	}
	if theAPI().createsDefault(op.call) {
		return r.fresh(op.call, r.body), nil
	}
	return r.sampler.result(op.call), nil
}

// tenantResult answers the calls of agents for what a tenant has of its own: tables,
// fields and lists.
func (s *Server) tenantResult(c *call, op operation, r *request) (value any, failed *failure, known bool) {
	if value, failed, known = s.massResult(c, op, r); known {
		return value, failed, known
	}
	if value, failed, known = s.customObjectResult(op, r); known {
		return value, failed, known
	}
	if value, failed, known = s.fieldResult(op, r); known {
		return value, failed, known
	}
	return s.listAgentResult(c, op, r)
}

// restriction refuses the agents that were restricted by an option.
func (s *Server) restriction(op operation) *failure {
	agent, _, _ := strings.Cut(op.name, "/")
	if op.call.Entity != "" {
		agent = op.call.Entity
	}
	status, restricted := s.settings.restricted[strings.ToLower(agent)]
	if !restricted {
		return nil
	}
	return serviceFailure(status, "SoSentryException", "The application has not been granted the "+agent+" agent.")
}

// describe answers a GET of an agent method, which never executes it.
func (s *Server) describe(c *call, op operation) reply {
	return s.document(c, op.name, map[string]any{"POST": op.help()})
}

// listing answers the index of version 1: absolute addresses, and for each
// its HTTP methods with a line of help.
func (s *Server) listing(c *call) reply {
	index := map[string]any{}
	for name := range theAPI().calls {
		op, _ := s.operation(name)
		address := url.URL{Scheme: "http", Host: c.Host, Path: s.root + "/v1/Agents/" + op.name}
		index[address.String()] = map[string]any{"POST": op.help()}
	}
	return s.document(c, "Index", index)
}

// document answers with a value that needs no credentials.
func (s *Server) document(c *call, name string, value any) reply {
	media, acceptable := negotiate(c.Header.Values("Accept"))
	if !acceptable {
		media = mediaJSON
	}
	return newReply(http.StatusOK, media+"; charset=utf-8", encode(media, s.settings.xml, name, value))
}
