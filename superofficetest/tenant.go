package superofficetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/superoffice-go/superoffice"
)

// Tenant is a customer of an [OnlineServer]. The [Server] that it embeds answers
// its WebAPI, on the data host where the tenant lives: Requests, Inject, Reply
// and all the rest work as they do for a server of its own, except that
// Connections stays 0, since connections belong to hosts, that Close only gives
// up answers that a [Fault] holds back, and that [Credentials] expire as tickets
// and access tokens do.
type Tenant struct {
	// Server.URL is the address at creation; BaseURL gives the present one.
	*Server
	// ID is the context identifier.
	ID string
	// SystemUserToken stands for the application's consented access to this
	// tenant. Its name has a blank and dots in it, as the vendor allows.
	SystemUserToken string

	online    *OnlineServer
	number    int
	exchanges atomic.Int64
	revoked   atomic.Bool // the system user token

	mu    sync.Mutex
	state string
	host  int
	homes map[int]bool // the hosts where it lives or has lived
}

// tenantList finds tenants by their ID in any case.
type tenantList struct {
	byID sync.Map // lower-case ID to *Tenant

	mu      sync.Mutex
	ordered []*Tenant
}

func (l *tenantList) find(id string) *Tenant {
	found, _ := l.byID.Load(strings.ToLower(id))
	t, _ := found.(*Tenant)
	return t
}

func (l *tenantList) all() []*Tenant {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ordered[:len(l.ordered):len(l.ordered)]
}

// firstRunning returns the tenant that a user picks who has not said which.
func (l *tenantList) firstRunning() *Tenant {
	for _, t := range l.all() {
		if t.running() {
			return t
		}
	}
	return nil
}

var tenantID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// AddTenant adds a tenant that runs, with a user and a system user token. The
// first one lives on host 0, the next on host 1, and so on in turns. It panics
// for an ID that is taken or has other signs than letters, digits, - and _.
func (o *OnlineServer) AddTenant(id string) *Tenant {
	if !tenantID.MatchString(id) {
		panic(fmt.Sprintf("superofficetest: AddTenant: %q cannot be part of an address", id))
	}
	t := &Tenant{ID: id, SystemUserToken: "Sandbox App 1.0-" + rand.Text(), online: o, state: stateRunning}
	o.secrets.add(systemUserKind, t.SystemUserToken, id)
	t.Server = newServer(o.tenantSettings(id))
	t.front = t.receive

	o.tenants.mu.Lock()
	defer o.tenants.mu.Unlock()
	t.number = len(o.tenants.ordered)
	t.host = t.number % len(o.hosts)
	t.homes = map[int]bool{t.host: true}
	t.URL = t.BaseURL()
	if _, taken := o.tenants.byID.LoadOrStore(strings.ToLower(id), t); taken {
		panic("superofficetest: AddTenant: there is a tenant " + id + " already")
	}
	o.tenants.ordered = append(o.tenants.ordered, t)
	return t
}

// tenantSettings are the template's, which all tenants share, with what is the
// tenant's own.
func (o *OnlineServer) tenantSettings(id string) settings {
	set := o.template
	set.online, set.tenant, set.listener = true, id, nil
	set.credentials.Ticket, set.credentials.AccessToken = "", ""
	set.credentials.AppToken = o.app.secret
	set.clock = o.age
	set.granted = func(kind secretKind, value string) { o.secrets.add(kind, value, id) }
	return set
}

// Tenant returns the tenant with an ID, in any case, or nil.
func (o *OnlineServer) Tenant(id string) *Tenant { return o.tenants.find(id) }

// BaseURL returns the present address of the tenant's API, which ends in
// "/{ID}/api".
func (t *Tenant) BaseURL() string { return t.endpoint() + "/api" }

// endpoint is the present address of the tenant.
func (t *Tenant) endpoint() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return addressOf(t.online.hosts[t.host]) + "/" + t.ID
}

// Client is [Server.Client], for the present address.
func (t *Tenant) Client(opts ...superoffice.ClientOption) *superoffice.Client {
	return t.clientAt(t.BaseURL(), opts)
}

// Move moves the tenant to the next host at once: the old one answers 421 from
// now on, before Faults and credentials, and the state service names the new
// one. It panics if there is one host only.
func (t *Tenant) Move() {
	if len(t.online.hosts) < 2 {
		panic("superofficetest: Tenant.Move: there is no other host; see WithHosts")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.host = (t.host + 1) % len(t.online.hosts)
	t.homes[t.host] = true
}

// SetState sets what the state service says of the tenant: Running,
// OnlineMaintenance, OfflineMaintenance, Suspended, Deleted or another of the
// vendor's names, or one that nobody knows yet. In all but the first two the
// API answers 503 with an HTML page, which is our guess.
func (t *Tenant) SetState(state string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state = state
}

func (t *Tenant) currentState() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state
}

func (t *Tenant) running() bool { return isRunning(t.currentState()) }

// Exchanges returns how many tickets were given for the system user token.
func (t *Tenant) Exchanges() int { return int(t.exchanges.Load()) }

// NewTicket returns another ticket, which is also the one of [Credentials] from
// now on. The others still count.
func (t *Tenant) NewTicket() string {
	ticket := t.issueTicket()
	t.credentials.change(func(c *Credentials) { c.Ticket = ticket })
	return ticket
}

// issueTicket makes another ticket count.
func (t *Tenant) issueTicket() string {
	ticket := newTicket(t.ID)
	t.grants.add(ticketKind, ticket, "")
	return ticket
}

// ExpireTickets makes the API refuse every ticket that was given until now.
func (t *Tenant) ExpireTickets() { t.grants.dropKind(ticketKind) }

// ExpireAccessTokens makes the API refuse every access token that was given
// until now. Refresh tokens still count.
func (t *Tenant) ExpireAccessTokens() {
	t.grants.dropKind(accessTokenKind)
	t.grants.dropKind(userTokenKind)
}

// RevokeSystemUser makes the system user token count no more. Tickets that
// were given for it live on.
func (t *Tenant) RevokeSystemUser() { t.revoked.Store(true) }

// hostKey is where a request's context holds the number of its data host.
type hostKey struct{}

// serveData is the way of every request to a data host.
func (o *OnlineServer) serveData(host int, w http.ResponseWriter, r *http.Request) {
	o.date(w)
	id, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if t := o.tenants.find(id); t != nil {
		t.serve(w, r.WithContext(context.WithValue(r.Context(), hostKey{}, host)))
		return
	}
	c := &call{Request: r}
	err := c.readBody(w)
	o.inspect(c, "no tenant's address on "+hostName(host), func(s secret) bool { return s.kind == appSecretKind })
	if err != nil {
		errorReply(mediaJSON, xmlStyle{}, unreadable(err)).writeTo(w)
		return
	}
	htmlPage(http.StatusNotFound, "404 - File or directory not found.", "").writeTo(w)
}

func hostName(host int) string { return "host " + strconv.Itoa(host) }

// receive answers a request before the API is reached, where the tenant lives
// elsewhere or does not run. A request that came without a host comes from
// Respond.
func (t *Tenant) receive(c *call) (answer reply, final bool) {
	t.mu.Lock()
	home, state := t.host, t.state
	host, atHost := c.Context().Value(hostKey{}).(int)
	known := t.homes[host]
	t.mu.Unlock()
	if atHost {
		t.online.inspect(c, "the API of "+t.ID+" on "+hostName(host), func(s secret) bool { return t.takes(s, known) })
	}
	switch {
	case atHost && host != home:
		return misdirected(), true
	case !isRunning(state):
		return htmlPage(http.StatusServiceUnavailable, "503 - The site is down for maintenance.", ""), true
	}
	return reply{}, false
}

// takes reports whether a secret has business at a host, where the tenant is
// known or not. A host that it has left still knows it, since clients learn of
// a move from there.
func (t *Tenant) takes(s secret, known bool) bool {
	switch s.kind {
	case appSecretKind:
		return true
	case ticketKind, accessTokenKind, userTokenKind:
		return s.tenant == t.ID && known
	}
	return false
}
