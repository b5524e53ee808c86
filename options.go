package superoffice

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice/internal/operation"
)

// The request headers that options set, in the form in which net/http keeps
// them; the wire does not tell So-Language from SO-Language.
const (
	headerAccept            = "Accept"
	headerAcceptLanguage    = "Accept-Language"
	headerAppToken          = "So-Apptoken"
	headerAuthorization     = "Authorization"
	headerContentType       = "Content-Type"
	headerCookie            = "Cookie"
	headerCulture           = "So-Culture"
	headerIdempotencyKey    = "Idempotency-Key"
	headerIfModifiedSince   = "If-Modified-Since"
	headerIfUnmodifiedSince = "If-Unmodified-Since"
	headerLanguage          = "So-Language"
	headerTimeZone          = "So-Timezone"
	headerUserAgent         = "User-Agent"
	headerXSRF              = "X-Xsrf-Token"
)

// NoTranslation is the language code that switches translation off:
// multi-language texts and resource names come back as they are stored.
const NoTranslation = "*"

// includeOffset asks the server to mark every time in a reply with its offset
// from UTC.
const includeOffset = "includeTZOffset"

// ClientOption sets something up for every call of a client. It goes to
// [NewClient] or [Client.With].
type ClientOption interface {
	applyToClient(*config) error
}

// CallOption changes one call. It goes to the call, after its arguments.
type CallOption interface {
	applyToCall(*settings) error
}

// Option serves a client and a single call alike. Given to a call, it
// overrides the client's for that call only.
type Option interface {
	ClientOption
	CallOption
}

// option, clientOption and callOption are functions, which print as
// addresses: no verb shows what an option holds.
type (
	option       func(*settings) error
	clientOption func(*config) error
	callOption   func(*settings) error
)

func (o option) applyToClient(c *config) error       { return o(&c.settings) }
func (o option) applyToCall(s *settings) error       { return o(s) }
func (o clientOption) applyToClient(c *config) error { return o(c) }
func (o callOption) applyToCall(s *settings) error   { return o(s) }

// config is what a client was set up with.
type config struct {
	settings
	httpClient *http.Client
	location   *location // nil if the address is known
	// log is a Logger's, or nil. A program that calls WithLogger nowhere holds
	// nothing of the handlers that a whole Logger may have.
	log      func(context.Context, slog.Level, string, ...slog.Attr)
	maxBytes int64
	insecure bool
}

// settings is what holds for one call: the client's, overridden by the
// call's own. A settings value is never changed once a call uses it.
type settings struct {
	credential  *credential
	headers     []header
	zone        string // SO-TimeZone without includeOffset
	zoneOffsets bool
	contentType ContentType
	accept      ContentType
	timeout     time.Duration
	retry       RetryPolicy
	selected    []string
	capture     *Response
	idempotent  bool
	observer    Observer
	conditions  operation.Condition
	parameters  []operation.Parameter
}

// header is one request header in canonical form.
type header struct{ name, value string }

// set replaces or adds a header without touching the list that other
// settings may share.
func (s *settings) set(name, value string) {
	headers := make([]header, 0, len(s.headers)+1)
	for _, h := range s.headers {
		if h.name != name {
			headers = append(headers, h)
		}
	}
	s.headers = append(headers, header{name, value})
}

// unset removes a header.
func (s *settings) unset(name string) {
	s.headers = slices.DeleteFunc(slices.Clone(s.headers), func(h header) bool { return h.name == name })
}

// get returns a header's value and whether it is set at all.
func (s *settings) get(name string) (value string, set bool) {
	for _, h := range s.headers {
		if h.name == name {
			return h.value, true
		}
	}
	return "", false
}

// check refuses combinations that the server would ignore without a word.
func (s *settings) check() error {
	culture, _ := s.get(headerCulture)
	language, _ := s.get(headerLanguage)
	accepted, _ := s.get(headerAcceptLanguage)
	if culture != "" && language == "" && accepted == "" {
		return invalid("WithCulture", "needs a language too: the server ignores a culture without one; add WithLanguage")
	}
	return nil
}

// setZone renews the SO-TimeZone header from the zone and the offsets switch.
func (s *settings) setZone() {
	value := s.zone
	switch {
	case s.zoneOffsets && s.zone != "":
		value += ", " + includeOffset
	case s.zoneOffsets:
		value = includeOffset
	}
	s.set(headerTimeZone, value)
}

// headerOption returns an option that sets one header to one value.
func headerOption(argument, name, value string) Option {
	return option(func(s *settings) error {
		if err := checkHeaderValue(argument, value); err != nil {
			return err
		}
		s.set(name, value)
		return nil
	})
}

// checkHeaderValue refuses what would break out of a header line. The value
// itself is not repeated: it may be a secret.
func checkHeaderValue(argument, value string) error {
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return invalid(argument, "has a control character in its value (a line break at the end, perhaps)")
	}
	return nil
}

// isToken reports whether s can be a header name or a method (RFC 9110, 5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", r)
	})
}

// ParameterOption returns an option that sets a parameter of the query. It is for
// the packages of this module, which describe their calls; no other can name its
// type. A call that does not know the parameter is refused with
// [ErrInvalidArgument].
func ParameterOption(p operation.Parameter) CallOption {
	return callOption(func(s *settings) error {
		s.parameters = append(s.parameters[:len(s.parameters):len(s.parameters)], p)
		return nil
	})
}

// WithAuth sends the calls with the credentials of auth. Of two credentials
// the one given later counts, on a call over the client's.
func WithAuth(auth Auth) Option {
	if auth == nil {
		return option(func(*settings) error {
			return invalid("WithAuth", "got a nil Auth; leave the option out to call without credentials")
		})
	}
	shared := newCredential(auth)
	return option(func(s *settings) error {
		if checked, ok := auth.(interface{ check() error }); ok {
			if err := checked.check(); err != nil {
				return err
			}
		}
		s.credential = shared
		s.unset(headerAuthorization)
		s.unset(headerXSRF)
		return nil
	})
}

// WithLanguage sets SO-Language, the language that the server translates
// texts and resource names to: a two-letter code such as "en" or "no", or
// [NoTranslation]. It counts over [WithAcceptLanguage]. Without a language, texts
// come back raw, such as [SR_...].
func WithLanguage(code string) Option {
	return headerOption("WithLanguage", headerLanguage, code)
}

// WithAcceptLanguage sets Accept-Language, which the server heeds if no
// SO-Language is sent: a code, or a list such as "nb, en;q=0.5".
func WithAcceptLanguage(value string) Option {
	return headerOption("WithAcceptLanguage", headerAcceptLanguage, value)
}

// WithCulture sets SO-Culture, which formats numbers and dates inside texts:
// a code such as "nb-NO". JSON numbers and dates are never affected. The
// server ignores it without a language, so a call that has a culture and no
// language is refused with [ErrInvalidArgument].
func WithCulture(code string) Option {
	return headerOption("WithCulture", headerCulture, code)
}

// WithTimeZone sets SO-TimeZone, the zone that times are converted to and
// read in: a name such as "UTC", "NO" or "US-NY", or a zone's id. Without it
// times are in the zone of the installation, unmarked. An empty code sends
// the header empty, without offsets.
func WithTimeZone(code string) Option {
	return option(func(s *settings) error {
		if err := checkHeaderValue("WithTimeZone", code); err != nil {
			return err
		}
		s.zone = code
		if code == "" {
			s.zoneOffsets = false
		}
		s.setZone()
		return nil
	})
}

// WithTimeZoneOffsets has the server mark every time with its offset from UTC
// (Z or +02:00). It works with [WithTimeZone] and without.
func WithTimeZoneOffsets() Option {
	return option(func(s *settings) error {
		s.zoneOffsets = true
		s.setZone()
		return nil
	})
}

// WithAppToken sets SO-AppToken, the application's secret. SuperOffice Online
// demands it beside a ticket ([TicketAuth]); it goes with any [Auth].
func WithAppToken(token string) Option {
	return headerOption("WithAppToken", headerAppToken, token)
}

// WithContentType chooses how request bodies are encoded, one of the
// [ContentType] constants; JSON by default. An empty value sends the
// header empty and JSON in the body. If [Client.Call] sends bytes or a reader,
// which are not encoded, it is any media type.
func WithContentType(t ContentType) Option {
	return contentTypeOption(t)
}

// contentTypeOption is the option that WithContentType returns.
type contentTypeOption ContentType

// applyToClient refuses at once what no call could be encoded as.
func (t contentTypeOption) applyToClient(c *config) error {
	if err := ContentType(t).checkEncoded(); err != nil {
		return err
	}
	return t.applyToCall(&c.settings)
}

func (t contentTypeOption) applyToCall(s *settings) error {
	if err := checkHeaderValue("WithContentType", string(t)); err != nil {
		return err
	}
	s.contentType = ContentType(t)
	s.set(headerContentType, string(t))
	return nil
}

// WithAccept chooses the form of the answer, one of the [ContentType] constants
// but [ContentTypeForm]; JSON by default. The answer is decoded by
// its own Content-Type, whatever was asked for. For a call that returns a
// [Stream] it is any media type that the server offers the file in.
func WithAccept(t ContentType) Option {
	return option(func(s *settings) error {
		if err := t.checkResponse(); err != nil {
			return err
		}
		s.accept = t
		s.set(headerAccept, string(t))
		return nil
	})
}

// WithHeader sets any other request header. Headers that have an option of
// their own may be set with it too; those that frame the message (Host,
// Content-Length, Accept-Encoding, Connection and the like) are refused with
// [ErrInvalidArgument]. An Authorization header replaces the [Auth]. Like every
// header, it goes to the client's own server only.
func WithHeader(key, value string) Option {
	return option(func(s *settings) error {
		if !isToken(key) {
			return invalid("WithHeader", "has a key that is not a header name")
		}
		name := textproto.CanonicalMIMEHeaderKey(key)
		if framingHeaders[name] {
			return invalid("WithHeader", "cannot set "+name+", which belongs to the connection")
		}
		if err := checkHeaderValue("WithHeader "+name, value); err != nil {
			return err
		}
		return s.setHeader(name, value)
	})
}

// framingHeaders say how a message travels, not what is wanted; net/http
// owns them.
var framingHeaders = map[string]bool{
	"Accept-Encoding": true, "Connection": true, "Content-Encoding": true, "Content-Length": true,
	"Expect": true, "Host": true, "Keep-Alive": true, "Proxy-Authorization": true, "Proxy-Connection": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// setHeader sets a header by name and keeps the settings that are derived
// from the same header in step.
func (s *settings) setHeader(name, value string) error {
	switch name {
	case headerContentType:
		return WithContentType(ContentType(value)).applyToCall(s)
	case headerAccept:
		return WithAccept(ContentType(value)).applyToCall(s)
	case headerTimeZone:
		s.zone, s.zoneOffsets = value, false
	case headerAuthorization:
		s.credential = nil
	}
	s.set(name, value)
	return nil
}

// WithTimeout bounds a whole call: every attempt, every wait and the renewal
// of credentials together. The context's deadline holds as well. 0 sets no
// bound. A single attempt is bounded by RetryPolicy.AttemptTimeout.
func WithTimeout(d time.Duration) Option {
	return option(func(s *settings) error {
		if d < 0 {
			return invalid("WithTimeout", "is negative")
		}
		s.timeout = d
		return nil
	})
}

// WithHTTPClient sends the calls through a copy of client: its Transport, Jar
// and Timeout, which then bounds one attempt. Its CheckRedirect is asked after
// the client's own rule, which follows no redirect to another origin or with
// another method. The cookies in a Jar are nobody's in particular: they go with
// the calls of derived clients too. Without this option the client has a pool
// of connections of its own.
func WithHTTPClient(client *http.Client) ClientOption {
	return clientOption(func(c *config) error {
		if client == nil {
			return invalid("WithHTTPClient", "got a nil client; leave the option out for the default")
		}
		clone := *client
		c.httpClient = &clone
		return nil
	})
}

// WithUserAgent names the calling program in the User-Agent header, such as
// "billing-sync/2.1".
func WithUserAgent(product string) ClientOption {
	return clientOption(func(c *config) error {
		if err := checkHeaderValue("WithUserAgent", product); err != nil {
			return err
		}
		c.set(headerUserAgent, product)
		return nil
	})
}

// WithRetry sets when and how failed calls are sent again. See [RetryPolicy],
// whose zero value is the default. Given to a call it replaces the client's
// policy for that call, the bound on an attempt included.
func WithRetry(policy RetryPolicy) Option {
	return option(func(s *settings) error {
		if err := policy.check(); err != nil {
			return err
		}
		s.retry = policy.withDefaults()
		return nil
	})
}

// Options joins several options into one, for a client or a call. They apply
// in their order.
func Options(opts ...Option) Option { return joined(slices.Clone(opts)) }

// joined is several options as one.
type joined []Option

func (j joined) applyToClient(c *config) error {
	for i, opt := range j {
		if opt == nil {
			return invalid("Options", fmt.Sprintf("holds a nil at position %d", i+1))
		}
		if err := opt.applyToClient(c); err != nil {
			return err
		}
	}
	return nil
}

func (j joined) applyToCall(s *settings) error {
	for i, opt := range j {
		if opt == nil {
			return invalid("Options", fmt.Sprintf("holds a nil at position %d", i+1))
		}
		if err := opt.applyToCall(s); err != nil {
			return err
		}
	}
	return nil
}

// WithLogger writes what the client does to logger: every call at debug level,
// a retry, a renewal and the end of a call that took them at info, a slow call
// and a failed one at warn. That nothing was found, or has changed, is no
// failure. Metadata only: no header, no body, no query.
func WithLogger(logger *slog.Logger) ClientOption {
	return clientOption(func(c *config) error {
		if c.log = nil; logger != nil {
			c.log = logger.LogAttrs
		}
		return nil
	})
}

// WithMaxResponseBytes bounds how much of an answer, after decompression, is
// read: 64 MiB by default. A larger answer is an error. A Stream
// is not bounded.
func WithMaxResponseBytes(n int64) ClientOption {
	return clientOption(func(c *config) error {
		if n <= 0 {
			return invalid("WithMaxResponseBytes", "must be above 0")
		}
		c.maxBytes = n
		return nil
	})
}

// WithInsecureHTTP allows a base URL with plain http beyond this machine,
// where anyone on the way can read the credentials.
func WithInsecureHTTP() ClientOption {
	return clientOption(func(c *config) error {
		c.insecure = true
		return nil
	})
}

// Select asks for some members of the result only: names as the vendor writes
// them, without regard to case, with "/" for members of members, such as
// Select("Provider", "TableRight/Mask"). Members that are not selected come
// back as null. A name that the result does not have is [ErrInvalidArgument],
// before anything is sent; below a dictionary, such as [FieldProperties], any
// name goes. Several Selects add up; an empty one changes nothing.
func Select(paths ...string) CallOption {
	return callOption(func(s *settings) error {
		s.selected = slices.Clone(s.selected)
		for _, list := range paths {
			for path := range strings.SplitSeq(list, ",") {
				s.selected = append(s.selected, strings.TrimSpace(path))
			}
		}
		return nil
	})
}

// IfModifiedSince asks for the result only if it has changed since t, to the
// second and by the server's clock: a Last-Modified header of the server's, or
// an earlier time. Otherwise the call ends with [ErrNotModified]. A call that
// does not know the condition, as none of the agents' does, is refused with
// [ErrInvalidArgument]; [Client.Call] takes it for GET and HEAD.
func IfModifiedSince(t time.Time) CallOption {
	return conditionOption("IfModifiedSince", headerIfModifiedSince, operation.IfModifiedSince, t)
}

// IfUnmodifiedSince asks for the change only if nobody has changed the record
// since t, to the second and by the server's clock. Otherwise the call ends with
// [ErrPreconditionFailed]. A call that does not know the condition, as none of
// the agents' does, is refused with [ErrInvalidArgument]; [Client.Call] takes it
// for all methods but GET and HEAD.
func IfUnmodifiedSince(t time.Time) CallOption {
	return conditionOption("IfUnmodifiedSince", headerIfUnmodifiedSince, operation.IfUnmodifiedSince, t)
}

// conditionOption sets a conditional header. Part of a second is left out: the
// earlier time never hides a change.
func conditionOption(argument, header string, condition operation.Condition, t time.Time) CallOption {
	return callOption(func(s *settings) error {
		if t.IsZero() {
			return invalid(argument, "got the zero time; leave the option out to ask without a condition")
		}
		s.conditions |= condition
		s.set(header, t.UTC().Format(http.TimeFormat))
		return nil
	})
}

// CaptureResponse fills r with what came beside the result: status, header,
// attempts, time. It is filled for failed calls too, as far as they got: after one
// that was refused before it was sent, r is empty.
func CaptureResponse(r *Response) CallOption {
	return callOption(func(s *settings) error {
		if r == nil {
			return invalid("CaptureResponse", "got a nil Response")
		}
		*r = Response{}
		s.capture = r
		return nil
	})
}

// Idempotent says that this call may reach the server twice without harm, so
// that it is retried as a read is. Use it for a write of which you know that.
func Idempotent() CallOption {
	return callOption(func(s *settings) error {
		s.idempotent = true
		return nil
	})
}
