package online_test

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/online"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// stand is SuperOffice Online in this process, in place of a real environment.
func stand() (*superofficetest.OnlineServer, online.Config) {
	server := superofficetest.NewOnline()
	app := server.App()
	return server, online.Config{
		Environment:  online.Environment(server.URL), // online.Production for the real one
		ClientID:     app.ClientID,
		ClientSecret: app.ClientSecret,
		PrivateKeys:  []*rsa.PrivateKey{app.PrivateKey},
		RedirectURL:  superofficetest.DefaultRedirectURL,
	}
}

// A client for a tenant, as the application's system user. It follows the
// tenant when it moves, and gets and renews its ticket by itself.
func ExampleApp_SystemUserClient() {
	server, config := stand()
	defer server.Close()
	tenant := server.AddTenant("Cust12345")

	app, err := online.NewApp(config)
	if err != nil {
		log.Fatal(err)
	}
	defer app.CloseIdleConnections()
	client, err := app.SystemUserClient("Cust12345", tenant.SystemUserToken)
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		if _, err := client.Contact.GetContactEntity(context.Background(), 5); err != nil {
			log.Fatal(err)
		}
		tenant.Move()
	}
	fmt.Println("tickets:", tenant.Exchanges())
	// Output: tickets: 1
}

// A pool for an application with many tenants.
func ExampleApp_Tenants() {
	server, config := stand()
	defer server.Close()
	server.AddTenant("Cust12345")
	server.AddTenant("Cust54321").SetState("OfflineMaintenance")

	app, err := online.NewApp(config)
	if err != nil {
		log.Fatal(err)
	}
	defer app.CloseIdleConnections()
	// The tokens come from where the program keeps them.
	tenants := app.Tenants(func(_ context.Context, tenant string) (string, error) {
		return server.Tenant(tenant).SystemUserToken, nil
	}, superoffice.WithLanguage("en"))

	for _, id := range []string{"Cust12345", "Cust54321"} {
		client, err := tenants.For(context.Background(), id)
		if err != nil {
			log.Fatal(err)
		}
		_, err = client.Contact.GetContactEntity(context.Background(), 5)
		var offline *online.OfflineError
		switch {
		case errors.As(err, &offline):
			fmt.Println(id, "is offline; it passes:", offline.Passes())
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Println(id, "answers")
		}
	}
	// Output:
	// Cust12345 answers
	// Cust54321 is offline; it passes: true
}

// The sign-in of a web service: two handlers, and what to do with who comes.
func ExampleApp_CallbackHandler() {
	server, config := stand()
	defer server.Close()
	server.AddTenant("Cust12345")
	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	defer site.Close()
	config.RedirectURL = site.URL + "/callback" // as it is registered
	server.RegisterRedirect(config.RedirectURL)

	app, err := online.NewApp(config)
	if err != nil {
		log.Fatal(err)
	}
	defer app.CloseIdleConnections()
	signedIn := func(w http.ResponseWriter, r *http.Request, who *online.SignedIn) {
		// Begin a session of your own here, then go where the person wanted to.
		fmt.Println("welcome,", who.UserName)
		http.Redirect(w, r, who.ReturnTo, http.StatusSeeOther)
	}
	mux.Handle("/login", app.LoginHandler())
	mux.Handle("/callback", app.CallbackHandler(signedIn, nil))
	mux.HandleFunc("/customers", func(http.ResponseWriter, *http.Request) { fmt.Println("the customers") })

	visit(site.URL + "/login?return=/customers")
	// Output:
	// welcome, sandra.alder@cust12345.example
	// the customers
}

// visit is a browser: it keeps cookies and follows redirects.
func visit(address string) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	resp, err := (&http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}).Get(address)
	if err != nil {
		log.Fatal(err)
	}
	_ = resp.Body.Close()
}

// A sign-in step by step. FinishSignIn gets the query with which the browser
// comes back.
func ExampleApp_FinishSignIn() {
	server, config := stand()
	defer server.Close()
	server.AddTenant("Cust12345")
	app, err := online.NewApp(config)
	if err != nil {
		log.Fatal(err)
	}
	defer app.CloseIdleConnections()

	ctx := context.Background()
	signIn, err := app.BeginSignIn(online.SignInOptions{Tenant: "Cust12345"})
	if err != nil {
		log.Fatal(err)
	}
	claims, err := app.FinishSignIn(ctx, signIn, browser(signIn.URL()))
	if err != nil {
		log.Fatal(err)
	}
	client, err := app.UserClient(claims.Tenant, claims.AssociateID)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Contact.GetContactEntity(ctx, 5); err != nil {
		log.Fatal(err)
	}
	fmt.Println(claims.Tenant, claims.SystemUserToken() != "")
	// Output: Cust12345 true
}

// browser goes to an address, signs in, and returns the query of the callback.
func browser(address string) url.Values {
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Get(address)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	callback, err := resp.Location()
	if err != nil {
		log.Fatal(err)
	}
	return callback.Query()
}

// Tickets and tokens in a store that replicas share, encrypted.
func ExampleEncryptedStore() {
	key := []byte("32 bytes of a secret of your own") // from where secrets are kept
	store, err := online.EncryptedStore(online.NewMemoryStore(), key)
	if err != nil {
		log.Fatal(err)
	}
	_ = online.Config{Store: store}
	fmt.Println(len(key))
	// Output: 32
}
