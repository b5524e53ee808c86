package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/online"
)

// callbackPath is where SuperOffice sends people back to.
const callbackPath = "/callback"

//go:embed page.html style.css
var files embed.FS

var pageTemplate = template.Must(template.ParseFS(files, "page.html"))

// site is the web site.
type site struct {
	app      *online.App
	sessions *sessions
	log      *slog.Logger
}

func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /login", s.app.LoginHandler())
	mux.Handle("GET "+callbackPath, s.app.CallbackHandler(s.signedIn, s.notSignedIn))
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "style.css") })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.show(w, http.StatusNotFound, page{Title: "There is no such page"})
	})
	// No other site can have a browser sign somebody out: a POST must come from
	// a page of this one.
	sameSite := http.NewCrossOriginProtection()
	sameSite.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.show(w, http.StatusForbidden, page{Title: "That came from another site", Text: "Nothing was done."})
	}))
	return s.guarded(http.MaxBytesHandler(sameSite.Handler(mux), 64<<10))
}

// guarded has browsers keep no page, run no script, and load and send nothing
// but what is of this site.
func (s *site) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		if s.sessions.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// page is what a page shows.
type page struct {
	Title string
	Text  string
	// Person is who has signed in, or nil if the page offers to sign in.
	Person *person
	// Shown reports whether FullName and Companies are there to be shown.
	Shown     bool
	FullName  string
	Companies []superoffice.Contact
}

func (s *site) show(w http.ResponseWriter, status int, p page) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := pageTemplate.Execute(w, p); err != nil {
		s.log.Warn("a page was not written", "error", err)
	}
}

// home is the page of whoever has signed in.
func (s *site) home(w http.ResponseWriter, r *http.Request) {
	who := s.sessions.find(r)
	if who == nil {
		s.show(w, http.StatusOK, page{Title: "Welcome", Text: "Sign in to see your companies."})
		return
	}
	p := page{Title: "Your companies", Person: who, Shown: true}
	if err := s.ask(r.Context(), &p); err != nil {
		s.notAnswered(w, r, who, err)
		return
	}
	s.show(w, http.StatusOK, p)
}

// ask fills a page with what SuperOffice has for the person.
func (s *site) ask(ctx context.Context, p *page) error {
	client, err := s.app.UserClient(p.Person.Tenant, p.Person.AssociateID,
		superoffice.WithLanguage("en"), superoffice.WithTimeout(20*time.Second))
	if err != nil {
		return err
	}
	var principal struct{ FullName string }
	if err := client.Call(ctx, http.MethodGet, "v1/User/currentPrincipal", nil, &principal); err != nil {
		return fmt.Errorf("asking who it is: %w", err)
	}
	p.FullName = principal.FullName
	if p.Companies, err = client.Contact.GetMyContacts(ctx); err != nil {
		return fmt.Errorf("asking for companies: %w", err)
	}
	return nil
}

// notAnswered says why there is nothing to see, as far as it is of use to the
// person. The log has the rest.
func (s *site) notAnswered(w http.ResponseWriter, r *http.Request, who *person, err error) {
	var offline *online.OfflineError
	switch {
	case errors.Is(err, online.ErrSignInRequired):
		s.sessions.end(w, r)
		s.show(w, http.StatusForbidden, page{Title: "Please sign in again", Text: "SuperOffice wants to know that it is you."})
		return
	case errors.As(err, &offline) && offline.Passes():
		s.show(w, http.StatusServiceUnavailable, page{Title: "Back soon", Person: who, Text: "SuperOffice is being worked on. Please come back later."})
		return
	}
	s.log.Error("SuperOffice did not answer", "tenant", who.Tenant, "error", err)
	s.show(w, http.StatusBadGateway, page{Title: "That did not work", Person: who, Text: "SuperOffice gave no answer. Please try again."})
}

// signedIn begins a session. An administrator's sign-in also brings the
// application's system user token (who.SystemUserToken), which a service keeps
// if it keeps its other secrets: see examples/system_user.
func (s *site) signedIn(w http.ResponseWriter, r *http.Request, who *online.SignedIn) {
	s.sessions.begin(w, r, person{who.Tenant, who.AssociateID, who.Company, who.UserName})
	http.Redirect(w, r, who.ReturnTo, http.StatusSeeOther)
}

// notSignedIn is shown to who comes back from the sign-in without one. What the
// error says may come from the address, so nothing of it goes into the page.
func (s *site) notSignedIn(w http.ResponseWriter, _ *http.Request, err error) {
	s.log.Warn("a sign-in failed", "error", err)
	text := "Please try again. A sign-in must be finished within ten minutes, in the browser that began it."
	var refusal *online.OAuthError
	if errors.As(err, &refusal) && refusal.Code == "access_denied" {
		text = "SuperOffice did not let you in, or you or your administrator said no."
	}
	s.show(w, http.StatusForbidden, page{Title: "You are not signed in", Text: text})
}

// signOut ends the session here, and the person's tokens with SuperOffice.
func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	if who := s.sessions.end(w, r); who != nil {
		if err := s.app.SignOut(r.Context(), who.Tenant, who.AssociateID); err != nil {
			s.log.Error("tokens were not revoked", "tenant", who.Tenant, "error", err)
		}
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
