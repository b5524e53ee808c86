package superoffice

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The kinds of failure that a program treats differently. Test for them with
// errors.Is; what the server said in detail is in the *Error that errors.As
// finds in the same chain.
var (
	// ErrNotFound means that there is nothing by that key, name or id: the
	// server answered 404, or 200 with null, or an empty 200 or 204 when a
	// result was due.
	ErrNotFound = errors.New("superoffice: not found")
	// ErrUnauthorized means that the server did not accept the credentials
	// (401), also after they were renewed if that was possible.
	ErrUnauthorized = errors.New("superoffice: credentials not accepted")
	// ErrNotModified means that nothing has changed since the time that the
	// call named (304): what the caller has is current.
	ErrNotModified = errors.New("superoffice: not modified")
	// ErrForbidden means that the user or application is known but may not do
	// this (403, or a sentry exception).
	ErrForbidden = errors.New("superoffice: not allowed")
	// ErrConflict means that a test operation of a patch did not match (409).
	ErrConflict = errors.New("superoffice: conflict")
	// ErrPreconditionFailed means that the entity was changed since the time
	// that the request named (412).
	ErrPreconditionFailed = errors.New("superoffice: precondition failed")
	// ErrMisdirected means that the tenant does not live on this host (421).
	// The server has done nothing; ask for the tenant's present address.
	ErrMisdirected = errors.New("superoffice: wrong host for this tenant")
	// ErrThrottled means that the server wants fewer calls (429).
	ErrThrottled = errors.New("superoffice: throttled")
	// ErrUnavailable means that the server or a gateway before it cannot
	// answer now (502, 503, 504).
	ErrUnavailable = errors.New("superoffice: service unavailable")
	// ErrInvalidArgument means that the call was refused on this side, before
	// anything was sent. The text names the argument and the mend.
	ErrInvalidArgument = errors.New("superoffice: invalid argument")
	// ErrPartial means that a write was given a carrier that was fetched with
	// [Select], or one that holds such a carrier: it has some members only, and
	// saving it would wipe the others. Nothing was sent. Fetch it with all its members; if
	// only its ID counts, give a new one with the ID. The error is an
	// [ErrInvalidArgument] too.
	ErrPartial = errors.New("superoffice: incomplete carrier")
)

// errPartial is the error of such a write.
var errPartial = fmt.Errorf("%w: %w: it, or a carrier in it, was fetched with Select, and saving it would wipe what was left out; fetch it without Select", ErrInvalidArgument, ErrPartial)

// invalid returns the error for an argument that cannot be used. The reason
// must not repeat the argument's value if that could be a secret.
func invalid(argument, reason string) error {
	return fmt.Errorf("%w: %s %s", ErrInvalidArgument, argument, reason)
}

// required is the error for an argument that a call cannot do without, or nil.
func required(argument string, given bool) error {
	if given {
		return nil
	}
	return invalid(argument, "is empty")
}

// Error is a call that failed after the client began to send it: an answer
// that says no, an answer that makes no sense, or no answer at all. Its text
// is one line and holds no credential; the credentials of the call are
// redacted in everything the server repeated of them.
type Error struct {
	// StatusCode is the HTTP status of the answer to the last attempt, or 0
	// if that got none. It can be 200: some failures arrive that way.
	StatusCode int
	// Type is the server's exception class, such as SoNotFoundException or
	// ArgumentException. Empty if the server named none.
	Type string
	// Message is the server's explanation, or this client's if the answer
	// had none.
	Message string
	// Detail is the server's further explanation (MessageDetail), mostly empty.
	Detail string
	// Source is the server component that failed, as the server names it.
	Source string
	// Method and Path are the request's, the path without its query.
	Method, Path string
	// Operation is the call's name, such as "User/GetExternalTokens". For
	// [Client.Call] it is the path as given, without query.
	Operation string
	// Header is the header of the last answer, or nil. Secrets of the request
	// that it repeats, and the values of cookies that it sets, are redacted.
	Header http.Header
	// Body is the start of the last answer's body in UTF-8, 64 KiB at the most.
	// Secrets of the request that it repeats are redacted. It is empty if the
	// answer was to be a secret and could not be read.
	Body []byte
	// Attempts counts how often the request was sent.
	Attempts int
	// Waited is the time spent waiting between attempts.
	Waited time.Duration

	note  string // what this client adds: why it did not retry, what a refusal may mean
	cause error
}

// Error describes the failure in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("superoffice: ")
	b.WriteString(e.Method)
	b.WriteByte(' ')
	b.WriteString(oneLine(e.Path))
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, ": %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	}
	for _, part := range []string{e.Type, e.Message, e.Detail, causeText(e)} {
		if part != "" {
			b.WriteString(": ")
			b.WriteString(oneLine(part))
		}
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " (%d attempts, %s waited)", e.Attempts, e.Waited.Round(time.Millisecond))
	}
	if e.note != "" {
		b.WriteString("; ")
		b.WriteString(oneLine(e.note))
	}
	return b.String()
}

// causeText leaves out the sentinels, whose meaning the status line has said.
func causeText(e *Error) string {
	if e.cause == nil || errors.Is(e.cause, ErrNotFound) {
		return ""
	}
	return e.cause.Error()
}

// Unwrap returns what was underneath: a network error, the context's error,
// a decoding error, the error of a renewal, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether the failure is of the kind that target, one of this
// package's Err values, stands for.
func (e *Error) Is(target error) bool { return e.kind() == target }

// kind returns the sentinel that the status stands for. If the status says
// only that something failed, the server's exception class decides.
func (e *Error) kind() error {
	switch e.StatusCode {
	case http.StatusNotModified:
		return ErrNotModified
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusConflict:
		return ErrConflict
	case http.StatusPreconditionFailed:
		return ErrPreconditionFailed
	case http.StatusMisdirectedRequest:
		return ErrMisdirected
	case http.StatusTooManyRequests:
		return ErrThrottled
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return ErrUnavailable
	case http.StatusOK, http.StatusBadRequest, http.StatusInternalServerError:
		return kindOfType(e.Type)
	}
	return nil
}

func kindOfType(exception string) error {
	switch exception {
	case "SoNotFoundException":
		return ErrNotFound
	case "SoSessionException":
		return ErrUnauthorized
	case "SoSentryException":
		return ErrForbidden
	}
	return nil
}

// Format prints the same line for every verb, so that no verb shows the
// header or the body.
func (e *Error) Format(f fmt.State, verb rune) { formatText(f, verb, e.Error()) }

// LogValue gives structured logs the members that are safe to keep.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("error", e.Error()),
		slog.Int("status", e.StatusCode),
		slog.String("type", e.Type),
		slog.String("operation", e.Operation),
		slog.Int("attempts", e.Attempts),
	)
}

// oneLine makes text safe for a log line: control characters, which could
// forge another line, are escaped, and the length is bounded.
func oneLine(text string) string {
	const most = 500
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	if strings.IndexFunc(text, isControl) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isControl(r) {
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isControl covers what ends a line or rewrites one on a terminal: the C0 and
// C1 controls and Unicode's line and paragraph separators.
func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029'
}
