// Package consumer is a program outside the SDK, as the compiler sees it: a
// module of its own, whose path lets it import nothing internal. It writes
// down every promised name with its exact type, so that a change which would
// break somebody's build breaks this one first. A line here may be added, but
// not changed or removed without a new major version.
//
// It stands under internal so that nobody mistakes it for an example. Under
// testdata it would do as well, but that name is for what tests read.
package consumer

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// Shorter names, and the proof that the types may be aliased.
type (
	client       = superoffice.Client
	clientOption = superoffice.ClientOption
	callOption   = superoffice.CallOption
	option       = superoffice.Option
	server       = superofficetest.Server
)

// The client.
var (
	_ func(baseURL string, opts ...clientOption) (*client, error)                                             = superoffice.NewClient
	_ func(c *client, opts ...clientOption) (*client, error)                                                  = (*client).With
	_ func(c *client, ctx context.Context, method, path string, in, out any, opts ...callOption) error        = (*client).Call
	_ func(c *client, ctx context.Context, opts ...callOption) (*superoffice.APIVersion, error)               = (*client).Version
	_ func(a *superoffice.UserAgent, ctx context.Context, key string, opts ...callOption) (*tokenInfo, error) = (*superoffice.UserAgent).GetExternalTokens

	_ = func(c *client) **superoffice.UserAgent { return &c.User }
)

// Options that serve a client and a call alike. An Option is both.
var (
	_ func(superoffice.Auth) option        = superoffice.WithAuth
	_ func(string) option                  = superoffice.WithLanguage
	_ func(string) option                  = superoffice.WithAcceptLanguage
	_ func(string) option                  = superoffice.WithCulture
	_ func(string) option                  = superoffice.WithTimeZone
	_ func() option                        = superoffice.WithTimeZoneOffsets
	_ func(string) option                  = superoffice.WithAppToken
	_ func(superoffice.ContentType) option = superoffice.WithContentType
	_ func(superoffice.ContentType) option = superoffice.WithAccept
	_ func(key, value string) option       = superoffice.WithHeader
	_ func(time.Duration) option           = superoffice.WithTimeout
	_ func(superoffice.RetryPolicy) option = superoffice.WithRetry
	_ func(...option) option               = superoffice.Options

	_ clientOption = option(nil)
	_ callOption   = option(nil)
)

// Options for one of the two.
var (
	_ func(*http.Client) clientOption = superoffice.WithHTTPClient
	_ func(string) clientOption       = superoffice.WithUserAgent
	_ func(*slog.Logger) clientOption = superoffice.WithLogger
	_ func(int64) clientOption        = superoffice.WithMaxResponseBytes
	_ func() clientOption             = superoffice.WithInsecureHTTP

	_ func(paths ...string) callOption       = superoffice.Select
	_ func(*superoffice.Response) callOption = superoffice.CaptureResponse
	_ func() callOption                      = superoffice.Idempotent

	_ = superoffice.RetryPolicy{}
)

// Constants, which must stay constants.
const (
	_ string = superoffice.NoTranslation

	_ superoffice.ContentType = superoffice.ContentTypeJSON
	_ superoffice.ContentType = superoffice.ContentTypeTextJSON
	_ superoffice.ContentType = superoffice.ContentTypeXML
	_ superoffice.ContentType = superoffice.ContentTypeTextXML
	_ superoffice.ContentType = superoffice.ContentTypeForm
	_ superoffice.ContentType = superoffice.ContentTypeJSONPatch
	_ superoffice.ContentType = superoffice.ContentTypeMergePatch
	_ string                  = string(superoffice.ContentTypeJSON)
)

// Credentials.
var (
	_ func(user, password string) superoffice.Auth                      = superoffice.BasicAuth
	_ func(ticket string) superoffice.Auth                              = superoffice.TicketAuth
	_ func(token string) superoffice.Auth                               = superoffice.BearerAuth
	_ func(src oauth2.TokenSource) superoffice.Auth                     = superoffice.TokenSourceAuth
	_ func(xsrfToken string, cookies ...*http.Cookie) superoffice.Auth  = superoffice.SessionAuth
	_ func(func(context.Context, *http.Request) error) superoffice.Auth = func(f func(context.Context, *http.Request) error) superoffice.Auth {
		return superoffice.AuthFunc(f)
	}

	_ superoffice.Auth    = ownAuth{}
	_ superoffice.Renewer = ownAuth{}

	// A caller may also hold the interfaces by their methods alone.
	_ interface {
		Apply(ctx context.Context, req *http.Request) error
	} = superoffice.Auth(nil)
	_ interface {
		Renew(ctx context.Context, rejected *http.Request) error
	} = superoffice.Renewer(nil)
)

// ownAuth is an Auth of the caller's own. That it compiles says that neither
// interface has grown a method.
type ownAuth struct{}

// Apply sends the request as it is.
func (ownAuth) Apply(context.Context, *http.Request) error { return nil }

// Renew has nothing to renew.
func (ownAuth) Renew(context.Context, *http.Request) error { return nil }

// Errors and what comes beside a result.
var (
	_ error = superoffice.ErrNotFound
	_ error = superoffice.ErrUnauthorized
	_ error = superoffice.ErrForbidden
	_ error = superoffice.ErrConflict
	_ error = superoffice.ErrPreconditionFailed
	_ error = superoffice.ErrMisdirected
	_ error = superoffice.ErrThrottled
	_ error = superoffice.ErrUnavailable

	_ error = &superoffice.Error{
		StatusCode: http.StatusNotFound,
		Type:       "", Message: "", Source: "",
		Method: http.MethodPost, Path: "",
		Header: http.Header{}, Body: []byte(nil),
	}
	_ = superoffice.Response{StatusCode: http.StatusOK, Header: http.Header{}, Attempts: 1, Duration: time.Second}

	_ = func(e *superoffice.Error) (*int, [5]*string, *http.Header, *[]byte) {
		return &e.StatusCode, [5]*string{&e.Type, &e.Message, &e.Source, &e.Method, &e.Path}, &e.Header, &e.Body
	}
	_ = func(r *superoffice.Response) (*int, *http.Header, *int, *time.Duration) {
		return &r.StatusCode, &r.Header, &r.Attempts, &r.Duration
	}
)

// The server to test against.
var (
	_ func(opts ...superofficetest.Option) *server              = superofficetest.NewServer
	_ func(s *server, key string, info tokenInfo)               = (*server).PutExternalTokens
	_ func(s *server) []superofficetest.RecordedRequest         = (*server).Requests
	_ func(s *server, opts ...superoffice.ClientOption) *client = (*server).Client
	_ func(s *server)                                           = (*server).Close
	_                                                           = func(s *server) *string { return &s.URL }
)

// The agents, one field and one type for each, with the calls under the
// vendor's names.
var (
	_ func(c *client) superoffice.Agents                                                                                                                   = func(c *client) superoffice.Agents { return c.Agents }
	_ func(a *superoffice.ContactAgent, ctx context.Context, contactEntityID int, opts ...callOption) (*superoffice.ContactEntity, error)                  = (*superoffice.ContactAgent).GetContactEntity
	_ func(a *superoffice.ContactAgent, ctx context.Context, entity *superoffice.ContactEntity, opts ...callOption) (*superoffice.ContactEntity, error)    = (*superoffice.ContactAgent).SaveContactEntity
	_ func(a *superoffice.ContactAgent, ctx context.Context, contactIDs []int, opts ...callOption) ([]superoffice.Contact, error)                          = (*superoffice.ContactAgent).GetContactList
	_ func(a *superoffice.ContactAgent, ctx context.Context, contactEntityID int, opts ...callOption) error                                                = (*superoffice.ContactAgent).DeleteContactEntity
	_ func(a *superoffice.ContactAgent, ctx context.Context, req superoffice.ContactMergeRequest, opts ...callOption) error                                = (*superoffice.ContactAgent).Merge
	_ func(a *superoffice.DocumentAgent, ctx context.Context, documentID int, opts ...callOption) (*superoffice.Stream, error)                             = (*superoffice.DocumentAgent).GetDocumentStream
	_ func(a *superoffice.DocumentAgent, ctx context.Context, filename string, dataStream io.Reader, opts ...callOption) (string, error)                   = (*superoffice.DocumentAgent).CreateTempFile
	_ func(a *superoffice.UserDefinedFieldInfoAgent, ctx context.Context, tableName string, std bool, opts ...callOption) ([]superoffice.FieldInfo, error) = (*superoffice.UserDefinedFieldInfoAgent).GetCustomFieldInfoList
	_ error                                                                                                                                                = superoffice.ErrPartial
)

// Dates, lengths of time, values of custom fields, flags.
var (
	_ func(time.Time) superoffice.DateTime                                                    = superoffice.DateTimeOf
	_ func(time.Time) superoffice.DateTime                                                    = superoffice.WallClock
	_ func(superoffice.DateTime, *time.Location) (time.Time, error)                           = superoffice.DateTime.Time
	_ func(superoffice.DateTime) bool                                                         = superoffice.DateTime.IsZero
	_ func(superoffice.DateTime) bool                                                         = superoffice.DateTime.IsForever
	_ func(year int, month time.Month, day int) superoffice.Date                              = superoffice.DateOf
	_ func(time.Duration) superoffice.TimeSpan                                                = superoffice.TimeSpanOf
	_ func(superoffice.TimeSpan) (time.Duration, error)                                       = superoffice.TimeSpan.Duration
	_ func(int) superoffice.FieldValue                                                        = superoffice.IntValue
	_ func(superoffice.FieldValue) (int, error)                                               = superoffice.FieldValue.Int
	_ func(superoffice.Weekday, superoffice.Weekday) bool                                     = superoffice.Weekday.Has
	_ func(superoffice.TableRightMask, superoffice.TableRightMask) superoffice.TableRightMask = superoffice.TableRightMask.Without
)

// The test server's way to be told what to answer.
var (
	_ func(s *server, call string, answer any)                 = (*server).Reply
	_ func(s *server, r *http.Request) (*http.Response, error) = (*server).Respond
	_ func(s *server) []string                                 = (*server).Mismatches
	_ func(superofficetest.TB) superofficetest.Option          = superofficetest.WithTest
)
