package superofficetest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

// receiver takes one request and keeps its body.
func receiver(t *testing.T, into *map[string]any) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.Equal(t, "POST application/json; charset=utf-8", r.Method+" "+r.Header.Get("Content-Type"))
		assert.NoError(t, json.Unmarshal(body, into))
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestNotify(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	var got map[string]any
	address := receiver(t, &got).URL
	res, err := e.Notify(t.Context(), address, superofficetest.Notification{
		ChangeType: superofficetest.ChangeMove, ContextIdentifier: "Cust1", VersionName: "12.2", FileVersion: "12.2.1.0", PublicEndpoint: "online3.superoffice.com",
	})
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	assert.Equal(t, http.StatusAccepted, res.StatusCode)

	_, claims := e.jwt(t, got["Token"].(string))
	assert.Equal(t, e.URL, claims["iss"])
	assert.NotContains(t, claims, "aud")
	delete(got, "Token")
	assert.Equal(t, map[string]any{
		"ChangeType": 5.0, "ContextIdentifier": "Cust1", "VersionName": "12.2", "FileVersion": "12.2.1.0", "PublicEndpoint": "online3.superoffice.com",
	}, got)
}

func TestNotifySendsATokenAsItIsGiven(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	var got map[string]any
	address := receiver(t, &got).URL
	res, err := e.Notify(t.Context(), address, superofficetest.Notification{Token: "forged"})
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	assert.Equal(t, "forged", got["Token"])
	res, err = e.Notify(t.Context(), "://", superofficetest.Notification{})
	require.Error(t, err)
	assert.Nil(t, res)
}
