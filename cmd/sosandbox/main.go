// Command sosandbox is a SuperOffice WebAPI to try a client against. It serves
// every call of the Agents API with sample answers, checks what it is asked,
// keeps what is saved in memory and forgets it at the end.
//
//	sosandbox [-addr 127.0.0.1:8080] [-online]
//
// It prints its address, the credentials that it accepts, the key of a token
// that is already stored, and a command to try. Ctrl-C stops it with exit
// status 0; where "go run" started it, go run itself reports 1 for any program
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
// stop, 1 where it cannot listen, 2 for arguments that it does not understand.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("sosandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "the `address` to listen on; port 0 takes a free one")
	online := flags.Bool("online", false, "behave as SuperOffice Online instead of a server on site")
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
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintf(stderr, "sosandbox: %v; choose another address with -addr\n", err)
		return 1
	}
	if !isLoopback(listener.Addr()) {
		fmt.Fprintln(stderr, "sosandbox: warning: other machines can reach this address, over plain HTTP")
	}
	serve(ctx, listener, *online, stdout)
	return 0
}

func isLoopback(addr net.Addr) bool {
	tcp, isTCP := addr.(*net.TCPAddr)
	return isTCP && tcp.IP.IsLoopback()
}

// serve runs the server on listener until ctx is done.
func serve(ctx context.Context, listener net.Listener, online bool, stdout io.Writer) {
	opts := []superofficetest.Option{superofficetest.WithListener(listener)}
	if online {
		opts = append(opts, superofficetest.Online())
	}
	server := superofficetest.NewServer(opts...)
	defer server.Close()
	server.PutExternalTokens(sampleKey, sampleToken())
	introduce(stdout, server, online)
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
func introduce(w io.Writer, server *superofficetest.Server, online bool) {
	c := server.Credentials()
	api := server.URL + "/api"
	login := fmt.Sprintf("-u '%s:%s'", c.User, c.Password)
	if online {
		api = server.URL
		login = fmt.Sprintf("-H 'Authorization: SOTicket %s' -H 'SO-AppToken: %s'", c.Ticket, c.AppToken)
	}
	fmt.Fprintf(w, "SuperOffice WebAPI sandbox\n\n")
	fmt.Fprintf(w, "base URL           %s\n", server.URL)
	if !online {
		fmt.Fprintf(w, "user, password     %s  %s\n", c.User, c.Password)
	}
	fmt.Fprintf(w, "ticket             %s\n", c.Ticket)
	fmt.Fprintf(w, "access token       %s\n", c.AccessToken)
	fmt.Fprintf(w, "application token  %s\n", c.AppToken)
	fmt.Fprintf(w, "XSRF token         %s\n", c.XSRFToken)
	fmt.Fprintf(w, "session cookie     %s\n", c.SessionCookie())
	fmt.Fprintf(w, "token key          %s\n\n", sampleKey)
	fmt.Fprintf(w, "Try it:\n\n  curl %s -H 'Content-Type: application/json' -d '{\"Key\":\"%s\"}' %s/v1/Agents/User/GetExternalTokens\n\n",
		login, sampleKey, api)
	fmt.Fprintf(w, "Ctrl-C stops it.\n")
}
