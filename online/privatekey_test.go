package online

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
)

// The key in testdata is made for these tests and of use for nothing else:
//
//	openssl genrsa -traditional -out key_pkcs1.pem 2048
//	openssl pkcs8 -topk8 -nocrypt -in key_pkcs1.pem -out key_pkcs8.pem
//
// signed.txt is what openssl makes of the token and the minute below.
const stampedToken, unstampedToken = "My App-a.b 7fQ.202609011230", "My App-a.b 7fQ"

// stampTime is that minute, in a zone where it is already the next day.
var stampTime = time.Date(2026, 9, 2, 2, 30, 59, 0, time.FixedZone("", 14*3600))

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return text
}

// keyForms are the key of testdata in each form in which one is found.
func keyForms(t testing.TB) map[string][]byte {
	t.Helper()
	inOneLine := func(name string) []byte {
		return []byte(strings.ReplaceAll(string(testdata(t, name)), "\n", `\n`))
	}
	return map[string][]byte{
		"PKCS #1":                testdata(t, "key_pkcs1.pem"),
		"PKCS #8":                testdata(t, "key_pkcs8.pem"),
		"PKCS #1 in one line":    inOneLine("key_pkcs1.pem"),
		"PKCS #8 in one line":    inOneLine("key_pkcs8.pem"),
		"PEM with CRLF":          []byte(strings.ReplaceAll(string(testdata(t, "key_pkcs8.pem")), "\n", "\r\n")),
		"PEM with CRLF escaped":  []byte(strings.ReplaceAll(string(testdata(t, "key_pkcs8.pem")), "\n", `\r\n`)),
		".NET XML":               testdata(t, "key.xml"),
		".NET XML, indented":     []byte("\xef\xbb\xbf<?xml version=\"1.0\"?>\r\n" + strings.ReplaceAll(string(testdata(t, "key.xml")), "><", ">\r\n  <")),
		".NET XML, wrapped text": []byte(strings.ReplaceAll(string(testdata(t, "key.xml")), "==</", "=\n=\n</")),
	}
}

func TestSigningAgreesWithOpenSSL(t *testing.T) {
	t.Parallel()
	want := string(testdata(t, "signed.txt"))
	for name, form := range keyForms(t) {
		key, err := ParsePrivateKey(form)
		require.NoError(t, err, name)
		got, err := signSystemUserToken(key, unstampedToken, stampTime)
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
}

// TestSigningAgreesWithThisOpenSSL asks the openssl of this machine, with a
// key that it has just made.
func TestSigningAgreesWithThisOpenSSL(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed; signed.txt stands for it")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "key.pem")
	require.NoError(t, exec.CommandContext(t.Context(), openssl, "genrsa", "-out", file, "2048").Run())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	key, err := ParsePrivateKey(text)
	require.NoError(t, err)

	sign := exec.CommandContext(t.Context(), openssl, "dgst", "-sha256", "-sign", file)
	sign.Stdin = strings.NewReader(stampedToken)
	signature, err := sign.Output()
	require.NoError(t, err)
	got, err := signSystemUserToken(key, unstampedToken, stampTime)
	require.NoError(t, err)
	assert.Equal(t, stampedToken+"."+base64.StdEncoding.EncodeToString(signature), got)
}

func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	other, err := x509.MarshalPKCS8PrivateKey(elliptical)
	require.NoError(t, err)
	public := x509.MarshalPKCS1PublicKey(&parsedKey(t).PublicKey)
	xml := string(testdata(t, "key.xml"))
	block := func(kind string, content []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}))
	}
	for name, test := range map[string]struct{ text, says string }{
		"nothing":               {"", "is empty"},
		"blanks":                {"\ufeff \r\n", "is empty"},
		"empty quotes":          {`""`, "is empty"},
		"a quote too few":       {`"` + block("PRIVATE KEY", []byte("secret-word"))[11:], "begins with a quote that does not end"},
		"the name of a file":    {"/run/keys/secret-word.pem", "is the name of a file"},
		"another word, long":    {strings.Repeat("secret-word", 10), "neither .NET XML (RSAKeyValue) nor PEM"},
		"base64 of a word":      {base64.StdEncoding.EncodeToString([]byte(strings.Repeat("secret-word", 10))), "is base64 of something"},
		"base64 that is cut":    {base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(parsedKey(t)))[:400], "is base64 of something"},
		"a public key as DER":   {string(public), "is DER, but no private key"},
		"other DER in base64":   {base64.StdEncoding.EncodeToString(public), "is DER, but no private key"},
		"PEM without its end":   {string(testdata(t, "key_pkcs8.pem")[:500]), "is cut off or damaged"},
		"PEM, damaged":          {strings.Replace(string(testdata(t, "key_pkcs8.pem")), "A", "!", 1), "is cut off or damaged"},
		"OpenSSH's PEM":         {block("OPENSSH PRIVATE KEY", []byte("secret-word")), "ssh-keygen -p -m PEM"},
		"wrapped too often":     {strings.Repeat(`"`, 9) + "secret-word" + strings.Repeat(`"`, 9), "too many times"},
		"a word":                {"secret-word", "neither .NET XML (RSAKeyValue) nor PEM"},
		"another curve":         {block("PRIVATE KEY", other), "SuperOffice takes RSA keys"},
		"public PEM":            {block("RSA PUBLIC KEY", public), "which is no private RSA key"},
		"encrypted PKCS #8":     {block("ENCRYPTED PRIVATE KEY", []byte("secret-word")), "is encrypted"},
		"encrypted PKCS #1":     {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", "is encrypted"},
		"damaged PKCS #1":       {block("RSA PRIVATE KEY", []byte("secret-word")), "is damaged"},
		"damaged PKCS #8":       {block("PRIVATE KEY", []byte("secret-word")), "is damaged"},
		"other XML":             {"<secret-word/>", "is not the XML of a key"},
		"public XML":            {"<RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>", "is the public half only"},
		"XML without P":         {strings.Replace(xml, "<P>", "<P2>", 1), "is not the XML of a key"},
		"XML with an empty P":   {xml[:strings.Index(xml, "<P>")] + xml[strings.Index(xml, "<Q>"):], "is damaged"},
		"XML with another P":    {strings.Replace(xml, "<P>", "<P>AQID", 1), "is damaged"},
		"XML, exponent too big": {strings.Replace(xml, "<Exponent>AQAB", "<Exponent>AQABAQABAQABAQAB", 1), "exponent is too large"},
	} {
		key, err := ParsePrivateKey([]byte(test.text))
		assert.Nil(t, key, name)
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument, name)
		assert.ErrorContains(t, err, test.says, name)
		assert.NotContains(t, err.Error(), "secret-word", name)
	}
}

func parsedKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := ParsePrivateKey(testdata(t, "key_pkcs8.pem"))
	require.NoError(t, err)
	return key
}

func FuzzParsePrivateKey(f *testing.F) {
	for _, form := range keyForms(f) {
		f.Add(form)
		f.Add([]byte(base64.StdEncoding.EncodeToString(form)))
	}
	f.Add([]byte("<RSAKeyValue><D>AA==</D></RSAKeyValue>"))
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := ParsePrivateKey(text)
		if err != nil {
			require.Nil(t, key)
			return
		}
		signed, err := signSystemUserToken(key, "a", stampTime)
		require.NoError(t, err)
		require.NotEmpty(t, signed)
	})
}
