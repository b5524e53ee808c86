package riverqueue_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/riverqueue"
)

// A replica receives events and works them off, until it is told to end.
func Example() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	queue, err := riverqueue.New(pool)
	if err != nil {
		log.Fatal(err)
	}
	if err := queue.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	server := &http.Server{
		Addr: ":8080", ReadHeaderTimeout: time.Minute,
		Handler: webhook.Handler(queue.Add, webhook.Secret(os.Getenv("WEBHOOK_SECRET"))),
	}
	go func() { log.Print(server.ListenAndServe()) }()
	err = queue.Work(ctx, func(_ context.Context, e *webhook.Event) error {
		fmt.Println("changed:", e.Entity, e.PrimaryKey)
		return nil
	})
	log.Print(err, server.Close())
}
