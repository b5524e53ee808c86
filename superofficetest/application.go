package superofficetest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync"
)

// DefaultRedirectURL is where the application of [OnlineServer.App] may have its
// users sent back to from the start. RegisterRedirect adds others.
const DefaultRedirectURL = "https://app.example.com/callback"

// Application is an application as the developer portal registers it. No
// format verb prints its secret or its key.
type Application struct {
	ClientID string
	// ClientSecret is empty for a native application. It is also the
	// application token (SO-AppToken, ApplicationToken).
	ClientSecret string
	// PrivateKey signs system user tokens. A native application has none.
	PrivateKey *rsa.PrivateKey
	// RedirectURLs are where users may be sent back to. A native application
	// has none and takes any loopback address by its number.
	RedirectURLs []string
}

// Format implements fmt.Formatter.
func (a Application) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "superofficetest.Application{ClientID: %q}", a.ClientID)
}

// App returns the web application that is registered here and has a system
// user in every tenant.
func (o *OnlineServer) App() Application {
	a := o.app
	return Application{ClientID: a.id, ClientSecret: a.secret, PrivateKey: a.keys.current().private, RedirectURLs: a.allRedirects()}
}

// NativeApp returns the application without a secret that is registered here.
// It must use PKCE.
func (o *OnlineServer) NativeApp() Application { return Application{ClientID: o.native.id} }

// RegisterRedirect lets users of App be sent back to an address, which must
// then be given letter for letter.
func (o *OnlineServer) RegisterRedirect(address string) {
	o.app.mu.Lock()
	defer o.app.mu.Unlock()
	o.app.redirects = append(o.app.redirects, address)
}

// RotateAppKey gives the application another key and returns it. What the old
// one signs is refused from now on.
func (o *OnlineServer) RotateAppKey() *rsa.PrivateKey { return o.app.keys.rotate().private }

// RotateSigningKey makes another key sign id tokens and the tokens of system
// users. The old one is no longer among the published keys.
func (o *OnlineServer) RotateSigningKey() { o.signing.rotate() }

// application is a registered application.
type application struct {
	id, secret string
	native     bool
	keys       keyRing

	mu        sync.Mutex
	redirects []string
}

func newApplication(native bool) *application {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	if native {
		return &application{id: hex.EncodeToString(id), native: true}
	}
	return &application{id: hex.EncodeToString(id), secret: rand.Text(), redirects: []string{DefaultRedirectURL}}
}

func (a *application) allRedirects() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.redirects)
}

// mayRedirect reports whether users may be sent to an address: one that is
// registered, or for a native application http on a loopback address by its
// number, with any port.
func (a *application) mayRedirect(address string) bool {
	if !a.native {
		return slices.Contains(a.allRedirects(), address)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback()
}

// keyRing holds a key pair, which is made when it is first needed.
type keyRing struct {
	mu  sync.Mutex
	key *rsaKey
}

// rsaKey is a key pair with the thumbprint that stands in JWTs and in the
// published keys (x5t). There are no certificates here, so the thumbprint is
// of the key itself.
type rsaKey struct {
	private    *rsa.PrivateKey
	thumbprint []byte
}

func newRSAKey() *rsaKey {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("superofficetest: " + err.Error()) // does not happen with this size and source
	}
	thumbprint := sha1.Sum(x509.MarshalPKCS1PublicKey(&private.PublicKey))
	return &rsaKey{private, thumbprint[:]}
}

func (r *keyRing) current() *rsaKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.key == nil {
		r.key = newRSAKey()
	}
	return r.key
}

func (r *keyRing) rotate() *rsaKey {
	next := newRSAKey()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.key = next
	return next
}
