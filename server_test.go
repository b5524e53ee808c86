package superoffice_test

import (
	"fmt"
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

// The documented exchange over a real socket: every credential, every content
// type both ways, both dictionary forms, on site and online.
func TestTheExchangeInEveryWay(t *testing.T) {
	t.Parallel()
	requestTypes := []superoffice.ContentType{
		superoffice.ContentTypeJSON, superoffice.ContentTypeTextJSON, superoffice.ContentTypeXML, superoffice.ContentTypeTextXML,
		superoffice.ContentTypeForm, superoffice.ContentTypeJSONPatch, superoffice.ContentTypeMergePatch,
	}
	for name, server := range map[string]*superofficetest.Server{
		"on site":         newServer(t),
		"online":          newServer(t, superofficetest.Online()),
		"nil and entries": newServer(t, superofficetest.XMLNil(), superofficetest.XMLDictionaryEntries()),
	} {
		c := server.Credentials()
		auths := map[string]superoffice.Auth{
			"ticket":  superoffice.TicketAuth(c.Ticket),
			"bearer":  superoffice.BearerAuth(c.AccessToken),
			"source":  superoffice.TokenSourceAuth(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: c.AccessToken})),
			"session": superoffice.SessionAuth(c.XSRFToken, c.SessionCookie()),
		}
		if name != "online" {
			auths["basic"] = superoffice.BasicAuth(c.User, c.Password)
		}
		for kind, auth := range auths {
			client, err := superoffice.NewClient(server.URL, superoffice.WithAuth(auth), superoffice.WithAppToken(c.AppToken), superoffice.WithLanguage("en"))
			require.NoError(t, err)
			t.Cleanup(client.CloseIdleConnections)
			for _, sent := range requestTypes {
				for _, accepted := range requestTypes {
					if accepted == superoffice.ContentTypeForm {
						continue
					}
					exchange(t, fmt.Sprint(name, " ", kind, " ", sent, " ", accepted), client, superoffice.WithContentType(sent), superoffice.WithAccept(accepted))
				}
			}
		}
	}
}

func exchange(t *testing.T, name string, client *superoffice.Client, opts ...superoffice.CallOption) {
	t.Helper()
	saved := tokens()
	key, err := client.User.SaveExternalTokens(t.Context(), &saved, opts...)
	require.NoError(t, err, name)
	got, err := client.User.GetExternalTokens(t.Context(), key, opts...)
	require.NoError(t, err, name)
	assert.Equal(t, [4]string{saved.Provider, saved.AccessToken, saved.RefreshToken, saved.Claims},
		[4]string{got.Provider, got.AccessToken, got.RefreshToken, got.Claims}, name)
	require.NotNil(t, got.TableRight, name)
	assert.True(t, got.TableRight.Mask.Has(superoffice.TableRightUpdate), name)
	assert.NotContains(t, got.TableRight.Reason, "[SR_", "resolved in the language: %s", name)
	assert.Positive(t, got.FieldProperties["Provider"].FieldLength, name)
	for field, property := range got.FieldProperties {
		assert.Equal(t, "System.String", property.FieldType, "%s %s", name, field)
	}
	selected, err := client.User.GetExternalTokens(t.Context(), key, append(opts, superoffice.Select("provider", "FieldProperties/Provider/FieldType"))...)
	require.NoError(t, err, name)
	assert.Equal(t, saved.Provider, selected.Provider, name)
	assert.Empty(t, selected.AccessToken, name)
	assert.Nil(t, selected.TableRight, name)
	_, err = client.User.GetExternalTokens(t.Context(), "no-such-key", opts...)
	assert.ErrorIs(t, err, superoffice.ErrNotFound, name)
}

func TestOnlineWantsWhatItWants(t *testing.T) {
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
		client, err := superoffice.NewClient(server.URL, opts...)
		require.NoError(t, err)
		t.Cleanup(client.CloseIdleConnections)
		_, err = client.User.GetExternalTokens(t.Context(), "quos")
		assert.ErrorIs(t, err, superoffice.ErrUnauthorized, name)
		var failure *superoffice.Error
		if assert.ErrorAs(t, err, &failure) {
			assert.NotEmpty(t, failure.Message, name)
		}
		_, err = client.Version(t.Context())
		assert.NoError(t, err, "the version takes no credentials: %s", name)
	}
}

func TestTheUserAgentMayBeRestricted(t *testing.T) {
	t.Parallel()
	for status, sentinel := range map[int]error{http.StatusForbidden: superoffice.ErrForbidden, http.StatusUnauthorized: superoffice.ErrUnauthorized} {
		server := newServer(t, superofficetest.Online(), superofficetest.RestrictAgent("User", status))
		_, err := server.Client().User.GetExternalTokens(t.Context(), "quos")
		require.ErrorIs(t, err, sentinel)
		assert.ErrorContains(t, err, "restricted in SuperOffice Online")
	}
}

// The faults that the stand-in makes, as a client meets them.
func TestFaultsOverASocket(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	server.PutExternalTokens("quos", tokens())
	client := server.Client(superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 1}), superoffice.WithMaxResponseBytes(1<<20))
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
		server.InjectOn("User/GetExternalTokens", 1, c.fault)
		info, err := client.User.GetExternalTokens(t.Context(), "quos")
		require.Error(t, err, name)
		assert.Nil(t, info, name)
		assert.ErrorContains(t, err, c.text, name)
		if c.is != nil {
			assert.ErrorIs(t, err, c.is, name)
		}
		_, err = client.User.GetExternalTokens(t.Context(), "quos")
		require.NoError(t, err, "and the next call works: %s", name)
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
