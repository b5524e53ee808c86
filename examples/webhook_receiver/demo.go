package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/superoffice-go/superoffice"
)

// demonstrate has a colleague make companies while the receiver runs, while it is
// down, and after it was started again.
func demonstrate(ctx context.Context, r *receiver, colleague *superoffice.Client) error {
	folder, err := os.MkdirTemp("", "webhook_receiver")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	r.secret, r.queue = "of-the-stand-in", filepath.Join(folder, "events.db")
	var ids []int
	hire := func(n int) error {
		for range n {
			company, err := colleague.Contact.SaveContactEntity(ctx, &superoffice.ContactEntity{Name: fmt.Sprintf("Example %d", len(ids)+1)})
			if err != nil {
				return err
			}
			ids = append(ids, company.ContactID)
		}
		return nil
	}
	stop := r.start(ctx)
	err = errors.Join(r.waitFor(ctx, "it is registered", func() bool { return isRegistered(ctx, colleague) }), hire(10))
	if err == nil {
		err = r.waitFor(ctx, "three are welcomed", func() bool { return r.welcomed.Load() >= 3 })
	}
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	fmt.Println("Stopped")
	if err := hire(5); err != nil { // of which no event arrives
		return err
	}
	stop = r.start(ctx)
	err = hire(5)
	if err == nil {
		err = r.waitFor(ctx, "all are welcomed", func() bool { return areWelcomed(ctx, colleague, ids) })
	}
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	fmt.Printf("All %d companies were welcomed, and %d events of that ignored\n", len(ids), r.ignored.Load())
	return nil
}

// start runs the receiver until it is stopped.
func (r *receiver) start(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.run(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}

func isRegistered(ctx context.Context, client *superoffice.Client) bool {
	all, err := client.Webhook.GetAllWebhooks(ctx, "welcome", "", "")
	return err == nil && len(all) > 0
}

// areWelcomed reports whether all companies were written into.
func areWelcomed(ctx context.Context, client *superoffice.Client, ids []int) bool {
	for _, id := range ids {
		company, err := client.Contact.GetContactEntity(ctx, id)
		if err != nil || company.Department != greeting {
			return false
		}
	}
	return true
}

// waitFor waits until something has come true.
func (r *receiver) waitFor(ctx context.Context, what string, isTrue func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for !isTrue() {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %w", what, ctx.Err())
		}
	}
	return nil
}
