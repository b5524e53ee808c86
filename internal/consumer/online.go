package consumer

import (
	"context"
	"crypto/rsa"
	"net/http"
	"net/url"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/online"
	"github.com/superoffice-go/superoffice/superofficetest"
)

type (
	app     = online.App
	tenants = online.Tenants
)

// Tenants that move, and the sign-in of a user on site.
var (
	_ func(superoffice.Locator) clientOption = superoffice.WithLocator
	_ func(signIn *client) superoffice.Auth  = superoffice.UserTokenAuth
	_ interface {
		Locate(ctx context.Context, rejected string) (baseURL string, err error)
	} = superoffice.Locator(nil)
)

// An application on SuperOffice Online.
var (
	_ = [...]online.Environment{online.Development, online.Stage, online.Production, "https://online.example.com"}
	_ = online.Config{
		Environment: online.Production, ClientID: "", ClientSecret: "", PrivateKeys: []*rsa.PrivateKey(nil), RedirectURL: "",
		Store: online.Store(nil), HTTPClient: (*http.Client)(nil), Retry: superoffice.RetryPolicy{},
	}

	_ func(online.Config) (*app, error)                                                                             = online.NewApp
	_ func(text []byte) (*rsa.PrivateKey, error)                                                                    = online.ParsePrivateKey
	_ func(a *app, tenant string, auth superoffice.Auth, opts ...clientOption) (*client, error)                     = (*app).Client
	_ func(a *app, ctx context.Context, tenant string) (*online.TenantStatus, error)                                = (*app).Status
	_ func(a *app, tenant, token string) (*online.SystemUser, error)                                                = (*app).SystemUser
	_ func(a *app, tenant, token string, opts ...clientOption) (*client, error)                                     = (*app).SystemUserClient
	_ func(a *app, tenant string, associateID int) (*online.User, error)                                            = (*app).User
	_ func(a *app, tenant string, associateID int, opts ...clientOption) (*client, error)                           = (*app).UserClient
	_ func(a *app, ctx context.Context, tenant string, associateID int) error                                       = (*app).SignOut
	_ func(a *app, opts online.SignInOptions) (*online.SignIn, error)                                               = (*app).BeginSignIn
	_ func(a *app, ctx context.Context, s *online.SignIn, callback url.Values) (*online.Claims, error)              = (*app).FinishSignIn
	_ func(a *app, ctx context.Context, opts online.SignInOptions, open func(string) error) (*online.Claims, error) = (*app).SignInNative
	_ func(a *app) http.Handler                                                                                     = (*app).LoginHandler
	_ func(a *app, done func(http.ResponseWriter, *http.Request, *online.SignedIn), failed failure) http.Handler    = (*app).CallbackHandler
	_ func(a *app, token func(ctx context.Context, tenant string) (string, error), opts ...clientOption) *tenants   = (*app).Tenants
	_ func(t *tenants, ctx context.Context, tenant string) (*client, error)                                         = (*tenants).For
	_ func(t *tenants, tenant string)                                                                               = (*tenants).Forget
	_ func(t *tenants, then func(context.Context, online.Notification)) http.Handler                                = (*tenants).NotificationHandler

	_ interface {
		superoffice.Auth
		superoffice.Renewer
	} = (*online.SystemUser)(nil)
	_ interface {
		superoffice.Auth
		superoffice.Renewer
	} = (*online.User)(nil)

	_ = func(s *online.SignIn) string { return s.URL() }
	_ = func(c *online.Claims) (tenant, token string, associateID int) {
		return c.Tenant, c.SystemUserToken(), c.AssociateID
	}
	_ = func(e *online.OfflineError) (string, online.State, time.Time, bool) {
		return e.Tenant, e.State, e.Until, e.Passes()
	}
	_ = func(e *online.ExchangeError) (string, string, time.Duration) { return e.Tenant, e.Reason, e.Skew }
	_ = func(e *online.OAuthError) (int, string, string) { return e.StatusCode, e.Code, e.Description }
	_ = [...]error{online.ErrOffline, online.ErrSignInRequired, online.ErrUndecipherable}
)

type failure = func(http.ResponseWriter, *http.Request, error)

// Where tickets and tokens are kept.
var (
	_ func(online.Store, ...[]byte) (online.Store, error) = online.EncryptedStore
	_ interface {
		Load(ctx context.Context, key online.Key) (online.Entry, error)
		Swap(ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error)
	} = online.Store(online.NewMemoryStore())
	_ = online.Key{Environment: "", Application: "", Tenant: "", User: ""}
	_ = online.Entry{Version: "", Value: nil}
)

// The environment to test against.
var (
	_ func(...superofficetest.OnlineOption) *superofficetest.OnlineServer      = superofficetest.NewOnline
	_ func(o *superofficetest.OnlineServer, id string) *superofficetest.Tenant = (*superofficetest.OnlineServer).AddTenant
	_ func(o *superofficetest.OnlineServer) superofficetest.Application        = (*superofficetest.OnlineServer).App
	_ func(t *superofficetest.Tenant)                                          = (*superofficetest.Tenant).Move
	_ func(t *superofficetest.Tenant, state string)                            = (*superofficetest.Tenant).SetState
	_ func(t *superofficetest.Tenant) int                                      = (*superofficetest.Tenant).Exchanges
)
