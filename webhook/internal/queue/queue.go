// Package queue is what the engines of webhook.Queue share.
package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice/internal/guard"
	"github.com/superoffice-go/superoffice/webhook"
)

const (
	// MostTries is how often an event is tried before it is given up.
	MostTries = 20
	// Remembered is how long the ID of an event that is handled is kept, so that it is
	// not stored again.
	Remembered = 24 * time.Hour
)

// Record names the record of an event. Events of one record are handled in
// their order.
func Record(e *webhook.Event) string {
	return strings.ToLower(e.Tenant + "/" + e.Entity + "/" + strconv.Itoa(e.PrimaryKey))
}

// ID names an event, so that one that comes twice is stored once. It is empty if the
// event has no ID.
func ID(e *webhook.Event) string {
	if e.ID == "" {
		return ""
	}
	return strings.ToLower(e.Tenant + "/" + e.ID)
}

// Pause is how long an event waits after the tries that have failed.
func Pause(tries int) time.Duration {
	const longest = time.Hour
	pause := time.Second
	for range tries - 1 {
		if pause *= 2; pause >= longest {
			return longest
		}
	}
	return pause
}

// Handle calls the function of the user's with a stored event. A panic is an error.
func Handle(ctx context.Context, body []byte, handle func(context.Context, *webhook.Event) error) error {
	e, err := webhook.ParseEvent(body)
	if err != nil { // which may hold a part of the event
		return fmt.Errorf("%w: a stored event cannot be read", webhook.ErrGone)
	}
	return guard.Call("the function", func() error { return handle(ctx, e) })
}

// IsLast reports whether an event that has failed is given up.
func IsLast(tries int, err error) bool {
	return tries >= MostTries || errors.Is(err, webhook.ErrGone)
}
