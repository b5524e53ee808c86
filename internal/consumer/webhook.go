package consumer

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/webhook"
)

// Package webhook.
var (
	_ func(fn func(ctx context.Context, e *webhook.Event) error, opts ...webhook.Option) http.Handler = webhook.Handler

	_ func(string) webhook.Option                                                           = webhook.Secret
	_ func(func(ctx context.Context, tenant string) (string, error)) webhook.Option         = webhook.SecretOf
	_ func() webhook.Option                                                                 = webhook.Unsigned
	_ func(webhook.Seen) webhook.Option                                                     = webhook.SeenBy
	_ func(time.Duration) webhook.Option                                                    = webhook.MaxAge
	_ func(...int) webhook.Option                                                           = webhook.IgnoreAssociates
	_ func(*slog.Logger) webhook.Option                                                     = webhook.WithLogger
	_ func(n int) webhook.Seen                                                              = webhook.SeenInMemory
	_ func(secret string, body []byte) string                                               = webhook.Sign
	_ func(secret string, body []byte, signature string) error                              = webhook.Verify
	_ func(ctx context.Context, c *client, spec webhook.Spec) (*superoffice.Webhook, error) = webhook.Ensure
	_ error                                                                                 = webhook.ErrGone

	_ = webhook.Spec{Name: "", URL: "", Secret: "", Events: []string{}}
	_ = webhook.Event{
		ID: "", Event: "", Entity: "", Tenant: "", PrimaryKey: 0, Time: time.Time{}, ChangedBy: 0, Changes: []string{},
		Fields: map[string]superoffice.FieldValue{},
	}
	_ func(e *webhook.Event, columns ...string) bool = (*webhook.Event).Changed
)
