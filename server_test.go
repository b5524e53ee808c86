package superoffice_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func newServer(t *testing.T, opts ...superofficetest.Option) *superofficetest.Server {
	t.Helper()
	server := superofficetest.NewServer(opts...)
	t.Cleanup(server.Close)
	return server
}

// tokens is a record with everything in it that travels badly.
func tokens() superoffice.TokenManagementInfo {
	return superoffice.TokenManagementInfo{
		Provider: "Größe & <Co>", AccessToken: "a+b/c==", RefreshToken: "\u2028\"\\' \t", Claims: `{"sub":"1"}`,
	}
}

// The exchange of external tokens over a real socket, by the type that the
// requests have: with every credential, every type of the answer, on site and
// online, and both forms of dictionaries.

func TestTokensAreExchangedInJSON(t *testing.T) {
	t.Parallel()
	exchangeIn(t, superoffice.ContentTypeJSON, superoffice.ContentTypeTextJSON)
}

func TestTokensAreExchangedInXML(t *testing.T) {
	t.Parallel()
	exchangeIn(t, superoffice.ContentTypeXML, superoffice.ContentTypeTextXML)
}

func TestTokensAreExchangedInForms(t *testing.T) {
	t.Parallel()
	exchangeIn(t, superoffice.ContentTypeForm)
}

func TestTokensAreExchangedInPatches(t *testing.T) {
	t.Parallel()
	exchangeIn(t, superoffice.ContentTypeJSONPatch, superoffice.ContentTypeMergePatch)
}

// exchangeIn exchanges tokens in requests of the types, each in a test of its
// own: server, credential, type of the request, type of the answer.
func exchangeIn(t *testing.T, types ...superoffice.ContentType) {
	t.Helper()
	for name, server := range map[string]*superofficetest.Server{
		"on site":         newServer(t),
		"online":          newServer(t, superofficetest.Online()),
		"nil and entries": newServer(t, superofficetest.XMLNil(), superofficetest.XMLDictionaryEntries()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, auth := range authsOf(server, name == "online") {
				t.Run(kind, func(t *testing.T) {
					t.Parallel()
					exchangeWith(t, server, auth, types)
				})
			}
		})
	}
}

// authsOf are the ways to sign in at a server.
func authsOf(server *superofficetest.Server, online bool) map[string]superoffice.Auth {
	c := server.Credentials()
	auths := map[string]superoffice.Auth{
		"ticket":  superoffice.TicketAuth(c.Ticket),
		"bearer":  superoffice.BearerAuth(c.AccessToken),
		"source":  superoffice.TokenSourceAuth(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: c.AccessToken})),
		"session": superoffice.SessionAuth(c.XSRFToken, c.SessionCookie()),
	}
	if !online {
		auths["basic"] = superoffice.BasicAuth(c.User, c.Password)
	}
	return auths
}

// exchangeWith exchanges tokens with one credential.
func exchangeWith(t *testing.T, server *superofficetest.Server, auth superoffice.Auth, types []superoffice.ContentType) {
	t.Helper()
	client, err := superoffice.NewClient(server.URL, superoffice.WithAuth(auth), superoffice.WithAppToken(server.Credentials().AppToken), superoffice.WithLanguage("en"))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	for _, sent := range types {
		for _, accepted := range []superoffice.ContentType{
			superoffice.ContentTypeJSON, superoffice.ContentTypeTextJSON, superoffice.ContentTypeXML, superoffice.ContentTypeTextXML,
			superoffice.ContentTypeJSONPatch, superoffice.ContentTypeMergePatch,
		} {
			t.Run(slug(sent)+" answered in "+slug(accepted), func(t *testing.T) {
				exchange(t, client, superoffice.WithContentType(sent), superoffice.WithAccept(accepted))
			})
		}
	}
}

// slug is a type in the name of a test, where a slash begins another test.
func slug(t superoffice.ContentType) string { return strings.ReplaceAll(string(t), "/", " ") }

func exchange(t *testing.T, client *superoffice.Client, opts ...superoffice.CallOption) {
	t.Helper()
	saved := tokens()
	key, err := client.User.SaveExternalTokens(t.Context(), &saved, opts...)
	require.NoError(t, err)
	got, err := client.User.GetExternalTokens(t.Context(), key, opts...)
	require.NoError(t, err)
	assert.Equal(t, [4]string{saved.Provider, saved.AccessToken, saved.RefreshToken, saved.Claims},
		[4]string{got.Provider, got.AccessToken, got.RefreshToken, got.Claims})
	require.NotNil(t, got.TableRight)
	assert.True(t, got.TableRight.Mask.Has(superoffice.TableRightUpdate))
	assert.NotContains(t, got.TableRight.Reason, "[SR_", "resolved in the language")
	assert.Positive(t, got.FieldProperties["Provider"].FieldLength)
	for field, property := range got.FieldProperties {
		assert.Equal(t, "System.String", property.FieldType, field)
	}
	selected, err := client.User.GetExternalTokens(t.Context(), key, append(opts, superoffice.Select("provider", "FieldProperties/Provider/FieldType"))...)
	require.NoError(t, err)
	assert.Equal(t, saved.Provider, selected.Provider)
	assert.Empty(t, selected.AccessToken)
	assert.Nil(t, selected.TableRight)
	_, err = client.User.GetExternalTokens(t.Context(), "no-such-key", opts...)
	assert.ErrorIs(t, err, superoffice.ErrNotFound)
}

func TestOnlineRefusesWhatIsNoCredentialThere(t *testing.T) {
	t.Parallel()
	server := newServer(t, superofficetest.Online())
	c := server.Credentials()
	for name, opts := range map[string][]superoffice.ClientOption{
		"a password":                  {superoffice.WithAuth(superoffice.BasicAuth(c.User, c.Password)), superoffice.WithAppToken(c.AppToken)},
		"a ticket without app token":  {superoffice.WithAuth(superoffice.TicketAuth(c.Ticket))},
		"a ticket with an empty one":  {superoffice.WithAuth(superoffice.TicketAuth(c.Ticket)), superoffice.WithAppToken("")},
		"an old ticket":               {superoffice.WithAuth(superoffice.TicketAuth("7T:old")), superoffice.WithAppToken(c.AppToken)},
		"a session without its token": {superoffice.WithAuth(superoffice.SessionAuth("other", c.SessionCookie()))},
		"nothing":                     nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := superoffice.NewClient(server.URL, opts...)
			require.NoError(t, err)
			t.Cleanup(client.CloseIdleConnections)
			_, err = client.User.GetExternalTokens(t.Context(), "quos")
			assert.ErrorIs(t, err, superoffice.ErrUnauthorized)
			var failure *superoffice.Error
			if assert.ErrorAs(t, err, &failure) {
				assert.NotEmpty(t, failure.Message)
			}
			_, err = client.Version(t.Context())
			assert.NoError(t, err, "the version takes no credentials")
		})
	}
}

func TestTheUserAgentMayBeRestricted(t *testing.T) {
	t.Parallel()
	for status, sentinel := range map[int]error{http.StatusForbidden: superoffice.ErrForbidden, http.StatusUnauthorized: superoffice.ErrUnauthorized} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			server := newServer(t, superofficetest.Online(), superofficetest.RestrictAgent("User", status))
			_, err := server.Client().User.GetExternalTokens(t.Context(), "quos")
			require.ErrorIs(t, err, sentinel)
			assert.ErrorContains(t, err, "restricted in SuperOffice Online")
		})
	}
}

// The faults that the stand-in makes, as a client meets them.
func TestFaultsOverASocket(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault superofficetest.Fault
		is    error
		text  string
	}{
		"null":         {superofficetest.Null(), superoffice.ErrNotFound, ""},
		"empty 200":    {superofficetest.Empty(200), superoffice.ErrNotFound, ""},
		"empty 204":    {superofficetest.Empty(204), superoffice.ErrNotFound, ""},
		"401":          {superofficetest.Unauthorized(), superoffice.ErrUnauthorized, "401"},
		"421":          {superofficetest.Misdirected(), superoffice.ErrMisdirected, "421"},
		"429":          {superofficetest.Throttled("7"), superoffice.ErrThrottled, "429"},
		"503":          {superofficetest.Unavailable(""), superoffice.ErrUnavailable, "503"},
		"error in 200": {superofficetest.Respond(200, "application/json", `{"Error":true,"ErrorType":"SoSentryException","ErrorMessage":"no"}`), superoffice.ErrForbidden, "no"},
		"login page":   {superofficetest.LoginPage(), nil, "HTML page"},
		"odd type":     {superofficetest.ContentType("text/css"), nil, "text/css"},
		"cut body":     {superofficetest.CutBody(), nil, "unexpected EOF"},
		"truncated":    {superofficetest.Respond(200, "application/json", `{"Provider":"x`), nil, "ends too early"},
		"larger":       {superofficetest.Respond(200, "application/json", `{"Provider":"`+strings.Repeat("x", 2<<20)+`"}`), nil, "larger than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t)
			server.PutExternalTokens("quos", tokens())
			client := server.Client(superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 1}), superoffice.WithMaxResponseBytes(1<<20))
			server.InjectOn("User/GetExternalTokens", 1, c.fault)
			info, err := client.User.GetExternalTokens(t.Context(), "quos")
			require.Error(t, err)
			assert.Nil(t, info)
			assert.ErrorContains(t, err, c.text)
			if c.is != nil {
				assert.ErrorIs(t, err, c.is)
			}
			_, err = client.User.GetExternalTokens(t.Context(), "quos")
			require.NoError(t, err, "and the next call works")
		})
	}
}

// A connection that breaks under a read is replaced by net/http itself; under
// a write nobody knows what was done, and the caller is told.
func TestAResetConnection(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	server.PutExternalTokens("quos", tokens())
	client := server.Client(superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 1}))
	_, err := client.User.GetExternalTokens(t.Context(), "quos")
	require.NoError(t, err)
	server.Inject(1, superofficetest.Reset())
	_, err = client.User.GetExternalTokens(t.Context(), "quos")
	require.NoError(t, err)

	info := tokens()
	server.Inject(1, superofficetest.Reset())
	_, err = client.User.SaveExternalTokens(t.Context(), &info)
	var failure *superoffice.Error
	require.ErrorAs(t, err, &failure)
	assert.Zero(t, failure.StatusCode)
	saves := 0
	for _, request := range server.Requests() {
		if request.Operation == "User/SaveExternalTokens" {
			saves++
		}
	}
	assert.Equal(t, 1, saves)
}
