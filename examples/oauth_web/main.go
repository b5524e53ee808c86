// Command oauth_web is a web site with "Sign in with SuperOffice". Whoever has
// signed in sees who that is and which companies are theirs in SuperOffice, and
// can sign out again.
//
// Without configuration it runs against a stand-in inside the program, visits
// itself once from the sign-in to the sign-out, and ends. With -serve it stays
// up for a browser, until Ctrl-C:
//
//	go run ./examples/oauth_web -serve
//
// To run it against an environment of SuperOffice Online, set
//
//	SUPEROFFICE_ENVIRONMENT     sod, qaonline, online, or a URL such as sosandbox's
//	SUPEROFFICE_CLIENT_ID       as the developer portal shows it
//	SUPEROFFICE_CLIENT_SECRET   the same
//	SUPEROFFICE_REDIRECT_URL    as it is registered; it must lead to /callback here
//
// It then listens where the redirect leads, if that is http on this machine;
// behind a proxy that speaks https, say where with -addr.
//
// It exits with 0 only if everything worked.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/superoffice-go/superoffice/internal/connect"
	"github.com/superoffice-go/superoffice/online"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "oauth_web:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("oauth_web", flag.ContinueOnError)
	flags.SetOutput(stderr)
	stay := flags.Bool("serve", false, "stay up for a browser until Ctrl-C")
	addr := flags.String("addr", "", "the `address` to listen on, if it is not where the redirect leads")
	if err := flags.Parse(args); err != nil {
		return err
	}
	setup, err := connect.Online(stdout)
	if err != nil {
		return err
	}
	defer setup.Close()
	listener, err := net.Listen("tcp", listenOn(*addr, setup.Config.RedirectURL))
	if err != nil {
		return err
	}
	defer listener.Close()
	address := "http://" + listener.Addr().String()
	if setup.StandIn != nil {
		furnish(setup, address+callbackPath)
	}
	handler, err := newHandler(setup.Config, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	if setup.StandIn != nil && !*stay {
		return visitOnce(ctx, stdout, listener, handler)
	}
	fmt.Fprintf(stdout, "Listening on %s. Ctrl-C stops it.\n", address)
	return serve(ctx, listener, handler)
}

// listenOn is where to listen: at the given address, or if a redirect to
// this machine leads, or on any free port.
func listenOn(addr, redirectURL string) string {
	redirect, err := url.Parse(redirectURL)
	switch {
	case addr != "":
		return addr
	case err == nil && redirect.Scheme == "http" && redirect.Port() != "":
		return redirect.Host
	}
	return "127.0.0.1:0"
}

// newHandler makes the application and its site.
func newHandler(config online.Config, logger *slog.Logger) (http.Handler, error) {
	redirect, err := url.Parse(config.RedirectURL)
	if err != nil || redirect.Path != callbackPath {
		return nil, errors.New("set SUPEROFFICE_REDIRECT_URL to where " + callbackPath + " of this site is")
	}
	app, err := online.NewApp(config)
	if err != nil {
		return nil, err
	}
	s := &site{app: app, sessions: newSessions(redirect.Scheme == "https"), log: logger}
	return s.handler(), nil
}

// serve answers until ctx is done, and then lets what is under way finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
