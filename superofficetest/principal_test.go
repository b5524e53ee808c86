package superofficetest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestCurrentToken(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	c := f.Credentials()
	got := f.get(t, f.api+"/v1/User/currentToken", basic(c.User, c.Password))
	require.Equal(t, 200, got.status)
	var token string
	require.NoError(t, json.Unmarshal([]byte(got.body), &token))
	assert.True(t, strings.HasPrefix(token, "8A:"), "an access token's form")
	bearer := authorization("Bearer " + token)
	assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample, bearer).status)
	assert.Equal(t, 401, f.post(t, "GetExternalTokens", getSample, authorization("SOTicket "+token)).status)

	another := f.get(t, f.api+"/v1/user/currenttoken", bearer)
	assert.Equal(t, 200, another.status)
	assert.NotEqual(t, got.body, another.body)

	f.ExpireUserTokens()
	assert.Equal(t, 401, f.post(t, "GetExternalTokens", getSample, bearer).status)
	assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample, authorization("Bearer "+c.AccessToken)).status, "others live on")
}

func TestCurrentPrincipal(t *testing.T) {
	t.Parallel()
	f := newFixture(t, superofficetest.Online())
	got := f.get(t, f.api+"/v1/User/currentPrincipal", authorization("Bearer "+f.Credentials().AccessToken))
	require.Equal(t, 200, got.status)
	principal := got.object(t)
	assert.Equal(t, "SAL0", principal["Associate"])
	assert.EqualValues(t, 5, principal["AssociateId"])
	assert.Equal(t, "Cust12345", principal["DatabaseContextIdentifier"])
	for _, name := range []string{"currentPrincipal", "currentToken"} {
		assert.Equal(t, 401, f.get(t, f.api+"/v1/User/"+name).status, name)
		bearer := authorization("Bearer " + f.Credentials().AccessToken)
		assert.Equal(t, 406, f.get(t, f.api+"/v1/User/"+name, bearer, header("Accept", "image/png")).status, name)
		assert.Equal(t, 405, f.get(t, f.api+"/v1/User/"+name, bearer, method("POST")).status, name)
	}
	xml := f.get(t, f.api+"/v1/User/currentPrincipal", authorization("Bearer "+f.Credentials().AccessToken), header("Accept", "text/xml"))
	assert.Contains(t, xml.body, "<SoPrincipalCarrier>")
}
