package superofficetest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUnknownKeyIsNull(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	for _, key := range []string{"unknown", strings.ToUpper(sampleKey), sampleKey + " "} {
		got := f.post(t, "GetExternalTokens", `{"Key":"`+key+`"}`)
		assert.Equal(t, 200, got.status)
		assert.Equal(t, "null", got.body)
	}
}

func TestPutIsServedVerbatim(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	want, err := json.Marshal(sample())
	require.NoError(t, err)
	assert.JSONEq(t, string(want), f.post(t, "GetExternalTokens", getSample).body)

	bare := sample()
	bare.TableRight, bare.FieldProperties = nil, nil
	f.PutExternalTokens(sampleKey, bare)
	got := f.post(t, "GetExternalTokens", getSample).object(t)
	assert.Nil(t, got["TableRight"], "nothing is filled in")
	assert.Nil(t, got["FieldProperties"])
}

func TestSaveAndGet(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"SaveExternalTokens", "DecryptAndSaveExternalTokens"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			const body = `{"TokenManagementInfo":{"Provider":"p","AccessToken":"a","RefreshToken":17,"Claims":null,` +
				`"TableRight":{"Mask":"None","Reason":"mine"},"FieldProperties":{"mine":{}},"Other":"dropped"}}`
			saved := f.post(t, name, body)
			require.Equal(t, 200, saved.status)
			assert.Equal(t, `"external-token-000001"`, saved.body)
			assert.Equal(t, `"external-token-000002"`, f.post(t, name, body).body, "each save has its own key")

			got := f.post(t, "GetExternalTokens", `{"Key":"external-token-000001"}`).object(t)
			assert.Equal(t, "p", got["Provider"])
			assert.Equal(t, "a", got["AccessToken"])
			assert.Equal(t, "17", got["RefreshToken"], "numbers are taken for text")
			assert.Contains(t, got, "Claims")
			assert.Nil(t, got["Claims"])
			assert.NotContains(t, got, "Other")
			assert.Equal(t, map[string]any{"Mask": "Select, Update, Delete", "Reason": "[SR_NO_INSERT]"}, got["TableRight"],
				"rights are the server's to say")
			properties, _ := got["FieldProperties"].(map[string]any)
			for _, member := range []string{"Provider", "AccessToken", "RefreshToken", "Claims"} {
				property, _ := properties[member].(map[string]any)
				assert.Equal(t, "System.String", property["FieldType"], member)
				assert.Contains(t, property, "FieldLength", member)
				assert.Contains(t, property, "FieldRight", member)
			}
			assert.Len(t, properties, 4)
		})
	}
}

func TestExchange(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	saved := f.post(t, "ExchangeCodeAndSaveTokens",
		`{"Provider":"p","AuthorizationCode":"c0de","Nonce":"n","PkceVerifier":"v","RedirectUri":"https://app.example.com"}`)
	require.Equal(t, 200, saved.status)
	got := f.post(t, "GetExternalTokens", `{"Key":`+saved.body+`}`).object(t)
	assert.Equal(t, "p", got["Provider"])
	assert.Equal(t, "access-for-c0de", got["AccessToken"])
	assert.Equal(t, "refresh-for-c0de", got["RefreshToken"])
	assert.Equal(t, `{"nonce":"n"}`, got["Claims"])
}

func TestArgumentErrors(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tests := []struct{ method, body, want string }{
		{"GetExternalTokens", "", "The request body is missing."},
		{"GetExternalTokens", " \n", "The request body is missing."},
		{"GetExternalTokens", "null", "The request body is null."},
		{"GetExternalTokens", "{}", "Key is missing."},
		{"GetExternalTokens", `{"Key":null}`, "Key is missing."},
		{"GetExternalTokens", `{"Key":""}`, "Key is missing."},
		{"GetExternalTokens", `{"Key":["a"]}`, "The request is not what the call takes: User/GetExternalTokens: body/Key: is a list, where text was due"},
		{"SaveExternalTokens", "", "The request body is missing."},
		{"SaveExternalTokens", "{}", "TokenManagementInfo is missing."},
		{"SaveExternalTokens", `{"TokenManagementInfo":null}`, "TokenManagementInfo is missing."},
		{"SaveExternalTokens", `{"TokenManagementInfo":"x"}`, "The request is not what the call takes: User/SaveExternalTokens: body/TokenManagementInfo: is a text, where a TokenManagementInfo was due"},
		{"SaveExternalTokens", `{"TokenManagementInfo":{"Claims":{}}}`, "The request is not what the call takes: User/SaveExternalTokens: body/TokenManagementInfo/Claims: is an object, where text was due"},
		{"DecryptAndSaveExternalTokens", "{}", "TokenManagementInfo is missing."},
		{"ExchangeCodeAndSaveTokens", `{"AuthorizationCode":"c"}`, "Provider is missing."},
		{"ExchangeCodeAndSaveTokens", `{"Provider":"p"}`, "AuthorizationCode is missing."},
		{"ExchangeCodeAndSaveTokens", `{"Provider":"p","AuthorizationCode":"c","Nonce":[]}`, "The request is not what the call takes: User/ExchangeCodeAndSaveTokens: body/Nonce: is a list, where text was due"},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.body, func(t *testing.T) {
			t.Parallel()
			got := f.post(t, tt.method, tt.body)
			assert.Equal(t, 400, got.status)
			body := got.object(t)
			assert.Equal(t, "ArgumentException", body["ErrorType"])
			assert.Equal(t, tt.want, body["Message"])
			assert.NotContains(t, body, "ErrorMessage", "agents put the text under Message")
		})
	}
	xmlNull := `<x xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>`
	assert.Contains(t, f.post(t, "GetExternalTokens", xmlNull, header("Content-Type", "text/xml")).body, "The request body is null.")
}

// TestManyAtOnce is for the race detector, and checks that no key is given
// twice.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	const callers = 16
	keys := make([]string, callers)
	var wg sync.WaitGroup
	for i := range callers {
		req := f.request(t, f.api+"/v1/Agents/User/SaveExternalTokens", fmt.Sprintf(`{"TokenManagementInfo":{"Provider":"p%d"}}`, i))
		wg.Go(func() {
			got, err := f.try(req)
			assert.NoError(t, err)
			keys[i] = got.body
			f.PutExternalTokens(sampleKey, sample())
			_ = f.Requests()
		})
		get := f.request(t, f.api+"/v1/Agents/User/GetExternalTokens", getSample, header("SO-Language", "en"), query("$select=TableRight"))
		wg.Go(func() {
			got, err := f.try(get)
			assert.NoError(t, err)
			assert.Equal(t, 200, got.status)
		})
	}
	wg.Wait()
	for i, key := range keys {
		got := f.post(t, "GetExternalTokens", `{"Key":`+key+`}`).object(t)
		assert.Equal(t, fmt.Sprintf("p%d", i), got["Provider"])
	}
}
