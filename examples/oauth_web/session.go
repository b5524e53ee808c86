package main

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"
)

// sessionLife is for how long somebody stays signed in here.
const sessionLife = 8 * time.Hour

// person is what a session knows of who has signed in. The tokens are in the
// Store of the application, and nowhere else.
type person struct {
	Tenant      string
	AssociateID int
	Company     string
	UserName    string
}

// sessions are in memory, for a site that is one process. The browser has
// nothing but the random id of its session.
type sessions struct {
	secure bool // whether browsers reach the site by https

	mu   sync.Mutex
	byID map[string]session
}

type session struct {
	person person
	until  time.Time
}

func newSessions(secure bool) *sessions {
	return &sessions{secure: secure, byID: make(map[string]session)}
}

// begin makes a session, in place of the one that the browser may have, and
// gives its id to the browser.
func (s *sessions) begin(w http.ResponseWriter, r *http.Request, who person) {
	id, now := rand.Text(), time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, s.id(r))
	for old, other := range s.byID {
		if now.After(other.until) {
			delete(s.byID, old)
		}
	}
	s.byID[id] = session{who, now.Add(sessionLife)}
	http.SetCookie(w, s.cookie(id, int(sessionLife.Seconds())))
}

// find returns who has signed in with the browser that sends the request, or
// nil.
func (s *sessions) find(r *http.Request) *person {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.byID[s.id(r)]
	if !ok || time.Now().After(found.until) {
		return nil
	}
	return &found.person
}

// end ends the session of a browser, if it has one, and returns whose it was.
func (s *sessions) end(w http.ResponseWriter, r *http.Request) *person {
	who := s.find(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, s.id(r))
	http.SetCookie(w, s.cookie("", -1))
	return who
}

// id is what the browser says is the id of its session, or empty.
func (s *sessions) id(r *http.Request) string {
	cookie, err := r.Cookie(s.cookieName())
	if err != nil {
		return ""
	}
	return cookie.Value
}

// cookieName is one that browsers take from this very host and over https
// only, if the site is reached so.
func (s *sessions) cookieName() string {
	if s.secure {
		return "__Host-session"
	}
	return "session"
}

// cookie is one that no script reads and that no other site's POST carries. It
// is Lax and not Strict, or it would be missing on the way back from
// SuperOffice.
func (s *sessions) cookie(id string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: s.cookieName(), Value: id, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	}
}
