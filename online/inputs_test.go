package online

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"unicode/utf16"

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
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	one, eight := string(x509.MarshalPKCS1PrivateKey(key)), string(pkcs8)
	netXML := xmlOf(key)
	in64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	written := func(text string) string {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		return string(quoted)
	}
	for name, form := range map[string]string{
		"DER":                               one,
		"PKCS #8 DER":                       eight,
		"DER in base64":                     in64(one),
		"PKCS #8 DER in base64":             in64(eight),
		"DER in base64 on lines":            strings.Split(text, "-----")[2],
		"DER in base64 for addresses":       base64.RawURLEncoding.EncodeToString([]byte(one)),
		"DER in base64 twice":               in64(in64(one)),
		"indented":                          strings.ReplaceAll(text, "\n", "\n    "),
		"indented, the first line too":      "\t" + strings.ReplaceAll(text, "\n", "\r\n\t"),
		"indented and quoted":               "'\n  " + strings.ReplaceAll(text, "\n", "\n  ") + "'",
		"no break after its first line":     strings.Replace(text, "-----\n", "-----", 1),
		"with lines continued":              strings.ReplaceAll(strings.TrimSpace(text), "\n", "\\\n"),
		"breaks written twice":              strings.ReplaceAll(text, "\n", `\\n`),
		"base64 of quotes":                  in64(`"` + text + `"`),
		"base64 of written breaks":          in64(strings.ReplaceAll(text, "\n", `\n`)),
		"base64 of a byte order mark":       in64("\ufeff" + text),
		"base64 of an indented one":         in64(strings.ReplaceAll(text, "\n", "\n  ")),
		"a byte order mark in quotes":       "\"\ufeff" + text + `"`,
		"quotes in quotes":                  "'\"" + text + "\"'",
		"JSON":                              written(text),
		"JSON of JSON":                      written(written(text)),
		"base64 of JSON of base64":          in64(written(in64(text))),
		"slashes as PHP writes them":        `"` + strings.NewReplacer("/", `\/`, "\n", `\n`).Replace(text) + `"`,
		"plus signs as .NET writes them":    `"` + strings.NewReplacer("+", `\u002B`, "\n", `\n`).Replace(text) + `"`,
		"UTF-16":                            inUTF16(text, binary.LittleEndian),
		"UTF-16, the other way round":       inUTF16(text, binary.BigEndian),
		"UTF-16 with a mark":                inUTF16("\ufeff"+text, binary.LittleEndian),
		"UTF-16 with a mark, the other way": inUTF16("\ufeff"+text, binary.BigEndian),
		"base64 of UTF-16":                  in64(inUTF16(text, binary.LittleEndian)),
		"after a certificate":               "Bag Attributes\n    localKeyID: 01\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + text,
		"XML":                               netXML,
		"XML in base64":                     in64(netXML),
		"XML in JSON":                       written(netXML),
		"XML in XML":                        strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(netXML),
		"XML in UTF-16":                     inUTF16("\ufeff"+`<?xml version="1.0" encoding="utf-16"?>`+netXML, binary.LittleEndian),
		"XML in base64 in quotes in base64": in64(`"` + in64(netXML) + `"`),
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

// inUTF16 is text as PowerShell writes it to files.
func inUTF16(text string, order binary.AppendByteOrder) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

// xmlOf is a key as .NET writes it.
func xmlOf(key *rsa.PrivateKey) string {
	var out strings.Builder
	for _, part := range []struct {
		name   string
		number *big.Int
	}{{"Modulus", key.N}, {"Exponent", big.NewInt(int64(key.E))}, {"P", key.Primes[0]}, {"Q", key.Primes[1]}, {"D", key.D}} {
		out.WriteString("<" + part.name + ">" + base64.StdEncoding.EncodeToString(part.number.Bytes()) + "</" + part.name + ">")
	}
	return "<RSAKeyValue>" + out.String() + "</RSAKeyValue>"
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
