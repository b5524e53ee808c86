package online

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// cookiePrefix begins the names of the cookies of sign-ins under way. Each has
// its own, so that several can go on side by side in one browser.
const cookiePrefix = "superoffice-sign-in-"

// SignedIn is who has signed in by [App.CallbackHandler].
type SignedIn struct {
	Claims
	// ReturnTo is the place of this site where the person wanted to go, as the
	// login was told in its "return" parameter: a path, "/" if there was
	// none. It never leads elsewhere.
	ReturnTo string
}

// LoginHandler sends people off to sign in. Mount it beside CallbackHandler:
//
//	mux.Handle("/login", app.LoginHandler())
//	mux.Handle("/callback", app.CallbackHandler(signedIn, nil))
//
// The parameter "return" is a path of this site for SignedIn.ReturnTo, of 512
// bytes at the most, and "/" where it is longer or no cookie has room for it;
// "tenant" is a tenant to sign in to, and "login_hint" a name to sign in with.
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
		a.dropOldest(w, r)
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
// person's tokens are in the [Store]; it begins a session of the program's own and
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
	name := a.cookieName(query.Get("state"))
	cookies := r.CookiesNamed(name)
	if len(cookies) == 0 {
		return nil, stale("the callback belongs to no sign-in of this browser")
	}
	http.SetCookie(w, a.cookie(name, "", -1))
	signIn, returnTo, err := a.openAny(name, cookies)
	if err != nil {
		return nil, err
	}
	claims, err := a.FinishSignIn(r.Context(), signIn, query)
	if err != nil {
		return nil, err
	}
	return &SignedIn{Claims: *claims, ReturnTo: localPath(returnTo)}, nil
}

// openAny opens the first of several cookies of one name that is the
// application's: another page of the site's domain may have set one beside it.
func (a *App) openAny(name string, cookies []*http.Cookie) (signIn *SignIn, returnTo string, err error) {
	for _, cookie := range cookies {
		if signIn, returnTo, err = a.seal.open(name, cookie.Value); err == nil {
			return signIn, returnTo, nil
		}
	}
	return nil, "", err
}

// What the cookies of sign-ins may hold together has to stay below what servers
// take as a header, which is 8 KiB with some.
const (
	mostReturnBytes = 512
	mostCookieBytes = 1400 // of the value of one, whatever is in it
	mostSignIns     = 5    // under way in one browser
)

// dropOldest has the browser forget the sign-ins that were begun first, so that
// with the new one there are no more than mostSignIns. Browsers send the oldest
// cookie first.
func (a *App) dropOldest(w http.ResponseWriter, r *http.Request) {
	var names []string
	for _, cookie := range r.Cookies() {
		if strings.HasPrefix(cookie.Name, a.cookiePrefix()) {
			names = append(names, cookie.Name)
		}
	}
	for i := range len(names) - mostSignIns + 1 {
		http.SetCookie(w, a.cookie(names[i], "", -1))
	}
}

// setCookie gives the sign-in to the browser to keep. A place that is too long
// is forgotten, which is better than a sign-in that cannot end.
func (a *App) setCookie(w http.ResponseWriter, signIn *SignIn, returnTo string) error {
	name := a.cookieName(signIn.state())
	if len(returnTo) > mostReturnBytes {
		returnTo = "/"
	}
	value, err := a.seal.close(name, signIn, returnTo)
	if err == nil && len(value) > mostCookieBytes { // some characters take more than a byte
		value, err = a.seal.close(name, signIn, "/")
	}
	switch {
	case err != nil:
		return err
	case len(value) > mostCookieBytes:
		return invalid("Config.RedirectURL", "is too long for a cookie")
	}
	http.SetCookie(w, a.cookie(name, value, int(signInLife.Seconds())))
	return nil
}

// cookieName is the name of the cookie of the sign-in with the given state.
func (a *App) cookieName(state string) string {
	digest := sha256.Sum256([]byte(state))
	return a.cookiePrefix() + hex.EncodeToString(digest[:8])
}

// cookiePrefix begins the names of the cookies. With __Host- browsers take such
// a cookie from this very host over https only, and from no neighbour.
func (a *App) cookiePrefix() string {
	if a.isSecure() {
		return "__Host-" + cookiePrefix
	}
	return cookiePrefix
}

// isSecure reports whether the site is reached by https.
func (a *App) isSecure() bool {
	callback, err := url.Parse(a.config().RedirectURL)
	return err != nil || callback.Scheme == "" || strings.EqualFold(callback.Scheme, "https")
}

// cookie is one that no script reads, and that no other site's request but the
// login service's redirect carries. It goes to the whole site, as __Host- wants,
// so that the login sees how many there are.
func (a *App) cookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: a.isSecure(), SameSite: http.SameSiteLaxMode}
}

// localPath is path if it is a place of this site, and "/" otherwise. Browsers
// take a backslash for a slash and drop control characters, so none of those
// may be in it; and what is no UTF-8 would not come out of the cookie as it was.
func localPath(path string) string {
	u, err := url.Parse(path)
	odd := strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) || !utf8.ValidString(path)
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
