package connect

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/online"
)

// configure sets the environment that Online reads, and nothing else of it.
func configure(t *testing.T, values map[string]string) {
	t.Helper()
	for _, name := range []string{"ENVIRONMENT", "CLIENT_ID", "CLIENT_SECRET", "PRIVATE_KEY", "REDIRECT_URL", "TENANTS"} {
		t.Setenv("SUPEROFFICE_"+name, values[name])
	}
}

func newKey(t *testing.T) (*rsa.PrivateKey, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

func TestOnlineReadsTheEnvironment(t *testing.T) {
	key, text := newKey(t)
	file := filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	for name, given := range map[string]string{"text": text, "escaped": strings.ReplaceAll(text, "\n", `\n`), "file": file} {
		t.Run(name, func(t *testing.T) {
			configure(t, map[string]string{
				"ENVIRONMENT": "qaonline", "CLIENT_ID": "id", "CLIENT_SECRET": "secret", "PRIVATE_KEY": given,
				"REDIRECT_URL": "https://app.example.com/callback", "TENANTS": "Cust1=My App-abc=; Cust2=My App-def ;",
			})
			var out bytes.Buffer
			setup, err := Online(&out)
			require.NoError(t, err)
			t.Cleanup(setup.Close)
			assert.Empty(t, out.String())
			assert.Nil(t, setup.StandIn)
			assert.Equal(t, online.Stage, setup.Config.Environment)
			assert.Equal(t, "secret", setup.Config.ClientSecret)
			assert.Equal(t, "https://app.example.com/callback", setup.Config.RedirectURL)
			require.Len(t, setup.Config.PrivateKeys, 1)
			assert.True(t, key.Equal(setup.Config.PrivateKeys[0]))
			assert.Equal(t, map[string]string{"Cust1": "My App-abc=", "Cust2": "My App-def"}, setup.Tokens)
		})
	}
}

func TestOnlineNamesItsEnvironments(t *testing.T) {
	t.Parallel()
	assert.Equal(t, online.Development, environmentOf("sod"))
	assert.Equal(t, online.Production, environmentOf("online"))
	assert.Equal(t, online.Environment("http://127.0.0.1:8080"), environmentOf("http://127.0.0.1:8080"))
}

func TestOnlineRefusesWhatItCannotRead(t *testing.T) {
	for name, tt := range map[string]struct {
		env  map[string]string
		says string
	}{
		"no application": {map[string]string{"ENVIRONMENT": "sod"}, "set SUPEROFFICE_CLIENT_ID"},
		"no such file":   {map[string]string{"ENVIRONMENT": "sod", "CLIENT_ID": "id", "PRIVATE_KEY": "s3cret"}, "neither a key nor a file"},
		"no key":         {map[string]string{"ENVIRONMENT": "sod", "CLIENT_ID": "id", "PRIVATE_KEY": "<s3cret/>"}, "RSAKeyValue"},
		"no token":       {map[string]string{"ENVIRONMENT": "sod", "CLIENT_ID": "id", "TENANTS": "s3cret"}, "Cust1=token1;Cust2=token2"},
	} {
		t.Run(name, func(t *testing.T) {
			configure(t, tt.env)
			_, err := Online(t.Output())
			require.ErrorContains(t, err, tt.says)
			assert.NotContains(t, err.Error(), "s3cret")
		})
	}
}
