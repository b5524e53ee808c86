package superoffice

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/transport"
)

func TestBaseURLSpellings(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://crm.example.com/SuperOffice":               "https://crm.example.com/SuperOffice/api/v1/Agents/User/GetUser",
		"https://crm.example.com/SuperOffice/":              "https://crm.example.com/SuperOffice/api/v1/Agents/User/GetUser",
		"https://crm.example.com/SuperOffice/api":           "https://crm.example.com/SuperOffice/api/v1/Agents/User/GetUser",
		"https://crm.example.com/SuperOffice/api/":          "https://crm.example.com/SuperOffice/api/v1/Agents/User/GetUser",
		"https://crm.example.com/SuperOffice/api/v1":        "https://crm.example.com/SuperOffice/api/v1/Agents/User/GetUser",
		"https://crm.example.com/SuperOffice/api/v1/":       "https://crm.example.com/SuperOffice/api/v1/Agents/User/GetUser",
		"https://crm.example.com/SuperOffice/API/V1//":      "https://crm.example.com/SuperOffice/api/v1/Agents/User/GetUser",
		" https://crm.example.com/SuperOffice\n":            "https://crm.example.com/SuperOffice/api/v1/Agents/User/GetUser",
		"HTTPS://CRM.example.com/SuperOffice":               "https://CRM.example.com/SuperOffice/api/v1/Agents/User/GetUser",
		"https://crm.example.com":                           "https://crm.example.com/api/v1/Agents/User/GetUser",
		"https://crm.example.com/api":                       "https://crm.example.com/api/v1/Agents/User/GetUser",
		"https://crm.example.com/Super%20Office%2FX":        "https://crm.example.com/Super%20Office%2FX/api/v1/Agents/User/GetUser",
		"https://online3.superoffice.com:443/Cust12345/api": "https://online3.superoffice.com:443/Cust12345/api/v1/Agents/User/GetUser",
		"http://localhost:8080/x":                           "http://localhost:8080/x/api/v1/Agents/User/GetUser",
		"http://127.0.0.1/x":                                "http://127.0.0.1/x/api/v1/Agents/User/GetUser",
		"http://[::1]:81/x":                                 "http://[::1]:81/x/api/v1/Agents/User/GetUser",
	} {
		e, err := parseEndpoint(base, false)
		require.NoError(t, err, base)
		var u url.URL
		e.url(&u, "v1/Agents/User/GetUser", "")
		assert.Equal(t, want, u.String(), base)
	}
}

func TestBaseURLRefused(t *testing.T) {
	t.Parallel()
	for base, reason := range map[string]string{
		"":                                  "no scheme",
		"crm.example.com/SuperOffice":       "no scheme",
		"//crm.example.com":                 "no scheme",
		"ftp://crm.example.com":             `scheme "ftp"`,
		"https:///SuperOffice":              "no host",
		"https://:443/x":                    "no host",
		"https://crm.example.com:0/x":       "port",
		"https://crm.example.com:99999/x":   "port",
		"https://crm.example.com:/x":        "port",
		"https://hugo:geheim@crm.example":   "user name or password",
		"https://hugo:gehe%im@crm.example":  "not a URL",
		"https://crm.example.com/x?a=b":     "query",
		"https://crm.example.com/x?":        "query",
		"https://crm.example.com/x#y":       "fragment",
		"https://crm.example.com/x#":        "fragment",
		"https://crm.example.com/a/../b":    `".."`,
		"https://crm.example.com/a/%2e%2e/": `".."`,
		"http://crm.example.com/x":          "plain http",
		"http://127.0.0.1.example.com/x":    "plain http",
		"http://localhost.example.com/x":    "plain http",
		"https://crm example/x":             "not a URL",
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			_, err := NewClient(base)
			require.ErrorIs(t, err, ErrInvalidArgument)
			assert.ErrorContains(t, err, "baseURL")
			assert.ErrorContains(t, err, reason)
			assert.NotContains(t, err.Error(), "gehe", "no part of a password in an error")
		})
	}
	_, err := NewClient("http://crm.example.com/x", WithInsecureHTTP())
	assert.NoError(t, err)
}

func TestOriginIsOneRule(t *testing.T) {
	t.Parallel()
	same := [][2]string{
		{"https://a.example/x", "https://A.example:443/y"},
		{"http://a.example", "http://a.example:80/"},
		{"https://[::1]:8443/", "https://[::1]:8443/z"},
	}
	for _, pair := range same {
		assert.Equal(t, originOf(parse(t, pair[0])), originOf(parse(t, pair[1])), pair)
	}
	different := [][2]string{
		{"https://a.example/", "http://a.example/"},
		{"https://a.example/", "https://a.example:8443/"},
		{"https://a.example/", "https://b.a.example/"},
		{"https://a.example/", "https://a.example.evil/"},
		{"https://a.example/", "https://a.example./"},
		{"https://a.example/", "ftp://a.example/"},
	}
	for _, pair := range different {
		assert.NotEqual(t, originOf(parse(t, pair[0])), originOf(parse(t, pair[1])), pair)
	}
	assert.Equal(t, "https://[::1]:8443", originOf(parse(t, "https://[::1]:8443/x")).String())
	assert.Equal(t, "https://a.example", originOf(parse(t, "https://A.example:443/x")).String())
}

func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u
}

func FuzzBaseURL(f *testing.F) {
	for _, seed := range []string{
		"https://crm.example.com/SuperOffice", "https://x/api/v1/", "https://x/api/api", "http://localhost", "https://x:443/%2F/api",
		"https://u:p@x", "https://x/#", "//x", "https://[::1]:1/", "https://x/a%zz", "https://x//api//v1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, base string) {
		e, err := parseEndpoint(base, false)
		if err != nil {
			require.ErrorIs(t, err, ErrInvalidArgument)
			return
		}
		var u url.URL
		e.url(&u, "v1/Agents/User/GetUser", "")
		assert.True(t, strings.HasSuffix(u.EscapedPath(), "/api/v1/Agents/User/GetUser"), u.String())
		assert.Equal(t, e.origin, originOf(&u))
		again, err := parseEndpoint(strings.TrimSuffix(u.String(), "/Agents/User/GetUser"), false)
		require.NoError(t, err, "the normal form is a base URL")
		var v url.URL
		again.url(&v, "v1/Agents/User/GetUser", "")
		assert.Equal(t, u.String(), v.String(), "and stays what it is")
		if u.Scheme == "http" && !transport.IsLoopback(u.Hostname()) {
			t.Error("plain http got through", base)
		}
	})
}

func TestCallPaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"v1/Agents/User/GetUser":    "/SuperOffice/api/v1/Agents/User/GetUser",
		"/v1/Contact/5":             "/SuperOffice/api/v1/Contact/5",
		"v1/Contact/5?$select=Name": "/SuperOffice/api/v1/Contact/5?$select=Name",
		"v1/Table/a%2Fb":            "/SuperOffice/api/v1/Table/a%2Fb",
		"":                          "/SuperOffice/api",
	} {
		spec, err := parseCall("get", path)
		require.NoError(t, err, path)
		e, err := parseEndpoint("https://crm.example.com/SuperOffice", false)
		require.NoError(t, err)
		var u url.URL
		e.url(&u, spec.path, spec.query)
		assert.Equal(t, want, u.RequestURI(), path)
	}
	for _, path := range []string{"https://evil.example/x", "//evil.example/x", "///x", "a/../../b", "a/%2e%2e/b", "x#y", "%zz", "a\nb"} {
		_, err := parseCall("GET", path)
		assert.True(t, errors.Is(err, ErrInvalidArgument), path)
	}
	_, err := parseCall("GE T", "x")
	assert.ErrorIs(t, err, ErrInvalidArgument)
}
