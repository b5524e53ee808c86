// Command system_user is a worker that does something in every tenant that has
// an application of yours, by itself, as the application's system user. It
// shows the pool of clients, a bound on how many tenants are worked on at a
// time, and what to make of a tenant that is offline or has withdrawn its
// consent.
//
// Without configuration it runs against a stand-in inside the program, where
// between two rounds a tenant moves to another host and the ticket of another
// expires. To run it against an environment of SuperOffice Online, set
//
//	SUPEROFFICE_ENVIRONMENT     sod, qaonline, online, or a URL such as sosandbox's
//	SUPEROFFICE_CLIENT_ID       as the developer portal shows it
//	SUPEROFFICE_CLIENT_SECRET   the same
//	SUPEROFFICE_PRIVATE_KEY     the key, or the path of its file
//	SUPEROFFICE_TENANTS         Cust1=token1;Cust2=token2
//
// There it does one round and leaves nothing behind: the company that it makes
// it deletes again. A service does a round whenever it is time for one.
//
// It exits with 0 only if everything worked. A tenant that is offline is left
// out, and is no failure.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/connect"
	"github.com/superoffice-go/superoffice/online"
)

const (
	workers  = 3               // how many tenants are worked on at a time
	patience = 2 * time.Minute // how long the work in one tenant may take
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "system_user:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	setup, err := connect.Online(out)
	if err != nil {
		return err
	}
	defer setup.Close()
	if setup.StandIn != nil {
		return rehearse(ctx, out, setup)
	}
	if len(setup.Tokens) == 0 {
		return errors.New("set SUPEROFFICE_TENANTS")
	}
	w, err := newWorker(setup, out)
	if err != nil {
		return err
	}
	return w.round(ctx)
}

// worker does the work of all tenants.
type worker struct {
	tenants []string
	pool    *online.Tenants
	out     io.Writer
}

// newWorker makes the application and its pool, once for the life of the
// program. Replicas of a service would share a Config.Store.
func newWorker(setup *connect.Setup, out io.Writer) (*worker, error) {
	app, err := online.NewApp(setup.Config)
	if err != nil {
		return nil, err
	}
	// A service asks its database here. What it kept there is the
	// Claims.SystemUserToken of an administrator's sign-in.
	token := func(_ context.Context, tenant string) (string, error) { return setup.Tokens[tenant], nil }
	pool := app.Tenants(token, superoffice.WithLanguage("en"), superoffice.WithTimeout(time.Minute))
	return &worker{slices.Sorted(maps.Keys(setup.Tokens)), pool, out}, nil
}

// round works on all tenants, several at a time, and tells how it went in each.
// One that fails does not stop the others.
func (w *worker) round(ctx context.Context) error {
	lines, failed := make([]string, len(w.tenants)), make([]bool, len(w.tenants))
	var group sync.WaitGroup
	busy := make(chan struct{}, workers)
	for i, tenant := range w.tenants {
		busy <- struct{}{}
		group.Go(func() {
			defer func() { <-busy }()
			done, err := w.serve(ctx, tenant)
			lines[i], failed[i] = settle(done, err)
		})
	}
	group.Wait()
	failures := 0
	for i, tenant := range w.tenants {
		fmt.Fprintf(w.out, "  %s: %s\n", tenant, lines[i])
		if failed[i] {
			failures++
		}
	}
	if failures > 0 {
		return fmt.Errorf("the work was not done in %d of %d tenants", failures, len(w.tenants))
	}
	return nil
}

// serve does the work in one tenant.
func (w *worker) serve(ctx context.Context, tenant string) (done string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client, err := w.pool.For(ctx, tenant)
	if err != nil {
		return "", err
	}
	return work(ctx, client)
}

// work is what the worker is for: here it reads something, writes something,
// and removes it.
func work(ctx context.Context, client *superoffice.Client) (done string, err error) {
	var response superoffice.Response
	companies, err := client.Contact.GetMyContacts(ctx, superoffice.CaptureResponse(&response))
	if err != nil {
		return "", fmt.Errorf("reading companies: %w", err)
	}
	company, err := client.Contact.CreateDefaultContactEntity(ctx)
	if err != nil {
		return "", fmt.Errorf("asking for a new company: %w", err)
	}
	company.Name = "Example Trading"
	if company, err = client.Contact.SaveContactEntity(ctx, company); err != nil {
		return "", fmt.Errorf("saving it: %w", err)
	}
	// What was begun is finished, also after Ctrl-C.
	if err := client.Contact.DeleteContactEntity(context.WithoutCancel(ctx), company.ContactID); err != nil {
		return "", fmt.Errorf("deleting company %d: %w", company.ContactID, err)
	}
	done = fmt.Sprintf("done; read %d, made and deleted company %d", len(companies), company.ContactID)
	if response.Attempts > 1 {
		done += fmt.Sprintf("; asked %d times: %v", response.Attempts, response.Cause)
	}
	return done, nil
}

// settle makes a line for people of how the work in a tenant ended, and
// returns whether somebody has to look after it.
func settle(done string, err error) (line string, failed bool) {
	var offline *online.OfflineError
	var refused *online.ExchangeError
	switch {
	case err == nil:
		return done, false
	case errors.As(err, &offline) && offline.Passes():
		return fmt.Sprintf("skipped, it is in %s, which passes; try again after %s UTC", offline.State, offline.Until.UTC().Format(time.TimeOnly)), false
	case errors.As(err, &offline):
		return fmt.Sprintf("skipped, it is in %s, which does not pass by itself", offline.State), false
	case errors.As(err, &refused):
		return fmt.Sprintf("got no ticket (%s); its administrator may have to consent again", refused.Reason), true
	case errors.Is(err, context.Canceled):
		return "not done, the worker was stopped", true
	}
	return "failed: " + err.Error(), true
}
