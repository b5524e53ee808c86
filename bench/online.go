package bench

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/online"
)

// What the tenants of the work take besides Basic credentials.
const (
	tenantID    = "Cust12345"
	accessToken = "8A:Cust12345.in-the-open"
	ticket      = "7T:MgBhADUANgBkADUAOQBiADMAMQBiADcANAA0AGUANQA4ADkANgBhADEAYwA4ADMAMQAxADcANgA4AGIAMgA2ADsAMQA7AEMAdQBzAHQAMQAyADMANAA1AA=="
	appToken    = "an application's secret"
)

// authorized reports whether a request carries one of the credentials of the
// work.
func authorized(h http.Header) bool {
	switch h.Get("Authorization") {
	case Authorization, "Bearer " + accessToken:
		return true
	case "SOTicket " + ticket:
		return h.Get("So-Apptoken") == appToken
	}
	return false
}

// environmentHost is where the login and state services are. Nothing listens
// there.
const environmentHost = "127.0.0.1:8"

// environment is SuperOffice Online without a network: it answers for the
// login and state services, and leaves to next what is for a tenant.
type environment struct {
	next http.RoundTripper
	// api is where a tenant's API is.
	api func(tenant string) string
	// exchange returns the token that an exchange brings.
	exchange func(tenant string) string
}

// RoundTrip implements http.RoundTripper.
func (e *environment) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != environmentHost {
		return e.next.RoundTrip(req)
	}
	text, err := e.answer(req)
	if err != nil {
		return nil, err
	}
	return respond(req, http.StatusOK, "200 OK", text), nil
}

func (e *environment) answer(req *http.Request) (string, error) {
	if tenant, ok := strings.CutPrefix(req.URL.Path, "/api/state/"); ok {
		return fmt.Sprintf(`{"ContextIdentifier":%q,"Endpoint":%q,"State":"Running","IsRunning":true,`+
			`"ValidUntil":"2199-12-31T23:59:59.0000000Z","Api":%q,"Version":"Release_12.2"}`,
			tenant, strings.TrimSuffix(e.api(tenant), "/api"), e.api(tenant)), nil
	}
	switch req.URL.Path {
	case "/login/.well-known/jwks":
		keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: privateKey().Public()}}})
		return string(keys), err
	case "/Login/api/PartnerSystemUser/Authenticate":
		var in struct{ ContextIdentifier string }
		if err := errors.Join(json.NewDecoder(req.Body).Decode(&in), req.Body.Close()); err != nil {
			return "", err
		}
		return fmt.Sprintf(`{"IsSuccessful":true,"Token":%q}`, e.exchange(in.ContextIdentifier)), nil
	}
	return "", errors.New("the environment has nothing at " + req.URL.Path)
}

// privateKey is the application's as well as the environment's.
var privateKey = sync.OnceValue(func() *rsa.PrivateKey {
	const bits = 2048
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err) // does not happen with this size and source
	}
	return key
})

// signed is the token that brings a system user's ticket.
func signed(tenant, ticket string) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: privateKey()}, nil)
	if err != nil {
		panic(err)
	}
	const prefix = "http://schemes.superoffice.net/identity/"
	claims, err := json.Marshal(map[string]any{
		"iss": "SuperOffice AS", "aud": "spn:1000000000", prefix + "serial": "1000000000",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		prefix + "ctx": tenant, prefix + "ticket": ticket,
	})
	if err != nil {
		panic(err)
	}
	token, err := signer.Sign(claims)
	if err != nil {
		panic(err)
	}
	text, err := token.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return text
}

// newApp is the application on an environment. A nil store is the default one.
func newApp(e *environment, store online.Store) (*online.App, error) {
	return online.NewApp(online.Config{
		Environment: "http://" + environmentHost, ClientID: "bench", ClientSecret: appToken,
		PrivateKeys: []*rsa.PrivateKey{privateKey()}, Store: store, HTTPClient: &http.Client{Transport: e},
	})
}

// Where TenantPeers puts those that are held against each other.
const (
	// Plain is a call with an access token, to an address that is known.
	Plain = iota
	// Followed is the same to a tenant that package online follows.
	Followed
	// Ticket is a call with a ticket, to an address that is known.
	Ticket
	// SystemUser is the same to a tenant that package online follows, as the
	// application's system user, whose ticket it keeps.
	SystemUser
)

// TenantPeers returns the SDK's ways to a tenant, in the order of the
// constants. All is the same but for what package online does.
func TenantPeers(baseURL string, transport func() http.RoundTripper) ([]Entry, error) {
	way := func() *environment {
		return &environment{
			next:     transport(),
			api:      func(string) string { return baseURL + "/api" },
			exchange: func(tenant string) string { return signed(tenant, ticket) },
		}
	}
	known := func(opts ...superoffice.ClientOption) (*superoffice.Client, error) {
		return superoffice.NewClient(baseURL, append(opts, superoffice.WithHTTPClient(&http.Client{Transport: way()}))...)
	}
	plain, err := known(superoffice.WithAuth(superoffice.BearerAuth(accessToken)))
	if err != nil {
		return nil, err
	}
	withTicket, err := known(superoffice.WithAuth(superoffice.TicketAuth(ticket)), superoffice.WithAppToken(appToken))
	if err != nil {
		return nil, err
	}
	app, err := newApp(way(), nil)
	if err != nil {
		return nil, err
	}
	followed, err := app.Client(tenantID, superoffice.BearerAuth(accessToken))
	if err != nil {
		return nil, err
	}
	systemUser, err := app.SystemUserClient(tenantID, "a system user token")
	if err != nil {
		return nil, err
	}
	return []Entry{
		Plain:      {"an access token", "", &sdk{plain}},
		Followed:   {"an access token, tenant followed", "", &sdk{followed}},
		Ticket:     {"a ticket", "", &sdk{withTicket}},
		SystemUser: {"a system user, tenant followed", "", &sdk{systemUser}},
	}, nil
}
