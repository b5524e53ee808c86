package superoffice_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/online"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// echoing is a login service that repeats all it is told, in one form.
func echoing(t *testing.T, status int, contentType, format string) online.Environment {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/state/") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"ContextIdentifier":"Cust12345","State":"Running","IsRunning":true,"ValidUntil":"2999-01-01T00:00:00Z","Api":"http://%s/Cust12345/api"}`, r.Host)
			return
		}
		body, _ := io.ReadAll(r.Body)
		said := string(body)
		if form, err := url.ParseQuery(said); err == nil {
			said += fmt.Sprint(form)
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, format, said)
	}))
	t.Cleanup(server.Close)
	return online.Environment(server.URL)
}

// TestSecretsOfAnApplicationDoNotShow signs in at a login service that says no
// and repeats what it was told.
func TestSecretsOfAnApplicationDoNotShow(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for name, format := range map[string]struct {
		status    int
		kind, say string
	}{
		"an OAuth error":     {400, "application/json", `{"error":"invalid_grant %[1]q","error_description":%[1]q}`},
		"an API error":       {500, "application/json", `{"ErrorMessage":%[1]q,"ErrorType":%[1]q}`},
		"a refusal":          {200, "application/json", `{"IsSuccessful":false,"ErrorMessage":%[1]q,"error":"no","error_description":%[1]q}`},
		"words":              {503, "text/plain", `%s`},
		"a page":             {200, "text/html", `<title>%s</title>`},
		"a token of no kind": {200, "application/json", `{"IsSuccessful":true,"Token":%[1]q,"access_token":%[1]q,"token_type":"Bearer","id_token":%[1]q}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWitness(t)
			config := online.Config{
				Environment: echoing(t, format.status, format.kind, format.say), ClientID: "app", ClientSecret: marked,
				PrivateKeys: []*rsa.PrivateKey{key}, RedirectURL: "https://app.example.com/callback", Logger: w.log,
				Retry: superoffice.RetryPolicy{MaxAttempts: 1},
			}
			app, err := online.NewApp(config)
			require.NoError(t, err)
			t.Cleanup(app.CloseIdleConnections)
			w.see(config, &config, app)
			user, err := app.SystemUser("Cust12345", "App-"+marked)
			require.NoError(t, err)
			client, err := app.Client("Cust12345", user)
			require.NoError(t, err)
			_, err = client.Contact.GetContactEntity(t.Context(), 5)
			require.Error(t, err)
			w.see(user, client, err)

			signIn, err := app.BeginSignIn(online.SignInOptions{})
			require.NoError(t, err)
			at, err := url.Parse(signIn.URL())
			require.NoError(t, err)
			_, err = app.FinishSignIn(t.Context(), signIn, url.Values{"state": at.Query()["state"], "code": {marked}})
			require.Error(t, err)
			w.see(signIn, err)
			w.lacks(name, at.Query().Get("state"), at.Query().Get("nonce"), fmt.Sprintf("%x", key.D), key.D.String())

			_, err = online.ParsePrivateKey([]byte("-----BEGIN PRIVATE KEY-----\n" + marked + "\n-----END PRIVATE KEY-----\n"))
			w.see(err)
			_, err = online.EncryptedStore(online.NewMemoryStore(), []byte(marked))
			w.see(err)
			w.done(name)
		})
	}
}

// TestSecretsOfPeopleDoNotShow goes through all that works, and then looks for
// every secret that went over the wire.
func TestSecretsOfPeopleDoNotShow(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	server := superofficetest.NewOnline()
	t.Cleanup(server.Close)
	tenant := server.AddTenant("Cust12345")
	registered := server.App()
	store := online.NewMemoryStore()
	app, err := online.NewApp(online.Config{
		Environment: online.Environment(server.URL), ClientID: registered.ClientID, ClientSecret: registered.ClientSecret,
		PrivateKeys: []*rsa.PrivateKey{registered.PrivateKey}, RedirectURL: superofficetest.DefaultRedirectURL, Logger: w.log, Store: store,
	})
	require.NoError(t, err)
	t.Cleanup(app.CloseIdleConnections)

	signIn, err := app.BeginSignIn(online.SignInOptions{})
	require.NoError(t, err)
	claims, err := app.FinishSignIn(t.Context(), signIn, authorize(t, signIn.URL()))
	require.NoError(t, err)
	person, err := app.User(claims.Tenant, claims.AssociateID)
	require.NoError(t, err)
	system, err := app.SystemUser(claims.Tenant, claims.SystemUserToken())
	require.NoError(t, err)
	pool := app.Tenants(func(context.Context, string) (string, error) { return claims.SystemUserToken(), nil })
	pooled, err := pool.For(t.Context(), claims.Tenant)
	require.NoError(t, err)
	for _, auth := range []superoffice.Auth{person, system} {
		client, err := app.Client(claims.Tenant, auth)
		require.NoError(t, err)
		_, err = client.Contact.GetContactEntity(t.Context(), 5)
		require.NoError(t, err)
		tenant.ExpireTickets()
		tenant.ExpireAccessTokens()
		tenant.Move()
		_, err = client.Contact.GetContactEntity(t.Context(), 5)
		require.NoError(t, err)
		w.see(client)
	}
	status, err := app.Status(t.Context(), claims.Tenant)
	require.NoError(t, err)
	w.see(signIn, claims, *claims, &online.SignedIn{Claims: *claims}, online.SignedIn{Claims: *claims}, person, system, pooled, status, app, store)
	require.NoError(t, app.SignOut(t.Context(), claims.Tenant, claims.AssociateID))

	var secrets []string
	for _, r := range append(server.LoginRequests(), tenant.Requests()...) {
		_, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		secrets = append(secrets, credential)
		form, _ := url.ParseQuery(string(r.Body))
		for _, name := range []string{"code", "code_verifier", "refresh_token", "client_secret", "token"} {
			secrets = append(secrets, form.Get(name))
		}
	}
	secrets = append(secrets, registered.ClientSecret, tenant.SystemUserToken)
	found := 0
	for _, secret := range secrets {
		if secret != "" {
			found++
			w.lacks("something of package online", secret)
		}
	}
	assert.Greater(t, found, 15, "there was something to look for")
}

// authorize goes to the sign-in as a browser does and returns the query of the
// callback.
func authorize(t *testing.T, address string) url.Values {
	t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Get(address)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	callback, err := resp.Location()
	require.NoError(t, err)
	return callback.Query()
}
