package superofficetest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

// TestVendorClient lets the vendor's own TypeScript client talk to the
// server. It runs where node and the npm package @superoffice/webapi are
// installed: in a folder of NODE_PATH, or in node_modules under testdata or
// under the module's bench folder.
func TestVendorClient(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	modules := vendorModules(t)
	if modules == "" {
		t.Skip("the npm package @superoffice/webapi is not in NODE_PATH, testdata/node_modules or ../bench/ts/node_modules")
	}
	for name, tt := range map[string]struct {
		opts    []superofficetest.Option
		headers func(superofficetest.Credentials) map[string]string
	}{
		"on site": {nil, func(c superofficetest.Credentials) map[string]string {
			r := http.Request{Header: http.Header{}}
			r.SetBasicAuth(c.User, c.Password)
			return map[string]string{"Authorization": r.Header.Get("Authorization")}
		}},
		"online": {[]superofficetest.Option{superofficetest.Online()}, func(c superofficetest.Credentials) map[string]string {
			return map[string]string{"Authorization": "SOTicket " + c.Ticket, "SO-AppToken": c.AppToken}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, tt.opts...)
			headers, err := json.Marshal(tt.headers(f.Credentials()))
			require.NoError(t, err)
			cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "external_tokens.cjs"), f.URL, string(headers))
			cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			require.NoError(t, err, "%s", stderr.String())
			assertVendorView(t, out)
			assert.Len(t, f.Requests(), 5)
		})
	}
}

// vendorModules returns the folder that holds the vendor's package, or
// nothing.
func vendorModules(t *testing.T) string {
	t.Helper()
	folders := append(filepath.SplitList(os.Getenv("NODE_PATH")),
		filepath.Join("testdata", "node_modules"), filepath.Join("..", "bench", "ts", "node_modules"))
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, "@superoffice", "webapi", "package.json")); err == nil {
			absolute, err := filepath.Abs(folder)
			require.NoError(t, err)
			return absolute
		}
	}
	return ""
}

// assertVendorView checks what the vendor's client made of the answers.
func assertVendorView(t *testing.T, out []byte) {
	t.Helper()
	type right struct{ Mask, Reason any }
	type info struct {
		Provider, AccessToken, RefreshToken, Claims string
		TableRight                                  right
		FieldProperties                             map[string]struct{ FieldRight right }
	}
	var got struct {
		Key                  string
		Unresolved, Resolved *info
		Missing              *info
		Refusal              struct {
			Status             int
			ErrorType, Message string
		}
	}
	require.NoError(t, json.Unmarshal(out, &got), "%s", out)
	assert.Equal(t, "external-token-000001", got.Key)
	require.NotNil(t, got.Unresolved)
	assert.Equal(t, "vendor", got.Unresolved.Provider)
	assert.Equal(t, "a & b", got.Unresolved.AccessToken)
	assert.Equal(t, "på nytt", got.Unresolved.RefreshToken)
	assert.Equal(t, `{"sub":"1"}`, got.Unresolved.Claims)
	assert.Equal(t, "[SR_NO_INSERT]", got.Unresolved.TableRight.Reason)
	require.NotNil(t, got.Resolved)
	assert.Equal(t, "Nye rader kan ikke legges til her", got.Resolved.TableRight.Reason)
	assert.Len(t, got.Resolved.FieldProperties, 4)
	assert.Nil(t, got.Missing)
	assert.Equal(t, 400, got.Refusal.Status)
	assert.Equal(t, "ArgumentException", got.Refusal.ErrorType)
	assert.Equal(t, "Key is missing.", got.Refusal.Message)
}
