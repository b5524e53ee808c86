package superoffice

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice/internal/operation"
)

// Observer is told of every call of a client, or of one call: for traces and
// metrics. It is called by the goroutine that makes the call, and by many of
// them at once. Nothing that it is told is a secret. See [WithObserver].
type Observer interface {
	// CallStarted is called when a call has been checked and is about to be
	// sent. The context that it returns, which must be made of ctx, is that of
	// the call's requests and of CallEnded; a trace puts its span into it.
	CallStarted(ctx context.Context, call CallInfo) context.Context
	// CallEnded is called when the call is over. The file of a call that returns
	// a [Stream] may not have arrived by then.
	CallEnded(ctx context.Context, call CallInfo, outcome CallOutcome)
}

// CallInfo is what is known of a call before it is sent.
type CallInfo struct {
	// Operation is the name of the operation, such as "User/GetExternalTokens"
	// or "Contact/{id}". It holds no ids, so that it can be a label of a metric.
	// For [Client.Call] it is the path, which may hold some.
	Operation string
	// Method is HTTP's.
	Method string
	// Class is "read", "write" or "idempotent write".
	Class string
	// Server is the origin of the server, such as "https://crm.example.com", or
	// empty if a [Locator] has not told it yet.
	Server string
}

// CallOutcome is how a call ended.
type CallOutcome struct {
	// StatusCode is the HTTP status of the last answer, or 0 if there is none.
	StatusCode int
	// Attempts counts how often the request was sent.
	Attempts int
	// Duration is the time of the whole call, and Waited the part of it that
	// was spent waiting between attempts.
	Duration, Waited time.Duration
	// SentBytes is the size of the last request's body, ReceivedBytes that of
	// the last answer's; -1 if it is not known, as that of a [Stream].
	SentBytes, ReceivedBytes int64
	// Record is the ID of the record that the call was about, as its address, the
	// carrier that was sent or its result tells; 0 if none does. It is no label of
	// a metric.
	Record int
	// Err is what the call returns, or nil, and Kind the kind of failure in a
	// word that can be a label of a metric: "not_found", "unauthorized",
	// "not_modified", "forbidden", "conflict", "precondition_failed",
	// "misdirected", "throttled", "unavailable", "canceled", "timeout", "other",
	// or empty if there is none.
	Err  error
	Kind string
}

// WithObserver tells o of the start and the end of every call. It costs nothing
// if it is not set. A nil o takes off the one that the client has.
func WithObserver(o Observer) Option {
	return option(func(s *settings) error {
		s.observer = o
		return nil
	})
}

// observeStart tells the observer that the call begins.
func (c *call) observeStart() {
	o := c.settings.observer
	if o == nil {
		return
	}
	if ctx := o.CallStarted(c.ctx.Context, c.info()); ctx != nil {
		c.ctx.Context = ctx
	}
}

// observeEnd tells the observer how the call ended.
func (c *call) observeEnd(resp *http.Response, err error, took time.Duration) {
	outcome := CallOutcome{
		StatusCode: statusOf(resp), Attempts: c.progress.attempts, Duration: took, Waited: c.progress.waited,
		SentBytes: int64(len(c.payload.body)), ReceivedBytes: int64(len(c.last.reply)), Err: err, Kind: failureKind(err),
		Record: c.recordID(c.payload.in),
	}
	if c.payload.upload != nil {
		outcome.SentBytes = c.request.ContentLength
	}
	if c.last.arriving != nil {
		outcome.ReceivedBytes = c.last.arriving.due
	}
	c.settings.observer.CallEnded(c.ctx.Context, c.info(), outcome)
}

// recordID is the ID of the record that the call was about, or 0. sent is the
// carrier that was sent.
func (s *callSpec) recordID(sent any) int {
	before, _, _ := strings.Cut(s.op.Route, "{")
	text, ok := strings.CutPrefix(s.query, s.op.Query+"=")
	if s.op.Query == "" || !ok {
		text, _, _ = strings.Cut(strings.TrimPrefix(s.path, before), "/")
	}
	if id, err := strconv.Atoi(text); err == nil {
		return id
	}
	return cmp.Or(ownID(sent), ownID(s.out))
}

// ownID is the member of a carrier that holds its own ID, such as ContactID of a
// ContactEntity, or 0.
func ownID(carrier any) int {
	v := reflect.Indirect(reflect.ValueOf(carrier))
	if v.Kind() != reflect.Struct {
		return 0
	}
	name := strings.TrimSuffix(v.Type().Name(), "Entity") + "ID"
	for i := range v.NumField() { // FieldByName would make every program larger
		if v.Type().Field(i).Name == name && v.Field(i).Kind() == reflect.Int {
			return int(v.Field(i).Int())
		}
	}
	return 0
}

func (c *call) info() CallInfo {
	info := CallInfo{Operation: c.name(), Method: c.op.Verb(), Class: c.class(c.settings).String()}
	if at := c.target.endpoint; at != nil {
		info.Server = at.origin.String()
	}
	return info
}

// class is what sending the call twice could do, as far as the caller knows too.
func (s *callSpec) class(chosen *settings) operation.Class {
	if s.op.Class == operation.Write && chosen.idempotent && !s.op.Once {
		return operation.IdempotentWrite
	}
	return s.op.Class
}

// failureKinds are the words for what errors.Is can tell of a failure, those
// that say more first.
var failureKinds = []struct {
	err  error
	kind string
}{
	{context.Canceled, "canceled"},
	{ErrNotFound, "not_found"},
	{ErrUnauthorized, "unauthorized"},
	{ErrNotModified, "not_modified"},
	{ErrForbidden, "forbidden"},
	{ErrConflict, "conflict"},
	{ErrPreconditionFailed, "precondition_failed"},
	{ErrMisdirected, "misdirected"},
	{ErrThrottled, "throttled"},
	{ErrUnavailable, "unavailable"},
	{context.DeadlineExceeded, "timeout"},
}

// failureKind is the kind of a failure in one word.
func failureKind(err error) string {
	if err == nil {
		return ""
	}
	for _, k := range failureKinds {
		if errors.Is(err, k.err) {
			return k.kind
		}
	}
	return "other"
}
