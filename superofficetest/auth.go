package superofficetest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"unicode/utf16"
)

// sessionCookie is the name of the vendor's session cookie.
const sessionCookie = "ASP.NET_SessionId"

// Credentials are what a [Server] accepts. Each Server has its own, so that a
// credential that strays to another server is refused there.
type Credentials struct {
	// User and Password are for Basic, on site only. The password has a
	// colon in it, which Basic allows there.
	User, Password string
	// Ticket is for SOTicket, sent as it is.
	Ticket string
	// AccessToken is for Bearer.
	AccessToken string
	// AppToken is the application token (SO-AppToken), which goes with a
	// ticket online.
	AppToken string
	// XSRFToken (X-XSRF-TOKEN) and SessionID (the value of the cookie
	// ASP.NET_SessionId) together are a browser session, which counts where
	// there is no Authorization.
	XSRFToken, SessionID string
}

// SessionCookie returns the cookie that carries SessionID.
func (c Credentials) SessionCookie() *http.Cookie {
	return &http.Cookie{Name: sessionCookie, Value: c.SessionID}
}

// orRandom fills empty members with new values of the vendor's form.
func (c Credentials) orRandom(tenant string) Credentials {
	members := []struct {
		value *string
		make  func() string
	}{
		{&c.User, func() string { return "SAL0" }},
		{&c.Password, func() string { return "pass:" + rand.Text() }},
		{&c.Ticket, func() string { return newTicket(tenant) }},
		{&c.AccessToken, func() string { return newAccessToken(tenant) }},
		{&c.AppToken, rand.Text},
		{&c.XSRFToken, rand.Text},
		{&c.SessionID, rand.Text},
	}
	for _, m := range members {
		if *m.value == "" {
			*m.value = m.make()
		}
	}
	return c
}

// newTicket has the form of the vendor's tickets: base64 of UTF-16 text.
func newTicket(tenant string) string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	text := hex.EncodeToString(id) + ";1;" + tenant
	var raw []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		raw = append(raw, byte(unit), byte(unit>>8))
	}
	return "7T:" + base64.StdEncoding.EncodeToString(raw)
}

func newAccessToken(tenant string) string { return "8A:" + tenant + "." + rand.Text() }

// credentialStore holds the credentials of the moment.
type credentialStore struct {
	mu      sync.Mutex
	current Credentials
}

func (s *credentialStore) get() Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

func (s *credentialStore) change(f func(*Credentials)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.current)
}

// Credentials returns what the server accepts now.
func (s *Server) Credentials() Credentials { return s.credentials.get() }

// RotateTicket replaces the ticket: from now on the server refuses the old
// one with 401, as it does with an expired one, and accepts the one returned.
func (s *Server) RotateTicket() string {
	ticket := newTicket(s.settings.tenant)
	s.credentials.change(func(c *Credentials) {
		s.grants.replace(ticketKind, c.Ticket, ticket)
		c.Ticket = ticket
	})
	return ticket
}

// RotateAccessToken replaces the access token, as RotateTicket does with the
// ticket.
func (s *Server) RotateAccessToken() string {
	token := newAccessToken(s.settings.tenant)
	s.credentials.change(func(c *Credentials) {
		s.grants.replace(accessTokenKind, c.AccessToken, token)
		c.AccessToken = token
	})
	return token
}

// RotateSession ends the browser session and begins another: from now on the
// old XSRF token and session cookie are refused with 401.
func (s *Server) RotateSession() (xsrfToken string, cookie *http.Cookie) {
	next := Credentials{XSRFToken: rand.Text(), SessionID: rand.Text()}
	s.credentials.change(func(c *Credentials) { c.XSRFToken, c.SessionID = next.XSRFToken, next.SessionID })
	return next.XSRFToken, next.SessionCookie()
}

// authenticate returns nil when r carries a credential that is accepted, or
// the refusal. Nothing of what was sent is repeated in it.
func (s *Server) authenticate(r *http.Request) *failure {
	reason := s.refusal(r, s.credentials.get())
	if reason == "" {
		return nil
	}
	return serviceFailure(http.StatusUnauthorized, "SoSessionException", reason)
}

func (s *Server) refusal(r *http.Request, c Credentials) string {
	authorization := r.Header.Get("Authorization")
	if authorization == "" {
		return refuseSession(r, c)
	}
	scheme, value, _ := strings.Cut(authorization, " ")
	switch strings.ToLower(scheme) {
	case "basic":
		return s.refuseBasic(r, c)
	case "soticket":
		return s.refuseTicket(r, c, strings.TrimLeft(value, " "))
	case "bearer":
		return refuseUnless(s.grants.use(strings.TrimLeft(value, " "), accessTokenKind, userTokenKind), "The access token is not valid or has expired.")
	}
	return "The authorization scheme is not supported."
}

func (s *Server) refuseBasic(r *http.Request, c Credentials) string {
	if s.settings.online {
		return "User name and password are not accepted online."
	}
	user, password, ok := r.BasicAuth()
	return refuseUnless(ok && user == c.User && password == c.Password, "The user name or the password is wrong.")
}

func (s *Server) refuseTicket(r *http.Request, c Credentials, ticket string) string {
	if !s.grants.holds(ticket, ticketKind) {
		return "The ticket is not valid or has expired."
	}
	if s.settings.online && r.Header.Get("SO-AppToken") != c.AppToken {
		return "A ticket needs a valid application token in SO-AppToken."
	}
	s.grants.use(ticket, ticketKind)
	return ""
}

func refuseSession(r *http.Request, c Credentials) string {
	cookie, err := r.Cookie(sessionCookie)
	switch {
	case err != nil:
		return "No credentials were given."
	case r.Header.Get("X-XSRF-TOKEN") == "":
		return "A session needs its XSRF token in X-XSRF-TOKEN."
	}
	return refuseUnless(cookie.Value == c.SessionID && r.Header.Get("X-XSRF-TOKEN") == c.XSRFToken,
		"The session has ended.")
}

func refuseUnless(accepted bool, reason string) string {
	if accepted {
		return ""
	}
	return reason
}
