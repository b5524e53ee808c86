package superofficetest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"
)

// OnlineServer is an environment of SuperOffice Online in this process: the
// login and state services, and tenants on several data hosts, all on loopback
// addresses and over plain HTTP. All its methods may be called from several
// goroutines, also while it answers.
type OnlineServer struct {
	// URL is the address of the login and state services, what
	// https://online.superoffice.com is.
	URL string

	template    settings // of each tenant's server
	listener    *httptest.Server
	hosts       []*httptest.Server
	connections atomic.Int64
	closing     chan struct{} // closed when Close begins
	closeOnce   sync.Once
	sender      *http.Client // of notifications

	age      *ageClock
	skew     atomic.Int64
	validity atomic.Int64

	tenants tenantList
	app     *application
	native  *application
	signing keyRing
	secrets secretIndex

	codes         sync.Map // authorization code to *authorization
	refreshTokens sync.Map // refresh token to *consent
	newRefresh    atomic.Bool

	stateFaults   faultQueue
	loginFaults   faultQueue
	requests      requestLog
	violations    mismatchLog
	stateLookups  atomic.Int64
	tokenRequests atomic.Int64
	keyLookups    atomic.Int64
}

// OnlineOption changes how an [OnlineServer] behaves from its start.
type OnlineOption func(*onlineSettings)

type onlineSettings struct {
	hosts    int
	listener net.Listener
	tenant   []Option
}

// WithHosts sets the number of data hosts, each with a port of its own: 2
// unless told. A tenant can only move if there are two. It panics for less
// than 1.
func WithHosts(n int) OnlineOption {
	if n < 1 {
		panic(fmt.Sprintf("superofficetest: WithHosts: %d hosts cannot hold a tenant; use 1 or more", n))
	}
	return func(s *onlineSettings) { s.hosts = n }
}

// WithOnlineListener makes the login and state services listen on l, which is
// closed in Close, instead of on a free port of the loopback address. Data
// hosts take free ports.
func WithOnlineListener(l net.Listener) OnlineOption {
	return func(s *onlineSettings) { s.listener = l }
}

// WithTenantOptions passes options on to the server of each tenant. Online,
// [WithListener] and the tickets and tokens of [WithCredentials] have no effect,
// since tenants have their own. WithTest also closes the [OnlineServer] when the
// test ends, and [WithRecordLimit] also limits LoginRequests.
func WithTenantOptions(opts ...Option) OnlineOption {
	return func(s *onlineSettings) { s.tenant = append(s.tenant, opts...) }
}

// defaultValidity is how long the state of a tenant may be relied on.
const defaultValidity = 10 * time.Minute

// NewOnline starts an environment without tenants. Like [NewServer] it panics
// when it cannot listen, and the caller should call Close when finished.
func NewOnline(opts ...OnlineOption) *OnlineServer {
	set := onlineSettings{hosts: 2}
	for _, opt := range opts {
		opt(&set)
	}
	o := &OnlineServer{
		template: newSettings(set.tenant),
		closing:  make(chan struct{}),
		age:      newAgeClock(),
		sender:   newSender(),
		app:      newApplication(false),
		native:   newApplication(true),
	}
	o.validity.Store(int64(defaultValidity))
	o.requests.limit = o.template.recordLimit
	o.secrets.add(appSecretKind, o.app.secret, "")
	o.listener = listen(set.listener, o.serveLogin, &o.connections)
	o.URL = addressOf(o.listener)
	for i := range set.hosts {
		serve := func(w http.ResponseWriter, r *http.Request) { o.serveData(i, w, r) }
		o.hosts = append(o.hosts, listen(nil, serve, &o.connections))
	}
	o.listener.Start()
	for _, host := range o.hosts {
		host.Start()
	}
	if o.template.test != nil {
		o.template.test.Cleanup(o.Close)
	}
	return o
}

func newSender() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close stops everything, as [Server.Close] does.
func (o *OnlineServer) Close() {
	o.closeOnce.Do(func() {
		close(o.closing)
		for _, t := range o.tenants.all() {
			t.Close()
		}
		o.listener.Close()
		for _, host := range o.hosts {
			host.Close()
		}
		o.sender.CloseIdleConnections()
	})
}

// Advance makes everything that has a lifetime older by d: tickets (6 hours
// since their last use), access tokens (1 hour) and authorization codes (10
// minutes). It does not touch the wall clock, by which JWTs are dated and the
// stamp of a system user token is checked; see SetClockSkew. How long a state
// of a tenant is valid is for its reader to say, by the reader's clock.
func (o *OnlineServer) Advance(d time.Duration) { o.age.advance(d) }

// SetClockSkew makes the wall clock of the whole environment go wrong by d:
// the Date header, the times in JWTs and in states of tenants, and the check
// of the stamp in a system user token.
func (o *OnlineServer) SetClockSkew(d time.Duration) { o.skew.Store(int64(d)) }

// now is what the server's wall clock shows.
func (o *OnlineServer) now() time.Time {
	return time.Now().Add(time.Duration(o.skew.Load()))
}

// date writes the Date header where net/http would write the right one.
func (o *OnlineServer) date(w http.ResponseWriter) {
	if o.skew.Load() != 0 {
		w.Header().Set("Date", o.now().UTC().Format(http.TimeFormat))
	}
}

// InjectState makes the next n state look-ups suffer f.
func (o *OnlineServer) InjectState(n int, f Fault) { o.stateFaults.add(anyOperation, n, f) }

// InjectLogin makes the next n requests for tokens, system users
// (Authenticate), signing keys and revocation suffer f, whichever comes first.
func (o *OnlineServer) InjectLogin(n int, f Fault) { o.loginFaults.add(anyOperation, n, f) }

// InjectLoginOn makes the next n requests to one of those endpoints suffer f:
// tokens, Authenticate, jwks or Revoke, in any case.
func (o *OnlineServer) InjectLoginOn(endpoint string, n int, f Fault) {
	o.loginFaults.add(endpoint, n, f)
}

// StateLookups returns how many requests for a tenant's state arrived.
func (o *OnlineServer) StateLookups() int { return int(o.stateLookups.Load()) }

// TokenRequests returns how many grants the token endpoint has answered with
// tokens.
func (o *OnlineServer) TokenRequests() int { return int(o.tokenRequests.Load()) }

// KeyLookups returns how many requests for the signing keys arrived.
func (o *OnlineServer) KeyLookups() int { return int(o.keyLookups.Load()) }

// LoginRequests returns what arrived at the login and state services, secrets
// included, in the order of arrival. Operation is the endpoint: discovery,
// jwks, authorize, tokens, Revoke, Authenticate or state, and otherwise empty.
func (o *OnlineServer) LoginRequests() []RecordedRequest { return o.requests.all() }
