package superofficetest_test

import (
	"encoding/json"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// TestClient is the one test that goes through the client.
func TestClient(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]superofficetest.Option{"on site": nil, "online": {superofficetest.Online()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, opts...)
			client := f.Client()
			info := sample()
			key, err := client.User.SaveExternalTokens(t.Context(), &info)
			require.NoError(t, err)
			got, err := client.User.GetExternalTokens(t.Context(), key)
			require.NoError(t, err)
			assert.Equal(t, info.AccessToken, got.AccessToken)
			assert.Equal(t, 1, f.Connections())

			_, err = f.Client(superoffice.WithAuth(superoffice.BearerAuth("wrong"))).User.GetExternalTokens(t.Context(), key)
			require.ErrorIs(t, err, superoffice.ErrUnauthorized, "options override the defaults")
		})
	}
}

func TestClientPanicsOnBadOption(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	defer func() { assert.Contains(t, recover(), "superofficetest: Server.Client: ") }()
	f.Client(superoffice.WithAppToken("a\nb"))
	t.Error("did not panic")
}

// TestUnknownMembers shows that what is not a Go field is served too, and that
// the language reaches into it.
func TestUnknownMembers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const text = `{"Provider":"p","New":[{"Reason":"[SR_READ_ONLY]","Size":12345678901234567890},"x",null]}`
	var info superoffice.TokenManagementInfo
	require.NoError(t, json.Unmarshal([]byte(text), &info))
	f.PutExternalTokens(sampleKey, info)

	assert.Contains(t, f.post(t, "GetExternalTokens", getSample).body, `"New":[{"Reason":"[SR_READ_ONLY]","Size":12345678901234567890},"x",null]`)
	assert.Contains(t, f.post(t, "GetExternalTokens", getSample, header("SO-Language", "en")).body, `"New":[{"Reason":"Read only","Size":12345678901234567890},"x",null]`)
}

func TestWithListener(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := withSample(t, superofficetest.WithListener(listener))
	assert.Equal(t, "http://"+listener.Addr().String()+"/SuperOffice", f.URL)
	assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample).status)
	f.client.CloseIdleConnections()
	f.Close()
	_, err = listener.Accept()
	assert.ErrorIs(t, err, net.ErrClosed)
}

// TestBodyCutByClient is a client that goes away while it sends.
func TestBodyCutByClient(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	conn, err := net.Dial("tcp", f.request(t, f.URL, "").URL.Host)
	require.NoError(t, err)
	_, err = conn.Write([]byte("POST /SuperOffice/api/v1/Agents/User/GetExternalTokens HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	awaitRequests(t, f, 1)
	assert.Equal(t, "{", string(f.Requests()[0].Body), "what came is recorded")
}
