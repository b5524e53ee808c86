package superofficetest_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

func basic(user, password string) edit {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}

func authorization(value string) edit { return header("Authorization", value) }

func session(xsrf string, cookie *http.Cookie) edit {
	return func(r *http.Request) {
		anonymous(r)
		if xsrf != "" {
			r.Header.Set("X-XSRF-TOKEN", xsrf)
		}
		r.AddCookie(cookie)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	onSite, online := withSample(t), withSample(t, superofficetest.Online())
	c, o := onSite.Credentials(), online.Credentials()
	stale := &http.Cookie{Name: "ASP.NET_SessionId", Value: "stale"}
	tests := []struct {
		name  string
		f     *fixture
		edits []edit
		want  int
	}{
		{"basic", onSite, []edit{basic(c.User, c.Password)}, 200},
		{"basic, scheme in lower case", onSite, []edit{basic(c.User, c.Password), lowerScheme}, 200},
		{"basic, wrong password", onSite, []edit{basic(c.User, "wrong")}, 401},
		{"basic, wrong user", onSite, []edit{basic("wrong", c.Password)}, 401},
		{"basic, not base64", onSite, []edit{authorization("Basic !")}, 401},
		{"basic online", online, []edit{basic(o.User, o.Password)}, 401},

		{"ticket", onSite, []edit{authorization("SOTicket " + c.Ticket)}, 200},
		{"ticket, scheme in capitals", onSite, []edit{authorization("SOTICKET " + c.Ticket)}, 200},
		{"ticket, wrong", onSite, []edit{authorization("SOTicket 7T:wrong")}, 401},
		{"ticket of another server", onSite, []edit{authorization("SOTicket " + o.Ticket)}, 401},
		{"ticket, missing", onSite, []edit{authorization("SOTicket")}, 401},
		{"ticket online without application token", online, []edit{authorization("SOTicket " + o.Ticket)}, 401},
		{"ticket online with a wrong application token", online, []edit{authorization("SOTicket " + o.Ticket), header("SO-AppToken", "wrong")}, 401},
		{"ticket online", online, []edit{authorization("SOTicket " + o.Ticket), header("SO-AppToken", o.AppToken)}, 200},

		{"bearer", onSite, []edit{authorization("Bearer " + c.AccessToken)}, 200},
		{"bearer online", online, []edit{authorization("bearer " + o.AccessToken)}, 200},
		{"bearer, wrong", onSite, []edit{authorization("Bearer 8A:wrong")}, 401},

		{"session", onSite, []edit{session(c.XSRFToken, c.SessionCookie())}, 200},
		{"session online", online, []edit{session(o.XSRFToken, o.SessionCookie())}, 200},
		{"session without its XSRF token", onSite, []edit{session("", c.SessionCookie())}, 401},
		{"session with a wrong XSRF token", onSite, []edit{session("wrong", c.SessionCookie())}, 401},
		{"session with a wrong cookie", onSite, []edit{session(c.XSRFToken, stale)}, 401},
		{"XSRF token without a cookie", onSite, []edit{anonymous, header("X-XSRF-TOKEN", c.XSRFToken)}, 401},
		{"session beside a wrong Authorization", onSite, []edit{session(c.XSRFToken, c.SessionCookie()), authorization("Bearer wrong")}, 401},

		{"none", onSite, []edit{anonymous}, 401},
		{"another scheme", onSite, []edit{authorization("Digest " + c.Ticket)}, 401},
		{"application token alone", online, []edit{anonymous, header("SO-AppToken", o.AppToken)}, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tt.f.post(t, "GetExternalTokens", getSample, tt.edits...)
			require.Equal(t, tt.want, got.status, "%s", got.body)
			if tt.want == http.StatusUnauthorized {
				assertServiceFailure(t, got, "SoSessionException")
			}
		})
	}
}

// lowerScheme writes Basic as basic.
func lowerScheme(r *http.Request) {
	r.Header.Set("Authorization", "basic"+r.Header.Get("Authorization")[len("Basic"):])
}

// assertServiceFailure checks the vendor's usual error shape.
func assertServiceFailure(t *testing.T, got answer, class string) {
	t.Helper()
	assert.Equal(t, "application/json; charset=utf-8", got.header.Get("Content-Type"))
	body := got.object(t)
	assert.Equal(t, true, body["Error"])
	assert.Equal(t, class, body["ErrorType"])
	assert.NotEmpty(t, body["ErrorMessage"])
	assert.NotEmpty(t, body["ErrorSource"])
}

func TestMissingXSRFTokenIsNamed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	got := f.post(t, "GetExternalTokens", getSample, session("", f.Credentials().SessionCookie()))
	assert.Contains(t, got.object(t)["ErrorMessage"], "X-XSRF-TOKEN", "the likeliest mistake is told from an ended session")
}

func TestRefusalsRepeatNoCredential(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, e := range []edit{basic("user", "marked"), authorization("SOTicket marked"), authorization("Bearer marked"), authorization("marked marked")} {
		assert.NotContains(t, f.post(t, "GetExternalTokens", getSample, e).body, "marked")
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ before, rotate func(f *fixture) edit }{
		"ticket": {
			func(f *fixture) edit { return authorization("SOTicket " + f.Credentials().Ticket) },
			func(f *fixture) edit { return authorization("SOTicket " + f.RotateTicket()) },
		},
		"access token": {
			func(f *fixture) edit { return authorization("Bearer " + f.Credentials().AccessToken) },
			func(f *fixture) edit { return authorization("Bearer " + f.RotateAccessToken()) },
		},
		"session": {
			func(f *fixture) edit { c := f.Credentials(); return session(c.XSRFToken, c.SessionCookie()) },
			func(f *fixture) edit { return session(f.RotateSession()) },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := withSample(t)
			before := tt.before(f)
			assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample, before).status)
			after := tt.rotate(f)
			assert.Equal(t, 401, f.post(t, "GetExternalTokens", getSample, before).status, "the old one has ended")
			assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample, after).status, "the new one counts")
			assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample, tt.before(f)).status, "Credentials has the new one")
			assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample).status, "Basic is not touched")
		})
	}
}

func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				req := f.request(t, f.api+"/v1/Agents/User/GetExternalTokens", getSample,
					authorization("SOTicket "+f.Credentials().Ticket))
				got, err := f.try(req)
				assert.NoError(t, err)
				assert.Contains(t, []int{200, 401}, got.status)
			}
		})
		wg.Go(func() { f.RotateTicket() })
	}
	wg.Wait()
	assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample, authorization("SOTicket "+f.Credentials().Ticket)).status)
}

func TestWithCredentials(t *testing.T) {
	t.Parallel()
	f := withSample(t, superofficetest.WithCredentials(superofficetest.Credentials{User: "ann", Password: "secret"}))
	assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample, basic("ann", "secret")).status)
	assert.NotEmpty(t, f.Credentials().Ticket, "members left empty are filled")
	assert.NotEqual(t, f.Credentials().Ticket, newFixture(t).Credentials().Ticket, "each server has its own")
}

func TestRestrictAgent(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403, 500} {
		f := withSample(t, superofficetest.Online(), superofficetest.RestrictAgent("uSER", status))
		got := f.post(t, "GetExternalTokens", getSample, authorization("Bearer "+f.Credentials().AccessToken))
		assert.Equal(t, status, got.status)
		assertServiceFailure(t, got, "SoSentryException")
		assert.Equal(t, 401, f.post(t, "GetExternalTokens", getSample, authorization("Bearer wrong")).status,
			"who is asking comes first")
	}
	assert.Equal(t, 200, withSample(t, superofficetest.RestrictAgent("Contact", 403)).post(t, "GetExternalTokens", getSample).status)
	assert.PanicsWithValue(t, "superofficetest: RestrictAgent: status 200 is not an error; use 400 to 599",
		func() { superofficetest.RestrictAgent("User", 200) })
}
