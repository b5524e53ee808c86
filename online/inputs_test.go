package online

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestConfigAsFilesAndEnvironmentsHaveIt(t *testing.T) {
	t.Parallel()
	app, err := NewApp(Config{Environment: " https://sod.superoffice.com\n", ClientID: "id\r\n", ClientSecret: "\ufeffs3cr3t\n", RedirectURL: "\thttps://app.example.com/callback\n"})
	require.NoError(t, err)
	c := app.config()
	assert.Equal(t, []string{"https://sod.superoffice.com", "id", "s3cr3t", "https://app.example.com/callback"}, []string{string(c.Environment), c.ClientID, c.ClientSecret, c.RedirectURL})
	for _, secret := range []string{"s3cr3t\nx", "\"s3cr3t\"", "'s3cr3t'", "s3cr3té", "s3cr3t\x00"} {
		for argument, config := range map[string]Config{
			"ClientSecret": {Environment: Development, ClientID: "id", ClientSecret: secret},
			"ClientID":     {Environment: Development, ClientID: secret},
			"RedirectURL":  {Environment: Development, ClientID: "id", RedirectURL: secret},
		} {
			_, err := NewApp(config)
			require.ErrorIs(t, err, superoffice.ErrInvalidArgument, "%s %q", argument, secret)
			require.ErrorContains(t, err, argument)
			assert.NotContains(t, err.Error(), "s3")
		}
	}
	app, err = NewApp(Config{Environment: Development, ClientID: "id", ClientSecret: "two words"})
	require.NoError(t, err)
	assert.Equal(t, "two words", app.config().ClientSecret)
}

func TestSystemUserTokenAsFilesHaveIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user, err := w.app.SystemUser("Cust12345", " My App-abc\r\n")
	require.NoError(t, err)
	token, err := user.token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "My App-abc", token)
	for _, token := range []string{"a\nb", "'a'", " \n"} {
		_, err := w.app.SystemUser("Cust12345", token)
		assert.ErrorIs(t, err, superoffice.ErrInvalidArgument, "%q", token)
	}
}

func TestPrivateKeyAsPeopleHaveIt(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	for name, form := range map[string]string{
		"as it is":         text,
		"in quotes":        `"` + text + `"`,
		"in single quotes": "'" + strings.TrimSpace(text) + "'\n",
		"written breaks":   `"` + strings.ReplaceAll(text, "\n", `\n`) + `"`,
		"blanks":           strings.ReplaceAll(text, "\n", " "),
		"no breaks at all": strings.ReplaceAll(text, "\n", ""),
		"base64":           base64.StdEncoding.EncodeToString([]byte(text)),
		"base64, on lines": strings.Join([]string{base64.StdEncoding.EncodeToString([]byte(text[:300])), base64.StdEncoding.EncodeToString([]byte(text[300:]))}, "\n"),
		"base64 in quotes": `"` + base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(text, "\n", " "))) + `"`,
	} {
		got, err := ParsePrivateKey([]byte(form))
		if assert.NoError(t, err, name) {
			assert.True(t, key.Equal(got), name)
		}
	}
	for _, broken := range []string{"", `""`, "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN ", "AAAA", strings.Replace(text, "A", "B", 5)} {
		_, err := ParsePrivateKey([]byte(broken))
		assert.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	}
}

// TestEnvironmentOwnsNoNeighbour has hosts that look like the environment's.
func TestEnvironmentOwnsNoNeighbour(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		environment Environment
		api         string
		owned       bool
	}{
		{Production, "https://online3.superoffice.com/Cust1", true},
		{Production, "https://disasterrecovery.superoffice.com/Cust1", true},
		{Development, "https://sod2.superoffice.com/Cust1", true},
		{Stage, "https://qaonline.superoffice.com/Cust1", true},
		{Production, "https://superoffice.com/Cust1", false},
		{Production, "https://online3.superoffice.com.evil.example/Cust1", false},
		{Production, "https://online3.superoffice.com./Cust1", false},
		{Production, "https://online3.superoffice.co/Cust1", false},
		{Production, "https://onlinesuperoffice.com/Cust1", false},
		{Production, "https://evil.example%5c.superoffice.com/Cust1", false},
		{Production, "https://evil.example\uff0f.superoffice.com/Cust1", false},
		{Production, "https://evil.example%EF%BC%8F.superoffice.com/Cust1", false},
		{Production, "https://[2001:db8::1%25.superoffice.com]/Cust1", false},
		{Production, "https://[2001:db8::1]/Cust1", false},
		{Production, "https://user@online3.superoffice.com/Cust1", false},
		{"https://superoffice.com", "https://evil.com", false},
		{"https://superoffice.com", "https://superoffice.com/Cust1", true},
		{"https://superoffice.co.uk", "https://evil.co.uk", false},
		{"https://superoffice.com.au", "https://evil.com.au", false},
		{"https://login.crm.de", "https://login.crm.de/Cust1", true},
		{"https://login.crm.de", "https://LOGIN.crm.de:8443/Cust1", true},
		{"https://login.crm.de", "https://a.crm.de", false},
		{"https://login.crm.de", "https://a.login.crm.de", false},
		{"https://login.crm.de", "https://online3.superoffice.com", false},
		{"https://superoffice.com.evil.example", "https://online3.superoffice.com", false},
		{"https://crm.asso.fr", "https://evil.asso.fr/Cust1", false},
		{"https://superoffice.ltd.uk", "https://evil.ltd.uk/Cust1", false},
		{"https://login.school.nz", "https://evil.school.nz/Cust1", false},
		{"https://superoffice.github.io", "https://evil.github.io/Cust1", false},
		{"https://github.io", "https://evil.github.io/Cust1", false},
		{"https://192.168.1.10", "https://192.168.1.10/Cust1", true},
		{"https://192.168.1.10", "https://192.168.1.11/Cust1", false},
		{"https://192.168.1.10", "https://203.168.1.10/Cust1", false},
		{"https://192.168.1.10", "https://evil.168.1.10/Cust1", false},
		{"https://[2001:db8::1]", "https://[2001:db8::1]:8443/Cust1", true},
		{"https://[2001:db8::1]", "https://[2001:db8::2]/Cust1", false},
		{"https://[2001:db8::1]", "https://[2001:db8::1%25x]/Cust1", false},
	} {
		assert.Equal(t, c.owned, c.environment.owns(c.api), "%s %s", c.environment, c.api)
	}
}

// TestAllowanceBelongsToTheTenant has a program make a system user for each of
// its calls.
func TestAllowanceBelongsToTheTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	tenant.Inject(1000, superofficetest.Unauthorized())
	for range 3 * allowedBurst {
		client, err := w.app.SystemUserClient("Cust12345", tenant.SystemUserToken)
		require.NoError(t, err)
		require.Error(t, read(t.Context(), client))
	}
	assert.LessOrEqual(t, tenant.Exchanges(), allowedBurst+1)
}
