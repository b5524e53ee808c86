package online

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// cookiePrefix begins the names of the cookies of sign-ins under way. Each has
// its own, so that several can go on side by side in one browser.
const cookiePrefix = "superoffice-sign-in-"

// SignedIn is who has signed in by App.CallbackHandler.
type SignedIn struct {
	Claims
	// ReturnTo is the place of this site where the person wanted to go, as the
	// login was told in its "return" parameter: a path, "/" where there was
	// none. It never leads elsewhere.
	ReturnTo string
}

// LoginHandler sends people off to sign in. Mount it beside CallbackHandler:
//
//	mux.Handle("/login", app.LoginHandler())
//	mux.Handle("/callback", app.CallbackHandler(signedIn, nil))
//
// The parameter "return" is a path of this site for SignedIn.ReturnTo,
// "tenant" a tenant to sign in to, and "login_hint" a name to sign in with.
func (a *App) LoginHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allow(w, r, http.MethodGet) {
			return
		}
		query := r.URL.Query()
		signIn, err := a.BeginSignIn(SignInOptions{Tenant: query.Get("tenant"), LoginHint: query.Get("login_hint")})
		if err != nil {
			a.sayNo(w, r, err)
			return
		}
		if err := a.setCookie(w, signIn, localPath(query.Get("return"))); err != nil {
			a.sayNo(w, r, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, signIn.URL(), http.StatusSeeOther)
	})
}

// CallbackHandler takes people back from the sign-in. It belongs to the path
// of Config.RedirectURL. done is told who it is, when that is verified and the
// person's tokens are in the Store; it begins a session of the program's own and
// answers the request. failed is told why there is nobody, as FinishSignIn says
// it, and answers; what it does not log nobody does. nil logs to Config.Logger
// and answers with a plain page that gives nothing away.
func (a *App) CallbackHandler(done func(http.ResponseWriter, *http.Request, *SignedIn), failed func(http.ResponseWriter, *http.Request, error)) http.Handler {
	if failed == nil {
		failed = a.sayNo
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allow(w, r, http.MethodGet) {
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer") // the address holds the code
		who, err := a.callback(w, r)
		if err != nil {
			failed(w, r, err)
			return
		}
		done(w, r, who)
	})
}

// callback finishes the sign-in whose cookie the browser has.
func (a *App) callback(w http.ResponseWriter, r *http.Request) (*SignedIn, error) {
	query := r.URL.Query()
	name := cookieName(query.Get("state"))
	cookie, err := r.Cookie(name)
	if err != nil {
		return nil, stale("the callback belongs to no sign-in of this browser")
	}
	http.SetCookie(w, a.cookie(name, "", -1))
	signIn, returnTo, err := a.seal.open(name, cookie.Value)
	if err != nil {
		return nil, err
	}
	claims, err := a.FinishSignIn(r.Context(), signIn, query)
	if err != nil {
		return nil, err
	}
	return &SignedIn{Claims: *claims, ReturnTo: localPath(returnTo)}, nil
}

// mostCookieBytes is how much a cookie may hold: browsers drop, without a word,
// what is larger than 4096 bytes together with its name.
const mostCookieBytes = 4000

// setCookie gives the sign-in to the browser to keep. A place that is too long
// for a cookie is forgotten, which is better than a sign-in that cannot end.
func (a *App) setCookie(w http.ResponseWriter, signIn *SignIn, returnTo string) error {
	name := cookieName(signIn.state())
	value, err := a.seal.close(name, signIn, returnTo)
	if len(value) > mostCookieBytes {
		value, err = a.seal.close(name, signIn, "/")
	}
	if err != nil {
		return err
	}
	http.SetCookie(w, a.cookie(name, value, int(signInLife.Seconds())))
	return nil
}

// cookieName is the name of the cookie of the sign-in with the given state.
func cookieName(state string) string {
	digest := sha256.Sum256([]byte(state))
	return cookiePrefix + hex.EncodeToString(digest[:8])
}

// cookie is one that comes back with the callback only: no script reads it,
// and no other site's request but the login service's redirect carries it.
func (a *App) cookie(name, value string, maxAge int) *http.Cookie {
	path, secure := "/", true
	if callback, err := url.Parse(a.config().RedirectURL); err == nil {
		path, secure = "/"+strings.TrimPrefix(callback.EscapedPath(), "/"), strings.EqualFold(callback.Scheme, "https")
	}
	return &http.Cookie{Name: name, Value: value, Path: path, MaxAge: maxAge, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
}

// localPath is path if it is a place of this site, and "/" otherwise. Browsers
// take a backslash for a slash and drop control characters, so none of those
// may be in it.
func localPath(path string) string {
	u, err := url.Parse(path)
	odd := strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f })
	if err != nil || odd || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || u.Host != "" || u.Scheme != "" {
		return "/"
	}
	return path
}

func allow(w http.ResponseWriter, r *http.Request, method string) bool {
	if r.Method == method {
		return true
	}
	w.Header().Set("Allow", method)
	http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	return false
}

// sayNo answers that somebody could not be signed in, without saying why: the
// log has that.
func (a *App) sayNo(w http.ResponseWriter, r *http.Request, err error) {
	a.warn(r.Context(), "a sign-in failed", slog.Any("error", err))
	http.Error(w, "The sign-in did not work. Please try again.", http.StatusBadRequest)
}
