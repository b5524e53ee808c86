package superofficetest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is a server and a plain HTTP client for it, so that the server is
// judged by what is on the wire.
type fixture struct {
	*superofficetest.Server
	client *http.Client
	api    string // the address of the API's folder
}

func newFixture(t *testing.T, opts ...superofficetest.Option) *fixture {
	t.Helper()
	transport := &http.Transport{DisableCompression: true}
	f := &fixture{Server: superofficetest.NewServer(opts...), client: &http.Client{Transport: transport}}
	f.api = strings.TrimSuffix(f.URL, "/api") + "/api"
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		f.Close()
	})
	return f
}

// answer is what came back, with the body read to its end.
type answer struct {
	status  int
	header  http.Header
	body    string
	readErr error // why the body could not be read to its end
}

// edit changes a request before it is sent.
type edit func(*http.Request)

func header(key, value string) edit {
	return func(r *http.Request) { r.Header.Set(key, value) }
}

func query(raw string) edit {
	return func(r *http.Request) { r.URL.RawQuery = raw }
}

func method(name string) edit {
	return func(r *http.Request) { r.Method = name }
}

func anonymous(r *http.Request) { r.Header.Del("Authorization") }

// post sends body to an agent method of the User agent, with Basic and as
// JSON unless edited.
func (f *fixture) post(t *testing.T, name, body string, edits ...edit) answer {
	t.Helper()
	got, err := f.try(f.request(t, f.api+"/v1/Agents/User/"+name, body, edits...))
	require.NoError(t, err)
	return got
}

// get sends a GET without credentials.
func (f *fixture) get(t *testing.T, url string, edits ...edit) answer {
	t.Helper()
	edits = append([]edit{method(http.MethodGet), anonymous}, edits...)
	got, err := f.try(f.request(t, url, "", edits...))
	require.NoError(t, err)
	return got
}

func (f *fixture) request(t *testing.T, url, body string, edits ...edit) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	c := f.Credentials()
	req.SetBasicAuth(c.User, c.Password)
	req.Header.Set("Content-Type", "application/json")
	for _, e := range edits {
		e(req)
	}
	return req
}

func (f *fixture) try(req *http.Request) (answer, error) {
	res, err := f.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(body), err}, nil
}

// object decodes a JSON object.
func (a answer) object(t *testing.T) map[string]any {
	t.Helper()
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &object), "%s", a.body)
	return object
}

// sampleKey is where sample is stored by withSample.
const sampleKey = "quos"

func withSample(t *testing.T, opts ...superofficetest.Option) *fixture {
	t.Helper()
	f := newFixture(t, opts...)
	f.PutExternalTokens(sampleKey, sample())
	return f
}

// sample is the vendor's documented example, with reasons to translate.
func sample() superoffice.TokenManagementInfo {
	return superoffice.TokenManagementInfo{
		Provider:     "nesciunt",
		AccessToken:  "quidem",
		RefreshToken: "perferendis",
		TableRight:   &superoffice.TableRight{Mask: "Delete", Reason: "[SR_READ_ONLY]"},
		FieldProperties: superoffice.FieldProperties{
			"fieldName": {
				FieldRight:  &superoffice.FieldRight{Mask: "FULL", Reason: `US:"Read only";NO:"Skrivebeskyttet"`},
				FieldType:   "System.Int32",
				FieldLength: 721,
			},
			"other": {FieldType: "System.String"},
		},
	}
}

const getSample = `{"Key":"` + sampleKey + `"}`
