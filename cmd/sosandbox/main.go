// Command sosandbox is a SuperOffice WebAPI to try a client against. It serves
// every call of the Agents API with sample answers, checks what it is asked,
// keeps what is saved in memory and forgets it at the end.
//
//	sosandbox [-addr 127.0.0.1:8080] [-demo 1000] [-online [-redirect http://127.0.0.1:3000/callback]]
//
// With -demo its archives, and the entities that agents get, hold the data of as
// many companies.
//
// It prints its address, the credentials that it accepts, the key of a token
// that is already stored, and a command to try. With -online it is an
// environment of SuperOffice Online: the address is that of the login and state
// services, two tenants live on data hosts with ports of their own, and an
// application with a system user is registered. Ctrl-C stops it with exit
// status 0; if "go run" started it, go run itself reports 1 for any program
// that was interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// sampleKey is the key of the token that is stored from the start.
const sampleKey = "quos"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second Ctrl-C ends it at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run serves until ctx is done and returns the exit status: 0 after a clean
// stop, 1 if it cannot listen, 2 for arguments that it does not understand.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("sosandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "the `address` to listen on; port 0 takes a free one")
	online := flags.Bool("online", false, "play SuperOffice Online, with sign-in and two tenants on hosts of this machine, instead of a server on site")
	demo := flags.Int("demo", 0, "fill it with the data of so many `companies`, and what belongs to them")
	redirect := flags.String("redirect", "", "with -online, another `address` that the web application may send its users back to")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "sosandbox: unexpected argument %q; see -help\n", flags.Arg(0))
		return 2
	}
	if *redirect != "" && !*online {
		fmt.Fprintln(stderr, "sosandbox: -redirect goes with -online; see -help")
		return 2
	}
	if *demo != 0 && (*demo < 0 || *online) {
		fmt.Fprintln(stderr, "sosandbox: -demo takes a number of companies, and does not go with -online; see -help")
		return 2
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintf(stderr, "sosandbox: %v; choose another address with -addr\n", err)
		return 1
	}
	if !isLoopback(listener.Addr()) {
		fmt.Fprintln(stderr, "sosandbox: warning: other machines can reach this address, over plain HTTP")
	}
	if *online {
		return serveOnline(ctx, listener, *redirect, stdout, stderr)
	}
	serve(ctx, listener, *demo, stdout)
	return 0
}

func isLoopback(addr net.Addr) bool {
	tcp, isTCP := addr.(*net.TCPAddr)
	return isTCP && tcp.IP.IsLoopback()
}

// ownAddress is how other machines reach this one: by its first address beyond
// loopback, or by its name.
func ownAddress() string {
	addresses, err := net.InterfaceAddrs()
	if err == nil {
		for _, address := range addresses {
			if network, ok := address.(*net.IPNet); ok && network.IP.To4() != nil && network.IP.IsGlobalUnicast() {
				return network.IP.String()
			}
		}
	}
	name, err := os.Hostname()
	if err != nil {
		return "127.0.0.1"
	}
	return name
}

// serve runs the server on listener until ctx is done.
func serve(ctx context.Context, listener net.Listener, companies int, stdout io.Writer) {
	server := superofficetest.NewServer(superofficetest.WithListener(listener), superofficetest.WithDemoData(companies), superofficetest.WithWebhooks())
	defer server.Close()
	server.PutExternalTokens(sampleKey, sampleToken())
	introduce(stdout, server)
	if companies > 0 {
		fmt.Fprintf(stdout, "\nIt holds %d companies with %d sales; to list some:\n\n  curl -u '%s:%s' '%s/api/v1/Archive/FindSale?$top=5'\n",
			companies, companies*10, server.Credentials().User, server.Credentials().Password, server.URL)
	}
	if at, isTCP := listener.Addr().(*net.TCPAddr); isTCP && at.IP.IsUnspecified() {
		fmt.Fprintf(stdout, "\nFrom other machines: %s\n", strings.Replace(server.URL, "127.0.0.1", ownAddress(), 1))
	}
	<-ctx.Done()
	fmt.Fprintln(stdout, "stopped")
}

// sampleToken is the vendor's documented example, with a reason that a
// language can resolve.
func sampleToken() superoffice.TokenManagementInfo {
	return superoffice.TokenManagementInfo{
		Provider:     "nesciunt",
		AccessToken:  "quidem",
		RefreshToken: "perferendis",
		TableRight:   &superoffice.TableRight{Mask: "Delete", Reason: "[SR_NO_INSERT]"},
		FieldProperties: superoffice.FieldProperties{
			"fieldName": {
				FieldRight:  &superoffice.FieldRight{Mask: "FULL"},
				FieldType:   "System.Int32",
				FieldLength: 721,
			},
		},
	}
}

// introduce prints what a caller needs to know.
func introduce(w io.Writer, server *superofficetest.Server) {
	c := server.Credentials()
	fmt.Fprintf(w, "SuperOffice WebAPI sandbox\n\n")
	fmt.Fprintf(w, "base URL           %s\n", server.URL)
	fmt.Fprintf(w, "user, password     %s  %s\n", c.User, c.Password)
	fmt.Fprintf(w, "ticket             %s\n", c.Ticket)
	fmt.Fprintf(w, "access token       %s\n", c.AccessToken)
	fmt.Fprintf(w, "application token  %s\n", c.AppToken)
	fmt.Fprintf(w, "XSRF token         %s\n", c.XSRFToken)
	fmt.Fprintf(w, "session cookie     %s\n", c.SessionCookie())
	fmt.Fprintf(w, "token key          %s\n\n", sampleKey)
	login := fmt.Sprintf("-u '%s:%s'", c.User, c.Password)
	fmt.Fprintf(w, "Try it:\n\n%s\nCtrl-C stops it.\n", tokensCommand(login, server.URL+"/api"))
}

// tokensCommand is a command that gets the stored token.
func tokensCommand(login, api string) string {
	return fmt.Sprintf("  curl %s -H 'Content-Type: application/json' -d '{\"Key\":\"%s\"}' %s/v1/Agents/User/GetExternalTokens\n",
		login, sampleKey, api)
}
