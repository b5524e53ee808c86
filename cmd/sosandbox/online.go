package main

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"github.com/superoffice-go/superoffice/superofficetest"
)

// serveOnline plays SuperOffice Online until ctx is done and returns the exit
// status.
func serveOnline(ctx context.Context, listener net.Listener, redirect string, stdout, stderr io.Writer) int {
	server := superofficetest.NewOnline(superofficetest.WithOnlineListener(listener))
	defer server.Close()
	if redirect != "" {
		server.RegisterRedirect(redirect)
	}
	tenants := []*superofficetest.Tenant{server.AddTenant("Cust12345"), server.AddTenant("Cust67890")}
	for _, tenant := range tenants {
		tenant.PutExternalTokens(sampleKey, sampleToken())
	}
	folder, err := os.MkdirTemp("", "sosandbox-")
	if err != nil {
		fmt.Fprintf(stderr, "sosandbox: there is no place for the private key: %v\n", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	keyFile := filepath.Join(folder, "private-key.pem")
	if err := writeKey(keyFile, server.App().PrivateKey); err != nil {
		fmt.Fprintf(stderr, "sosandbox: the private key cannot be written: %v\n", err)
		return 1
	}
	introduceOnline(stdout, server, tenants, keyFile)
	<-ctx.Done()
	fmt.Fprintln(stdout, "stopped")
	return 0
}

// writeKey writes a private key as PEM, for nobody else to read.
func writeKey(file string, key *rsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// introduceOnline prints what a caller needs to know.
func introduceOnline(w io.Writer, server *superofficetest.OnlineServer, tenants []*superofficetest.Tenant, keyFile string) {
	app := server.App()
	fmt.Fprintf(w, "SuperOffice Online sandbox\n\n")
	fmt.Fprintf(w, "environment        %s\n", server.URL)
	fmt.Fprintf(w, "client ID          %s\n", app.ClientID)
	fmt.Fprintf(w, "client secret      %s\n", app.ClientSecret)
	fmt.Fprintf(w, "private key        %s\n", keyFile)
	for _, address := range app.RedirectURLs {
		fmt.Fprintf(w, "redirect URL       %s\n", address)
	}
	fmt.Fprintf(w, "native client ID   %s\n", server.NativeApp().ClientID)
	fmt.Fprintf(w, "native redirect    http://127.0.0.1:{port}/{path}, with PKCE\n")
	fmt.Fprintf(w, "token key          %s\n", sampleKey)
	for _, tenant := range tenants {
		c := tenant.Credentials()
		fmt.Fprintf(w, "\ntenant             %s\n", tenant.ID)
		fmt.Fprintf(w, "base URL           %s\n", tenant.BaseURL())
		fmt.Fprintf(w, "system user token  %s\n", tenant.SystemUserToken)
		fmt.Fprintf(w, "ticket             %s\n", c.Ticket)
		fmt.Fprintf(w, "access token       %s\n", c.AccessToken)
	}
	fmt.Fprintf(w, "\nA ticket lasts 6 hours since its last use, an access token 1 hour, as they do online.\n\nTry it:\n\n")
	printCommands(w, server, tenants[0], keyFile)
	fmt.Fprintf(w, "\nCtrl-C stops it.\n")
}

// printCommands prints a command for each of the services.
func printCommands(w io.Writer, server *superofficetest.OnlineServer, tenant *superofficetest.Tenant, keyFile string) {
	app, c := server.App(), tenant.Credentials()
	fmt.Fprint(w, tokensCommand(fmt.Sprintf("-H 'Authorization: SOTicket %s' -H 'SO-AppToken: %s'", c.Ticket, app.ClientSecret), tenant.BaseURL()))
	fmt.Fprintf(w, "  curl -H 'Authorization: Bearer %s' %s/v1/User/currentPrincipal\n", c.AccessToken, tenant.BaseURL())
	fmt.Fprintf(w, "  curl %s/api/state/%s\n", server.URL, tenant.ID)
	query := url.Values{
		"response_type": {"code"}, "client_id": {app.ClientID}, "scope": {"openid"},
		"redirect_uri": {app.RedirectURLs[len(app.RedirectURLs)-1]}, "acr_values": {"tenant:" + tenant.ID},
	}
	fmt.Fprintf(w, "  curl -i '%s/login/common/oauth/authorize?%s'\n", server.URL, query.Encode())
	fmt.Fprintf(w, "  signed=\"%s.$(date -u +%%Y%%m%%d%%H%%M)\"\n", tenant.SystemUserToken)
	fmt.Fprintf(w, "  signed=\"$signed.$(printf %%s \"$signed\" | openssl dgst -sha256 -sign '%s' | openssl base64 -A)\"\n", keyFile)
	fmt.Fprintf(w, "  curl -H 'Content-Type: application/json' %s/Login/api/PartnerSystemUser/Authenticate -d \"{\\\"SignedSystemToken\\\":\\\"$signed\\\","+
		"\\\"ApplicationToken\\\":\\\"%s\\\",\\\"ContextIdentifier\\\":\\\"%s\\\",\\\"ReturnTokenType\\\":\\\"JWT\\\"}\"\n",
		server.URL, app.ClientSecret, tenant.ID)
}
