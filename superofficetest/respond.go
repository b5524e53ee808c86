package superofficetest

import (
	"net/http"
	"net/http/httptest"
	"strings"
)

// Respond answers a request without a socket, as the server does over one, but
// whatever its host and its credentials. It is a responder for httpmock:
//
//	transport := httpmock.NewMockTransport()
//	transport.RegisterNoResponder(server.Respond)
func (s *Server) Respond(r *http.Request) (*http.Response, error) {
	local := r.Clone(r.Context())
	below := ""
	if i := strings.Index(strings.ToLower(r.URL.Path), "/v1/"); i >= 0 {
		below = r.URL.Path[i:]
	}
	local.URL.Path = s.root + below
	local.URL.RawPath = ""
	if local.Body == nil {
		local.Body = http.NoBody
	}
	s.authorize(local)
	recorder := httptest.NewRecorder()
	s.serve(recorder, local)
	response := recorder.Result()
	response.Request = r
	return response, nil
}

// authorize puts credentials on a request that the server accepts.
func (s *Server) authorize(r *http.Request) {
	c := s.Credentials()
	r.Header.Set("Authorization", "SOTicket "+c.Ticket)
	r.Header.Set("SO-AppToken", c.AppToken)
}
