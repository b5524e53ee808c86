package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice/internal/guard"
)

// ErrGone is what a function returns to have the webhook disabled: SuperOffice is
// answered 410.
var ErrGone = errors.New("webhook: gone")

const (
	maxBody       = 1 << 20
	defaultMaxAge = time.Hour

	headerSignature = "X-Superoffice-Signature"
	headerRetry     = "X-Superoffice-Retry"
)

// Option sets up a [Handler].
type Option func(*handler)

// Secret sets the secret of the webhook. It may be given several times, so that
// the secret can be changed: each of them lets events in. An empty one lets nobody
// in.
func Secret(secret string) Option {
	return func(h *handler) { h.secrets = append(h.secrets, secret) }
}

// SecretOf asks for the secret of a tenant, for a receiver of many. The name of the
// tenant is not believed before the signature is checked. An error is answered 500,
// and an empty secret lets nobody in.
func SecretOf(secret func(ctx context.Context, tenant string) (string, error)) Option {
	return func(h *handler) { h.secretOf = secret }
}

// Unsigned lets events in without a look at their signature. Anybody who knows the
// address can send them then.
func Unsigned() Option {
	return func(h *handler) { h.unsigned = true }
}

// SeenBy has events that come twice handled once.
func SeenBy(seen Seen) Option {
	return func(h *handler) { h.seen = seen }
}

// MaxAge sets how old an event may be, by the time that it tells of itself: an
// hour unless told, and 0 for any age. One that is older, or that far in the
// future, is dropped: it may be one that somebody has recorded.
func MaxAge(d time.Duration) Option {
	return func(h *handler) { h.maxAge = d }
}

// IgnoreAssociates drops changes that the users with these IDs have made, such as
// the one that this program itself works as.
func IgnoreAssociates(ids ...int) Option {
	return func(h *handler) { h.ignored = append(h.ignored, ids...) }
}

// Ignore drops events that own reports true for, such as [OwnChanges.Made]. It may be
// given several times.
func Ignore(own func(ctx context.Context, e *Event) bool) Option {
	return func(h *handler) {
		if own != nil {
			h.filters = append(h.filters, own)
		}
	}
}

// WithLogger logs what is refused and dropped, and errors and panics of the
// function.
func WithLogger(log *slog.Logger) Option {
	return func(h *handler) {
		if log != nil {
			h.log = log
		}
	}
}

type handler struct {
	handle   func(ctx context.Context, e *Event) error
	secrets  []string
	secretOf func(ctx context.Context, tenant string) (string, error)
	unsigned bool
	seen     Seen
	maxAge   time.Duration
	ignored  []int
	filters  []func(ctx context.Context, e *Event) bool
	log      *slog.Logger
	now      func() time.Time
}

// Handler returns what receives events and calls fn with those that pass the
// checks which the documentation of the package lists. fn may be called by several
// goroutines at a time. Its context ends when SuperOffice has given up waiting.
func Handler(fn func(ctx context.Context, e *Event) error, opts ...Option) http.Handler {
	h := &handler{handle: fn, maxAge: defaultMaxAge, log: slog.New(slog.DiscardHandler), now: time.Now}
	for _, opt := range opts {
		if opt != nil {
			opt(h)
		}
	}
	return h
}

// Format prints no secrets, whatever the verb.
func (h *handler) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "webhook.Handler") }

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var status int
	err := guard.Call("a hook of the handler", func() error {
		status = h.serve(w, r)
		return nil
	})
	if err != nil {
		h.log.ErrorContext(r.Context(), "webhook: not handled", "error", err)
		status = http.StatusInternalServerError
	}
	if status == http.StatusOK {
		w.WriteHeader(status)
		return
	}
	http.Error(w, http.StatusText(status), status)
}

// serve answers a request with a status.
func (h *handler) serve(w http.ResponseWriter, r *http.Request) (status int) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" && media != "text/json" {
		return http.StatusUnsupportedMediaType
	}
	body, status := readBody(r)
	if status != http.StatusOK {
		return status
	}
	if status := h.authenticate(r, body); status != http.StatusOK {
		return status
	}
	e, err := ParseEvent(body)
	if err != nil {
		h.log.WarnContext(r.Context(), "webhook: a signed body is no event", "error", err)
		return http.StatusBadRequest
	}
	e.Retry, _ = strconv.Atoi(r.Header.Get(headerRetry))
	return h.receive(r.Context(), e)
}

// readBody reads a body of at most maxBody bytes, or less if its length is not told.
// It takes memory as bytes come, and no more than that for one that is too large.
func readBody(r *http.Request) (body []byte, status int) {
	due := r.ContentLength
	switch {
	case due > maxBody:
		return nil, http.StatusRequestEntityTooLarge
	case due < 0:
		due = maxBody
	}
	const block = 64 << 10
	var blocks [][]byte
	for size := int64(0); size < due; {
		b := make([]byte, min(block, due-size))
		n, err := io.ReadFull(r.Body, b)
		size += int64(n)
		blocks = append(blocks, b[:n])
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		switch {
		case ended && r.ContentLength < 0:
			return slices.Concat(blocks...), http.StatusOK
		case err != nil:
			return nil, http.StatusBadRequest
		}
	}
	switch {
	case r.ContentLength < 0:
		return nil, http.StatusRequestEntityTooLarge
	case len(blocks) == 1:
		return blocks[0], http.StatusOK
	}
	return slices.Concat(blocks...), http.StatusOK
}

// authenticate checks the signature.
func (h *handler) authenticate(r *http.Request, body []byte) (status int) {
	if h.unsigned {
		return http.StatusOK
	}
	secrets := h.secrets
	if h.secretOf != nil {
		secret, err := h.secretOf(r.Context(), tenantOf(body))
		if err != nil {
			h.log.ErrorContext(r.Context(), "webhook: the secret of the tenant is not known", "error", err)
			return http.StatusInternalServerError
		}
		secrets = append(slices.Clone(secrets), secret)
	}
	signature, known := r.Header.Get(headerSignature), false
	for _, secret := range secrets {
		known = Verify(secret, body, signature) == nil || known // all are tried, in the same time
	}
	if !known {
		h.log.WarnContext(r.Context(), "webhook: refused", "error", ErrSignature, "remote", r.RemoteAddr, "secrets", len(secrets))
		return http.StatusUnauthorized
	}
	return http.StatusOK
}

// receive calls the function with an event that is signed, if it is one for it.
func (h *handler) receive(ctx context.Context, e *Event) (status int) {
	about := []any{"event", e.Event, "id", e.ID, "tenant", e.Tenant, "key", e.PrimaryKey}
	age := h.now().Sub(e.Time).Abs()
	switch {
	case e.isTest():
		return http.StatusOK
	case h.maxAge > 0 && !e.Time.IsZero() && age > h.maxAge:
		h.log.WarnContext(ctx, "webhook: dropped, since it is too old", append(about, "time", e.Time)...)
		return http.StatusOK
	}
	end, state := h.begin(ctx, e)
	switch state {
	case Handled:
		return http.StatusOK
	case Busy: // and may fail yet
		return http.StatusServiceUnavailable
	}
	handled := false
	defer func() { end(handled) }() // also if the function ends the goroutine
	err := h.call(ctx, e)
	handled = err == nil
	switch {
	case err == nil:
		return http.StatusOK
	case errors.Is(err, ErrGone):
		return http.StatusGone
	}
	h.log.ErrorContext(ctx, "webhook: the function failed", append(about, "retry", e.Retry, "error", err)...)
	return http.StatusInternalServerError
}

// begin finds out if an event was handled before. end notes if it is now.
func (h *handler) begin(ctx context.Context, e *Event) (end func(handled bool), state State) {
	if h.seen == nil || e.ID == "" {
		return func(bool) {}, Fresh
	}
	key := strings.ToLower(e.Tenant + "/" + e.ID)
	state, err := h.seen.Begin(ctx, key)
	if err != nil {
		h.log.ErrorContext(ctx, "webhook: whether the event came before is not known; it is handled", "id", e.ID, "error", err)
		return func(bool) {}, Fresh
	}
	return func(handled bool) {
		if err := h.seen.End(context.WithoutCancel(ctx), key, handled); err != nil {
			h.log.ErrorContext(ctx, "webhook: the event may be handled again", "id", e.ID, "error", err)
		}
	}, state
}

// call calls the function unless the change is one to be ignored. A panic is an
// error.
func (h *handler) call(ctx context.Context, e *Event) error {
	if e.ChangedBy != 0 && slices.Contains(h.ignored, e.ChangedBy) {
		return nil
	}
	return guard.Call("the function", func() error {
		if slices.ContainsFunc(h.filters, func(own func(context.Context, *Event) bool) bool { return own(ctx, e) }) {
			return nil
		}
		return h.handle(ctx, e)
	})
}
