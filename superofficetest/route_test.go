package superofficetest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/api"
	"github.com/superoffice-go/superoffice/internal/apidef"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestURL(t *testing.T) {
	t.Parallel()
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+/SuperOffice$`, newFixture(t).URL)
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+/Cust12345/api$`, newFixture(t, superofficetest.Online()).URL)
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, f := range []*fixture{newFixture(t), newFixture(t, superofficetest.Online())} {
		for _, path := range []string{"", "/"} {
			got := f.get(t, f.api+path, header("Accept", "application/json"))
			require.Equal(t, 200, got.status)
			assert.Equal(t, "application/json; charset=utf-8", got.header.Get("Content-Type"))
			info := got.object(t)
			assert.Equal(t, f.api+"/v1/", info["v1"])
			for _, name := range []string{"Version", "NetServerVersion", "NetServerAssembly", "NetServerDate", "NetServerLabel", "NetServer", "Services", "ServicesCurrent"} {
				assert.IsType(t, "", info[name], name)
			}
		}
	}
}

func TestVersionIsHTMLForBrowsers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for accept, want := range map[string]string{
		"":                             "text/html",
		"*/*":                          "text/html",
		"text/html,application/xml":    "text/html",
		"application/json;q=0":         "text/html",
		"text/html, application/json":  "application/json",
		"text/json":                    "application/json",
		"Application/JSON; charset=x ": "application/json",
	} {
		got := f.get(t, f.api, header("Accept", accept))
		assert.Equal(t, 200, got.status)
		assert.Equal(t, want+"; charset=utf-8", got.header.Get("Content-Type"), "Accept %q", accept)
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	index := f.get(t, f.api+"/V1/").object(t)
	d, err := apidef.Read(api.Files())
	require.NoError(t, err)
	assert.Len(t, index, len(d.Calls()))
	methods, _ := index[f.api+"/v1/Agents/User/GetExternalTokens"].(map[string]any)
	assert.NotEmpty(t, methods["POST"])
}

func TestGetDescribesAndDoesNotExecute(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	got := f.get(t, f.api+"/v1/agents/user/getexternaltokens?Key="+sampleKey)
	assert.Equal(t, 200, got.status)
	assert.NotEmpty(t, got.object(t)["POST"])
	assert.NotContains(t, got.body, "nesciunt")
	assert.Equal(t, "application/json; charset=utf-8", f.get(t, f.api+"/v1/agents/user/getexternaltokens", header("Accept", "image/png")).header.Get("Content-Type"))
}

func TestRoutesIgnoreCase(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	host := strings.TrimSuffix(f.URL, "/SuperOffice")
	for _, path := range []string{
		"/SuperOffice/api/v1/Agents/User/GetExternalTokens",
		"/superoffice/API/V1/agents/USER/getexternaltokens",
		"/SuperOffice/api/v1/Agents/User/GetExternalTokens/",
	} {
		got, err := f.try(f.request(t, host+path, getSample))
		require.NoError(t, err)
		assert.Equal(t, 200, got.status, path)
	}
}

func TestUnknownRoutes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	host := strings.TrimSuffix(f.URL, "/SuperOffice")
	for path, want := range map[string]string{
		"/SuperOffice/api/v1/Agents/User/NoSuchMethod":         "application/json",
		"/SuperOffice/api/v1/Agents/Contact/GetExternalTokens": "application/json",
		"/SuperOffice/api/v1/Nobody/GetExternalTokens":         "application/json",
		"/SuperOffice/api/v2":                                  "application/json",
		"/SuperOffice/apiv1/Agents/User/GetExternalTokens":     "text/html",
		"/SuperOffice":                          "text/html",
		"/":                                     "text/html",
		"/api/v1/Agents/User/GetExternalTokens": "text/html",
		"/Cust12345/api/v1/Agents/User/GetExternalTokens":        "text/html",
		"/SuperOffice/SuperOffice/api/v1/Agents/User/SaveTokens": "text/html",
	} {
		got, err := f.try(f.request(t, host+path, getSample))
		require.NoError(t, err)
		assert.Equal(t, 404, got.status, path)
		assert.Equal(t, want+"; charset=utf-8", got.header.Get("Content-Type"), path)
		if want == "application/json" {
			assert.NotEmpty(t, got.object(t)["Message"], path)
			assert.NotEmpty(t, got.object(t)["MessageDetail"], path)
		}
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	got := f.post(t, "GetExternalTokens", getSample, method(http.MethodPut))
	assert.Equal(t, 405, got.status)
	assert.Equal(t, "GET, HEAD, POST", got.header.Get("Allow"))
	for _, url := range []string{f.api, f.api + "/v1"} {
		got := f.get(t, url, method(http.MethodPost))
		assert.Equal(t, 405, got.status, url)
		assert.Equal(t, "GET, HEAD", got.header.Get("Allow"), url)
		assert.Equal(t, 200, f.get(t, url, method(http.MethodHead)).status, url)
	}
}

func TestRequestTooLarge(t *testing.T) {
	t.Parallel()
	f := newFixture(t, superofficetest.WithRecordLimit(1))
	got := f.post(t, "GetExternalTokens", strings.Repeat(" ", 32<<20+1))
	assert.Equal(t, 413, got.status)
	assert.NotEmpty(t, got.object(t)["Message"])
}
