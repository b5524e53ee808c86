package superoffice_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/jarcoal/httpmock"
	"golang.org/x/oauth2"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// A first call. The examples call a server that runs inside the program;
// NewClient takes the address of yours.
func Example() {
	server := superofficetest.NewServer()
	defer server.Close()
	server.PutExternalTokens("mail-42", superoffice.TokenManagementInfo{Provider: "GoogleMail", AccessToken: "ya29.a0"})
	credentials := server.Credentials()

	client, err := superoffice.NewClient(server.URL,
		superoffice.WithAuth(superoffice.BasicAuth(credentials.User, credentials.Password)),
		superoffice.WithLanguage("en"))
	if err != nil {
		log.Fatal(err)
	}
	info, err := client.User.GetExternalTokens(context.Background(), "mail-42")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Provider)
	fmt.Println(info)
	// Output:
	// GoogleMail
	// superoffice.TokenManagementInfo{Provider:REDACTED AccessToken:REDACTED RefreshToken:"" Claims:""}
}

func ExampleUserAgent_GetExternalTokens() {
	server := superofficetest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()

	key, err := client.User.SaveExternalTokens(ctx, &superoffice.TokenManagementInfo{Provider: "GoogleMail", AccessToken: "ya29.a0"})
	if err != nil {
		log.Fatal(err)
	}
	info, err := client.User.GetExternalTokens(ctx, key)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Provider, "may be changed:", info.TableRight.Mask.Has(superoffice.TableRightUpdate))

	_, err = client.User.GetExternalTokens(ctx, "no-such-key")
	fmt.Println("not found:", errors.Is(err, superoffice.ErrNotFound))
	// Output:
	// GoogleMail may be changed: true
	// not found: true
}

func ExampleSelect() {
	server := superofficetest.NewServer()
	defer server.Close()
	server.PutExternalTokens("mail-42", superoffice.TokenManagementInfo{Provider: "GoogleMail", AccessToken: "ya29.a0"})
	client := server.Client()

	info, err := client.User.GetExternalTokens(context.Background(), "mail-42", superoffice.Select("Provider", "TableRight/Mask"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q %q\n", info.Provider, info.AccessToken)

	_, err = client.User.GetExternalTokens(context.Background(), "mail-42", superoffice.Select("Provder"))
	fmt.Println(err)
	// Output:
	// "GoogleMail" ""
	// superoffice: invalid argument: Select got the path "Provder": the result has no "Provder"; did you mean "Provider"?
}

// Options of a call override the client's for that call.
func ExampleOption() {
	server := superofficetest.NewServer()
	defer server.Close()
	server.PutExternalTokens("mail-42", superoffice.TokenManagementInfo{
		Provider: "GoogleMail", TableRight: &superoffice.TableRight{Reason: `US:"Read only";NO:"Skrivebeskyttet"`},
	})
	client := server.Client(superoffice.WithLanguage("en"), superoffice.WithTimeout(time.Minute))
	ctx := context.Background()

	for _, opts := range [][]superoffice.CallOption{
		nil,
		{superoffice.WithLanguage("no"), superoffice.WithCulture("nb-NO"), superoffice.WithAccept(superoffice.ContentTypeXML)},
		{superoffice.WithLanguage(superoffice.NoTranslation)},
	} {
		info, err := client.User.GetExternalTokens(ctx, "mail-42", opts...)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(info.TableRight.Reason)
	}
	// Output:
	// Read only
	// Skrivebeskyttet
	// US:"Read only";NO:"Skrivebeskyttet"
}

// What the server said is in the *Error; what a program does about it depends
// on the kind.
func ExampleError() {
	server := superofficetest.NewServer()
	defer server.Close()
	client := server.Client()
	server.InjectOn("User/GetExternalTokens", 1, superofficetest.Status(403, "SoSentryException", "You may not see tokens"))

	_, err := client.User.GetExternalTokens(context.Background(), "mail-42")
	switch {
	case errors.Is(err, superoffice.ErrNotFound):
		fmt.Println("no such key")
	case errors.Is(err, superoffice.ErrUnauthorized):
		fmt.Println("sign in again")
	case errors.Is(err, superoffice.ErrForbidden):
		var failure *superoffice.Error
		if errors.As(err, &failure) {
			fmt.Println(failure.StatusCode, failure.Type, failure.Message, failure.Operation)
		}
	}
	// Output: 403 SoSentryException You may not see tokens User/GetExternalTokens
}

// A policy for a job that would rather wait than fail.
func ExampleWithRetry() {
	server := superofficetest.NewServer()
	defer server.Close()
	server.PutExternalTokens("mail-42", superoffice.TokenManagementInfo{Provider: "GoogleMail"})
	server.Inject(2, superofficetest.Unavailable("1"))

	client := server.Client(superoffice.WithRetry(superoffice.RetryPolicy{
		MaxAttempts: 10,
		MaxWait:     time.Minute,
		Sleep:       func(context.Context, time.Duration) error { return nil }, // for the example: do not wait
	}))
	var response superoffice.Response
	_, err := client.User.GetExternalTokens(context.Background(), "mail-42", superoffice.CaptureResponse(&response))
	fmt.Println(err, response.Attempts, response.Cause)
	// Output: <nil> 3 the server answered 503 Service Unavailable
}

func ExampleBasicAuth() {
	client, err := superoffice.NewClient("https://crm.example.com/SuperOffice",
		superoffice.WithAuth(superoffice.BasicAuth("hugo", os.Getenv("PASSWORD"))))
	fmt.Println(client, err)
	// Output: superoffice.Client{https://crm.example.com/SuperOffice/api} <nil>
}

// SuperOffice Online wants the application's secret beside a ticket.
func ExampleTicketAuth() {
	client, err := superoffice.NewClient("https://online3.superoffice.com/Cust12345/api",
		superoffice.WithAuth(superoffice.TicketAuth("7T:abc")),
		superoffice.WithAppToken(os.Getenv("CLIENT_SECRET")))
	fmt.Println(client, err)
	// Output: superoffice.Client{https://online3.superoffice.com/Cust12345/api} <nil>
}

func ExampleBearerAuth() {
	client, err := superoffice.NewClient("https://online3.superoffice.com/Cust12345/api",
		superoffice.WithAuth(superoffice.BearerAuth("8A:Cust12345.abc")))
	fmt.Println(client, err)
	// Output: superoffice.Client{https://online3.superoffice.com/Cust12345/api} <nil>
}

// Any token source of golang.org/x/oauth2 keeps the access token fresh.
func ExampleTokenSourceAuth() {
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "8A:Cust12345.abc"})
	client, err := superoffice.NewClient("https://online3.superoffice.com/Cust12345/api",
		superoffice.WithAuth(superoffice.TokenSourceAuth(source)))
	fmt.Println(client, err)
	// Output: superoffice.Client{https://online3.superoffice.com/Cust12345/api} <nil>
}

func ExampleSessionAuth() {
	server := superofficetest.NewServer()
	defer server.Close()
	credentials := server.Credentials()
	client := server.Client(superoffice.WithAuth(superoffice.SessionAuth(credentials.XSRFToken, credentials.SessionCookie())))

	key, err := client.User.SaveExternalTokens(context.Background(), &superoffice.TokenManagementInfo{Provider: "GoogleMail"})
	fmt.Println(key != "", err)
	// Output: true <nil>
}

func ExampleAuthFunc() {
	server := superofficetest.NewServer()
	defer server.Close()
	fetchTicket := func(context.Context) (string, error) { return server.Credentials().Ticket, nil }

	client := server.Client(superoffice.WithAuth(superoffice.AuthFunc(func(ctx context.Context, req *http.Request) error {
		ticket, err := fetchTicket(ctx)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "SOTicket "+ticket)
		return nil
	})))
	_, err := client.Version(context.Background())
	fmt.Println(err)
	// Output: <nil>
}

// ticketRenewer is an Auth that gets a new ticket when the old one is refused.
type ticketRenewer struct {
	fetch func(context.Context) (string, error)

	mu     sync.Mutex
	ticket string
}

func (r *ticketRenewer) Apply(_ context.Context, req *http.Request) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	req.Header.Set("Authorization", "SOTicket "+r.ticket)
	return nil
}

func (r *ticketRenewer) Renew(ctx context.Context, _ *http.Request) error {
	ticket, err := r.fetch(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ticket = ticket
	return nil
}

func ExampleRenewer() {
	server := superofficetest.NewServer()
	defer server.Close()
	server.PutExternalTokens("mail-42", superoffice.TokenManagementInfo{Provider: "GoogleMail"})
	auth := &ticketRenewer{
		ticket: "7T:expired",
		fetch:  func(context.Context) (string, error) { return server.RotateTicket(), nil },
	}

	client := server.Client(superoffice.WithAuth(auth))
	var response superoffice.Response
	info, err := client.User.GetExternalTokens(context.Background(), "mail-42", superoffice.CaptureResponse(&response))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Provider, "after", response.Attempts, "attempts")
	// Output: GoogleMail after 2 attempts
}

// One client for each user, on the same connections.
func ExampleClient_With() {
	client, err := superoffice.NewClient("https://crm.example.com/SuperOffice", superoffice.WithLanguage("en"))
	if err != nil {
		log.Fatal(err)
	}
	anna, err := client.With(superoffice.WithAuth(superoffice.TicketAuth("7T:anna")), superoffice.WithLanguage("no"))
	fmt.Println(anna, err)
	// Output: superoffice.Client{https://crm.example.com/SuperOffice/api} <nil>
}

// Any endpoint that has no method of its own yet.
func ExampleClient_Call() {
	server := superofficetest.NewServer()
	defer server.Close()
	client := server.Client()

	var version struct{ NetServerVersion string }
	err := client.Call(context.Background(), "GET", "", nil, &version)
	fmt.Println(version.NetServerVersion != "", err)
	// Output: true <nil>
}

// An http.Client of your own: a proxy, certificates, a transport that traces.
func ExampleWithHTTPClient() {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	client, err := superoffice.NewClient("https://crm.example.com/SuperOffice",
		superoffice.WithHTTPClient(&http.Client{Transport: transport, Timeout: 30 * time.Second}))
	fmt.Println(client, err)
	// Output: superoffice.Client{https://crm.example.com/SuperOffice/api} <nil>
}

// Testing with httpmock: give each test a MockTransport of its own.
func Example_httpmock() {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", "https://crm.example.com/SuperOffice/api/v1/Agents/User/GetExternalTokens",
		httpmock.NewStringResponder(200, `{"Provider":"GoogleMail","TableRight":{"Mask":"FULL"}}`))

	client, err := superoffice.NewClient("https://crm.example.com/SuperOffice",
		superoffice.WithHTTPClient(&http.Client{Transport: mock}))
	if err != nil {
		log.Fatal(err)
	}
	info, err := client.User.GetExternalTokens(context.Background(), "mail-42")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Provider, info.TableRight.Mask.Has(superoffice.TableRightDelete))
	// Output: GoogleMail true
}

// Testing with superofficetest: a server that behaves, and misbehaves, like the
// real one.
func Example_superofficetest() {
	server := superofficetest.NewServer()
	defer server.Close()
	server.PutExternalTokens("mail-42", superoffice.TokenManagementInfo{Provider: "GoogleMail"})
	client := server.Client(superoffice.WithLanguage("en"))

	info, err := client.User.GetExternalTokens(context.Background(), "mail-42")
	fmt.Println(info.Provider, err)
	server.Inject(1, superofficetest.Misdirected())
	_, err = client.User.GetExternalTokens(context.Background(), "mail-42")
	fmt.Println("moved:", errors.Is(err, superoffice.ErrMisdirected))

	for _, request := range server.Requests() {
		fmt.Println(request.Operation, request.Header.Get("SO-Language"), string(request.Body), request.Status)
	}
	// Output:
	// GoogleMail <nil>
	// moved: true
	// User/GetExternalTokens en {"Key":"mail-42"} 200
	// User/GetExternalTokens en {"Key":"mail-42"} 421
}
