package webhook

import (
	"context"
	"fmt"

	"github.com/superoffice-go/superoffice"
)

// Health is how the deliveries of a webhook go.
type Health struct {
	ID int
	// State is Active while events are delivered, Stopped if somebody has stopped
	// the webhook, and TooManyErrors if the server has.
	State superoffice.WebhookState
	// Calls and Errors count the deliveries since the webhook was made, and those of
	// them that failed. ErrorsInARow are those since the last success.
	Calls, Errors, ErrorsInARow int
	// LastError is the answer to the last delivery that failed, with its headers.
	LastError string
}

// OK reports whether events are delivered, and the last one was.
func (h *Health) OK() bool {
	return h.State == superoffice.WebhookStateActive && h.ErrorsInARow == 0
}

// Check returns how the webhook of a name does, for a health check and for
// alarms. If there is none, the error is [superoffice.ErrNotFound]. After a time in
// which events were not delivered, [Ensure] activates the webhook again, and
// [Recover] finds what it missed.
func Check(ctx context.Context, c *superoffice.Client, name string) (*Health, error) {
	if c == nil {
		return nil, fmt.Errorf("%w: the client is nil", superoffice.ErrInvalidArgument)
	}
	found, err := named(ctx, c, name)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("webhook: there is none named %q: %w", name, superoffice.ErrNotFound)
	}
	hook, err := c.Webhook.GetWebhook(ctx, found[0].WebhookID)
	if err != nil {
		return nil, err
	}
	return &Health{
		ID: hook.WebhookID, State: hook.State, Calls: hook.TotalCalls, Errors: hook.TotalErrors, ErrorsInARow: hook.ConsecutiveErrors, LastError: hook.LastError,
	}, nil
}
