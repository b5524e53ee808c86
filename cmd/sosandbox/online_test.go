package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOnline uses what is printed as an application does that is registered.
func TestOnline(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var stderr bytes.Buffer
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, []string{"-online", "-addr", "127.0.0.1:0", "-redirect", "http://127.0.0.1:3000/callback"}, in, &stderr)
		_ = in.Close()
	}()
	lines := bufio.NewReader(out)
	printed := readUntil(t, lines, "Ctrl-C")
	value := func(name string) string {
		found := regexp.MustCompile(`(?m)^` + name + ` +(.*)$`).FindStringSubmatch(printed)
		require.NotNil(t, found, "no %s in:\n%s", name, printed)
		return found[1]
	}
	assert.Contains(t, printed, "redirect URL       http://127.0.0.1:3000/callback\n")
	keyFile := value("private key")
	request, err := json.Marshal(map[string]string{
		"SignedSystemToken": sign(t, keyFile, value("system user token")),
		"ApplicationToken":  value("client secret"),
		"ContextIdentifier": value("tenant"),
		"ReturnTokenType":   "JWT",
	})
	require.NoError(t, err)
	answer := call(t, http.MethodPost, value("environment")+"/Login/api/PartnerSystemUser/Authenticate", request, nil)
	assert.Contains(t, answer, `"IsSuccessful":true`)
	assert.Contains(t, call(t, http.MethodGet, value("environment")+"/api/state/"+value("tenant"), nil, nil), `"Api":"`+value("base URL")+`"`)
	bearer := http.Header{"Authorization": {"Bearer " + value("access token")}}
	assert.Contains(t, call(t, http.MethodGet, value("base URL")+"/v1/User/currentPrincipal", nil, bearer), value("tenant"))

	cancel()
	_, err = io.Copy(io.Discard, lines)
	require.NoError(t, err)
	assert.Zero(t, <-status)
	assert.Empty(t, stderr.String())
	assert.NoFileExists(t, keyFile, "the key does not outlive the server")
}

// sign signs a system user token with the key in a file.
func sign(t *testing.T, keyFile, token string) string {
	t.Helper()
	text, err := os.ReadFile(keyFile)
	require.NoError(t, err)
	block, _ := pem.Decode(text)
	require.NotNil(t, block)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	payload := token + "." + time.Now().UTC().Format("200601021504")
	digest := sha256.Sum256([]byte(payload))
	signature, err := rsa.SignPKCS1v15(nil, key.(*rsa.PrivateKey), crypto.SHA256, digest[:])
	require.NoError(t, err)
	return payload + "." + base64.StdEncoding.EncodeToString(signature)
}

// call makes a request that must succeed and returns the body.
func call(t *testing.T, method, address string, body []byte, header http.Header) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	require.NoError(t, err)
	if header != nil {
		req.Header = header
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, res.StatusCode, "%s", text)
	return string(text)
}
