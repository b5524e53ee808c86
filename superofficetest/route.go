package superofficetest

import (
	"net/http"
	"net/url"
	"strings"
)

// operation is one agent method: what it is called, what it answers with, and
// what it does with its decoded request.
type operation struct {
	name   string // "User/GetExternalTokens"
	help   string
	result string // the result's short carrier name, which is its root in XML
	run    func(in map[string]any) (any, *failure)
}

// operationTable lists the agent methods, keyed by their names in lower case.
func (s *Server) operationTable() map[string]operation {
	table := map[string]operation{}
	for _, op := range s.tokens.operations() {
		table[strings.ToLower(op.name)] = op
	}
	return table
}

// operationName names what lies at path: the agent and its method, or Version
// for the API's folder itself, or else the path.
func (s *Server) operationName(path string) string {
	name, isAgent := cutPrefixFold(path, "v1/Agents/")
	if op, known := s.operations[strings.ToLower(name)]; isAgent && known {
		return op.name
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
	}
	name, isAgent := cutPrefixFold(c.path, "v1/Agents/")
	op, known := s.operations[strings.ToLower(name)]
	if !isAgent || !known {
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
// JSON where it accepts none.
func (s *Server) refuse(c *call, f *failure) reply {
	media, ok := negotiate(c.Header.Values("Accept"))
	if !ok {
		media = mediaJSON
	}
	return errorReply(media, s.settings.xml, f)
}

// execute runs an agent method, from the credentials to the encoded result.
func (s *Server) execute(c *call, op operation) reply {
	media, acceptable := negotiate(c.Header.Values("Accept"))
	value, failed := s.evaluate(c, op, acceptable)
	if failed != nil {
		return s.refuse(c, failed)
	}
	if sel := parseSelect(c.URL.Query()); sel != nil {
		value = sel.apply(value)
	}
	if language := requestLanguage(c.Header); language != "" {
		value = translate(value, language, s.settings.resources)
	}
	r := newReply(http.StatusOK, media+"; charset=utf-8", encode(media, s.settings.xml, op.result, value))
	if zone := c.Header.Get("SO-TimeZone"); zone != "" {
		r.header.Set("SO-TimeZone", zone)
	}
	return r
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
	in, failed := decode(c.Header.Get("Content-Type"), c.body)
	if failed != nil {
		return nil, failed
	}
	return op.run(in)
}

// restriction refuses the agents that were restricted by an option.
func (s *Server) restriction(op operation) *failure {
	agent, _, _ := strings.Cut(op.name, "/")
	status, restricted := s.settings.restricted[strings.ToLower(agent)]
	if !restricted {
		return nil
	}
	return serviceFailure(status, "SoSentryException", "The application has not been granted the "+agent+" agent.")
}

// describe answers a GET of an agent method, which never executes it.
func (s *Server) describe(c *call, op operation) reply {
	return s.document(c, op.name, map[string]any{"POST": op.help})
}

// listing answers the index of version 1: absolute addresses, and for each
// its HTTP methods with a line of help.
func (s *Server) listing(c *call) reply {
	index := map[string]any{}
	for _, op := range s.operations {
		address := url.URL{Scheme: "http", Host: c.Host, Path: s.root + "/v1/Agents/" + op.name}
		index[address.String()] = map[string]any{"POST": op.help}
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
