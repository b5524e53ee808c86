package superofficetest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func ExampleNewServer() {
	server := superofficetest.NewServer()
	defer server.Close()
	server.PutExternalTokens("quos", superoffice.TokenManagementInfo{Provider: "nesciunt", AccessToken: "quidem"})

	client := server.Client()
	info, err := client.User.GetExternalTokens(context.Background(), "quos", superoffice.Select("Provider"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Provider)

	request := server.Requests()[0]
	fmt.Println(request.Operation, request.RawQuery, request.Status)
	// Output:
	// nesciunt
	// User/GetExternalTokens $select=Provider 200
}

func ExampleServer_Inject() {
	server := superofficetest.NewServer()
	defer server.Close()
	client := server.Client()

	server.Inject(1, superofficetest.Misdirected())
	_, err := client.User.GetExternalTokens(context.Background(), "quos")
	fmt.Println(errors.Is(err, superoffice.ErrMisdirected))

	_, err = client.User.GetExternalTokens(context.Background(), "quos")
	fmt.Println(errors.Is(err, superoffice.ErrNotFound))
	// Output:
	// true
	// true
}

func ExampleServer_InjectOn() {
	server := superofficetest.NewServer()
	defer server.Close()
	client := server.Client()

	// A read is tried again, so the caller does not notice.
	server.InjectOn("User/GetExternalTokens", 1, superofficetest.Throttled("0"))
	server.PutExternalTokens("quos", superoffice.TokenManagementInfo{Provider: "nesciunt"})
	info, err := client.User.GetExternalTokens(context.Background(), "quos")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Provider, len(server.Requests()))
	// Output: nesciunt 2
}

func ExampleServer_RotateTicket() {
	server := superofficetest.NewServer(superofficetest.Online())
	defer server.Close()
	client := server.Client()

	ticket := server.RotateTicket() // the client still has the old one
	_, err := client.User.GetExternalTokens(context.Background(), "quos")
	fmt.Println(errors.Is(err, superoffice.ErrUnauthorized))

	_, err = client.User.GetExternalTokens(context.Background(), "quos", superoffice.WithAuth(superoffice.TicketAuth(ticket)))
	fmt.Println(errors.Is(err, superoffice.ErrNotFound))
	// Output:
	// true
	// true
}

func ExampleNewOnline() {
	online := superofficetest.NewOnline()
	defer online.Close()
	tenant := online.AddTenant("Cust12345")
	tenant.PutExternalTokens("quos", superoffice.TokenManagementInfo{Provider: "nesciunt"})

	client, ctx := tenant.Client(), context.Background()
	info, err := client.User.GetExternalTokens(ctx, "quos")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Provider)

	online.Advance(6 * time.Hour) // the client's ticket was idle for too long
	_, err = client.User.GetExternalTokens(ctx, "quos")
	fmt.Println(errors.Is(err, superoffice.ErrUnauthorized))

	tenant.Move() // the client still asks at the old address
	_, err = client.User.GetExternalTokens(ctx, "quos")
	fmt.Println(errors.Is(err, superoffice.ErrMisdirected))
	fmt.Println(online.Violations())
	// Output:
	// nesciunt
	// true
	// true
	// []
}

// A test says what a call answers, and fails if its program sends what the
// API does not take: pass WithTest(t) for that.
func ExampleServer_Reply() {
	server := superofficetest.NewServer()
	defer server.Close()
	server.Reply("Contact/GetContactEntity", superoffice.ContactEntity{ContactID: 5, Name: "Oslo Ost"})
	server.Reply("Person/GetPersonEntity", superofficetest.Throttled("60"))

	client, ctx := server.Client(superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 1})), context.Background()
	company, err := client.Contact.GetContactEntity(ctx, 5)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(company.Name)
	_, err = client.Person.GetPersonEntity(ctx, 7)
	fmt.Println(errors.Is(err, superoffice.ErrThrottled))

	err = client.Call(ctx, "POST", "v1/Agents/Contact/IsNumberValid", map[string]any{"ContactId": "five"}, nil)
	fmt.Println(err != nil, server.Mismatches())
	// Output:
	// Oslo Ost
	// true
	// true [Contact/IsNumberValid: body/ContactId: is a text, where a whole number was due]
}
