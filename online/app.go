package online

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"weak"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/secret"
	"github.com/superoffice-go/superoffice/internal/transport"
	"github.com/superoffice-go/superoffice/internal/wait"
)

// Config describes an application as it is registered with SuperOffice. Only
// [Environment] and ClientID are needed for everything.
type Config struct {
	// Environment is where the application is registered.
	Environment Environment
	// ClientID is the application's id.
	ClientID string
	// ClientSecret is the application's secret, also called its application
	// token. Native applications have none.
	ClientSecret string
	// PrivateKeys sign the tokens of system users; see [ParsePrivateKey]. If
	// one replaces another, give both, the newer one first: each is tried until
	// one is accepted.
	PrivateKeys []*rsa.PrivateKey
	// RedirectURL is the address of the callback to which people come back
	// from the sign-in, exactly as it is registered.
	RedirectURL string
	// Store keeps tickets and tokens. nil keeps them in memory, for this
	// process alone; see [EncryptedStore], and redisstore for replicas.
	Store Store
	// HTTPClient reaches SuperOffice; see [superoffice.WithHTTPClient]. nil takes
	// one with connections of its own, which all tenants share.
	HTTPClient *http.Client
	// Retry is the policy of all calls, those to the tenants included. Its zero
	// value is the default policy.
	Retry superoffice.RetryPolicy
	// Logger is told what the clients do; see [superoffice.WithLogger]. nil logs
	// nothing.
	Logger *slog.Logger
}

// Format prints which application it is, and no secret.
func (c Config) Format(f fmt.State, verb rune) {
	secret.Format(f, verb, "online.Config{"+c.ClientID+" at "+string(c.Environment)+"}")
}

// LogValue says the same to structured logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// tidy takes off what comes along when texts are read from files and
// environments: blanks and line breaks around them, and a byte order mark.
func (c *Config) tidy() {
	c.Environment = Environment(tidied(string(c.Environment)))
	c.ClientID, c.ClientSecret, c.RedirectURL = tidied(c.ClientID), tidied(c.ClientSecret), tidied(c.RedirectURL)
}

// tidied is text without what surrounds it in a file.
func tidied(text string) string { return strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")) }

// checkOpaque refuses a secret or an id that no header can carry, without
// repeating it.
func checkOpaque(argument, text string) error {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
		return invalid(argument, "has a line break, another control character or a character beyond ASCII in it, which no header can carry")
	}
	return checkUnquoted(argument, text)
}

// checkUnquoted refuses what was not read from where it was written as it was
// meant.
func checkUnquoted(argument, text string) error {
	switch {
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return invalid(argument, "has a line break or another control character in it")
	case len(text) > 1 && (text[0] == '"' || text[0] == '\'') && text[0] == text[len(text)-1]:
		return invalid(argument, "is in quotes; leave them out")
	}
	return nil
}

// check refuses what makes no sense.
func (c *Config) check() error {
	if err := c.Environment.check(); err != nil {
		return err
	}
	if c.ClientID == "" {
		return invalid("Config.ClientID", "is empty")
	}
	if err := errors.Join(checkOpaque("Config.ClientID", c.ClientID), checkOpaque("Config.ClientSecret", c.ClientSecret), checkOpaque("Config.RedirectURL", c.RedirectURL)); err != nil {
		return err
	}
	for _, key := range c.PrivateKeys {
		if key == nil {
			return invalid("Config.PrivateKeys", "hold a nil")
		}
	}
	return nil
}

// How much an App asks of SuperOffice at the same time, whatever the number of
// its tenants.
const (
	mostLookups   = 16 // of tenants' states
	mostExchanges = 8  // of credentials
)

// App is an application on SuperOffice Online. Make one with [NewApp] and share
// it: it is safe for any number of goroutines, and coalesces what they want at
// the same time.
type App struct {
	config       func() *Config // a function, so that fmt does not walk into it
	store        Store
	loginService *loginService       // to the login service, for what speaks OAuth
	login        *superoffice.Client // to the login service's own API
	states       *superoffice.Client // to the state service
	base         *superoffice.Client // of which the tenants' clients are made
	keys         *keySet
	// notified are the tokens of notifications that have come.
	notified usedTokens
	seal     sealer // of sign-ins under way

	now   func() time.Time
	sleep func(context.Context, time.Duration) error

	flights   flights
	lookups   semaphore
	exchanges semaphore

	mu         sync.Mutex
	allowances map[string]*allowance // by tenant, in small letters, and user
	tenants    map[string]*tenant
	gone       map[string]weak.Pointer[tenant] // let go, and perhaps still in use
}

// NewApp returns the application that config describes. Nothing is sent. What
// is wrong with config is a [superoffice.ErrInvalidArgument].
func NewApp(config Config) (*App, error) {
	config.tidy()
	if err := config.check(); err != nil {
		return nil, err
	}
	a := &App{
		config:     func() *Config { return &config },
		store:      config.Store,
		now:        time.Now,
		sleep:      config.Retry.Sleep,
		lookups:    make(semaphore, mostLookups),
		exchanges:  make(semaphore, mostExchanges),
		allowances: make(map[string]*allowance),
		tenants:    make(map[string]*tenant),
		gone:       make(map[string]weak.Pointer[tenant]),
	}
	if a.store == nil {
		a.store = NewMemoryStore()
	}
	if a.sleep == nil {
		a.sleep = wait.Sleep
	}
	config.HTTPClient = ownClient(config.HTTPClient)
	config.PrivateKeys = slices.Clone(config.PrivateKeys)
	if err := a.connect(&config); err != nil {
		return nil, err
	}
	seal, err := newSealer(config.ClientSecret)
	if err != nil {
		return nil, err
	}
	a.seal = seal
	return a, nil
}

// ownClient is a copy of the caller's client, or a new one, with a transport
// that all clients of the App share.
func ownClient(given *http.Client) *http.Client {
	client := new(http.Client)
	if given != nil {
		*client = *given
	}
	if client.Transport == nil {
		client.Transport = transport.New()
	}
	return client
}

// connect makes the ways to the environment's services and to the tenants.
func (a *App) connect(config *Config) error {
	opts := []superoffice.ClientOption{
		superoffice.WithHTTPClient(config.HTTPClient), superoffice.WithRetry(config.Retry), superoffice.WithLogger(config.Logger),
	}
	patient := config.Retry
	if patient.MaxAttempts == 0 {
		patient.MaxAttempts = lookupAttempts
	}
	var err error
	if a.states, err = superoffice.NewClient(config.Environment.issuer(), append(opts, superoffice.WithRetry(patient), superoffice.WithTimeout(lookupTimeout))...); err != nil {
		return fmt.Errorf("online: Config: %w", err)
	}
	if a.login, err = superoffice.NewClient(config.Environment.url("/Login"), append(opts, superoffice.WithTimeout(exchangeTimeout))...); err != nil {
		return fmt.Errorf("online: Config: %w", err)
	}
	if a.base, err = superoffice.NewClient("", append(opts, superoffice.WithLocator(nowhere{}))...); err != nil {
		return fmt.Errorf("online: Config: %w", err)
	}
	a.loginService = newLoginService(config.Environment, config.HTTPClient)
	a.keys = &keySet{app: a}
	return nil
}

// nowhere is the Locator of the client that the tenants' are made of.
type nowhere struct{}

func (nowhere) Locate(context.Context, string) (string, error) {
	return "", invalid("client", "belongs to no tenant")
}

// Format prints which application it is, and no secret.
func (a *App) Format(f fmt.State, verb rune) {
	c := a.config()
	secret.Format(f, verb, "online.App{"+c.ClientID+" at "+string(c.Environment)+"}")
}

// Client returns a client for a tenant, such as "Cust12345", with credentials
// of the caller's. It asks the state service where the tenant is, remembers the
// answer, and follows the tenant when it moves. A call to a tenant that is
// offline fails with an *OfflineError, before anything is sent to it.
func (a *App) Client(tenant string, auth superoffice.Auth, opts ...superoffice.ClientOption) (*superoffice.Client, error) {
	t, err := a.tenant(tenant)
	if err != nil {
		return nil, err
	}
	own := []superoffice.ClientOption{superoffice.WithLocator(t)}
	if auth != nil {
		own = append(own, superoffice.WithAuth(auth))
	}
	return a.base.With(append(own, opts...)...)
}

// tenant returns what the App knows of a tenant.
func (a *App) tenant(id string) (*tenant, error) {
	if err := checkTenant("tenant", id); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.find(id)
	if t == nil {
		t = &tenant{app: a, id: id}
	}
	a.tenants[fold(id)] = t
	return t, nil
}

// find returns what is known of a tenant, also if it was let go and clients
// still have it. It is called with a.mu held.
func (a *App) find(id string) *tenant {
	if t := a.tenants[fold(id)]; t != nil {
		return t
	}
	return a.gone[fold(id)].Value()
}

// drop lets go of what is known of a tenant. Clients that still have it go on,
// and are told what happens to the tenant.
func (a *App) drop(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.tenants[fold(id)]
	if t == nil {
		return
	}
	delete(a.tenants, fold(id))
	a.gone[fold(id)] = weak.Make(t)
	runtime.AddCleanup(t, a.forget, fold(id))
}

// forget forgets a tenant that no client has any more.
func (a *App) forget(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gone[id].Value() == nil {
		delete(a.gone, id)
	}
}

// fold is a tenant's context identifier as maps and stores know it: there, too,
// Cust12345 and cust12345 are one tenant.
func fold(id string) string { return strings.ToLower(id) }

// isTenant reports whether id can be a context identifier. It goes into
// addresses and keys, so nothing but letters, digits, "-" and "_" will do.
func isTenant(id string) bool {
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_' {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

// checkTenant refuses what cannot be a context identifier.
func checkTenant(argument, id string) error {
	if isTenant(id) {
		return nil
	}
	return invalid(argument, `is not a context identifier, such as "Cust12345"`)
}

// key is under which the Store keeps a credential of this application.
func (a *App) key(tenant, user string) Key {
	c := a.config()
	return Key{Environment: c.Environment.issuer(), Application: c.ClientID, Tenant: fold(tenant), User: user}
}

// warn tells the log of something that went wrong and cost nobody a call.
func (a *App) warn(ctx context.Context, text string, attrs ...slog.Attr) {
	if logger := a.config().Logger; logger != nil {
		logger.LogAttrs(ctx, slog.LevelWarn, text, attrs...)
	}
}

// semaphore bounds how many do something at the same time.
type semaphore chan struct{}

// do runs f when it is its turn, unless ctx is done before.
func (s semaphore) do(ctx context.Context, f func() error) error {
	select {
	case s <- struct{}{}:
		defer func() { <-s }()
		return f()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// CloseIdleConnections closes the connections that no call uses at present,
// those of the tenants' clients included.
func (a *App) CloseIdleConnections() {
	a.config().HTTPClient.CloseIdleConnections()
}
