// Command webhook_receiver welcomes each new company: it registers a webhook,
// stores the events that come, and writes into the company of each.
//
//	go -C examples/webhook_receiver run . [-queue events.db] [-listen :8080 -url https://example.com/superoffice]
//
// Without configuration it runs against a stand-in server inside the program, where
// a colleague makes 20 companies while the receiver is stopped and started again;
// see internal/connect for how to name your server, which has to reach
// -url, and set SUPEROFFICE_WEBHOOK_SECRET.
//
// Each write is a change, of which the server posts an event in turn. The receiver
// knows it for its own and drops it. What came while it was down is asked for at
// its next start.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/connect"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/sqlitequeue"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "webhook_receiver:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	client, done, err := connect.Client()
	if err != nil {
		return err
	}
	defer done()
	r := &receiver{secret: os.Getenv("SUPEROFFICE_WEBHOOK_SECRET"), log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	if err := r.parse(args); err != nil {
		return err
	}
	r.client, err = client.With(superoffice.WithObserver(&r.own))
	if err != nil {
		return err
	}
	if os.Getenv("SUPEROFFICE_URL") == "" {
		return demonstrate(ctx, r, client)
	}
	return r.run(ctx)
}

// receiver receives events and welcomes companies.
type receiver struct {
	client *superoffice.Client
	own    webhook.OwnChanges // what client has written
	secret string
	queue  string // the file
	listen string
	url    string // where the server reaches it, or empty
	log    *slog.Logger

	welcomed, ignored atomic.Int64
}

func (r *receiver) parse(args []string) error {
	flags := flag.NewFlagSet("webhook_receiver", flag.ContinueOnError)
	flags.StringVar(&r.queue, "queue", "events.db", "the `file` in which events are stored")
	flags.StringVar(&r.listen, "listen", "127.0.0.1:0", "the `address` to listen at")
	flags.StringVar(&r.url, "url", "", "the `URL` at which the server reaches it")
	return flags.Parse(args)
}

// run receives and works until ctx is done.
func (r *receiver) run(ctx context.Context) error {
	queue, err := sqlitequeue.Open(r.queue, sqlitequeue.WithLogger(r.log))
	if err != nil {
		return err
	}
	defer queue.Close()
	listener, err := net.Listen("tcp", r.listen)
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: webhook.Handler(queue.Add,
		webhook.Secret(r.secret), webhook.Ignore(r.isOwn), webhook.WithLogger(r.log))}
	go server.Serve(listener)
	defer server.Close()
	if err := r.register(ctx, queue, listener.Addr()); err != nil {
		return err
	}
	if err := queue.Work(ctx, r.welcome); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// isOwn reports whether an event is of a change that the receiver has made.
func (r *receiver) isOwn(ctx context.Context, e *webhook.Event) bool {
	own := r.own.Made(ctx, e)
	if own {
		r.ignored.Add(1)
	}
	return own
}

// register makes sure that events come, and asks for those that did not. The server
// is up by then, since it has to answer a test event.
func (r *receiver) register(ctx context.Context, queue webhook.Queue, at net.Addr) error {
	url := r.url
	if url == "" {
		url = "http://" + at.String()
	}
	spec := webhook.Spec{Name: "welcome", URL: url, Secret: r.secret, Events: []string{webhook.ContactCreated, webhook.ContactChanged}, Log: r.log}
	if _, err := webhook.Ensure(ctx, r.client, spec); err != nil {
		return fmt.Errorf("registering: %w", err)
	}
	missed := webhook.Missed{Since: time.Now().Add(-time.Hour), Events: []string{webhook.ContactCreated}}
	n, err := webhook.Recover(ctx, r.client, missed, queue.Add)
	if err != nil {
		return err
	}
	fmt.Printf("Receiving; %d companies were made within the last hour\n", n)
	return nil
}

// welcome writes into a new company, unless that was done before: an event may come
// twice.
func (r *receiver) welcome(ctx context.Context, e *webhook.Event) error {
	if e.Event != webhook.ContactCreated {
		return nil
	}
	_, err := rest.New(r.client).Contact.Change(ctx, e.PrimaryKey, func(c *superoffice.ContactEntity) error {
		if c.Department == "" {
			c.Department = greeting
		}
		return nil
	})
	if errors.Is(err, superoffice.ErrNotFound) { // deleted meanwhile
		return nil
	}
	if err == nil {
		r.welcomed.Add(1)
	}
	return err
}

const greeting = "Welcome!"
