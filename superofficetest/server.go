package superofficetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/superoffice-go/superoffice"
)

// maxRequestBytes bounds what one request may occupy in memory.
const maxRequestBytes = 32 << 20

// Server is a SuperOffice WebAPI in this process, listening on a loopback
// address. All its methods may be called from several goroutines, also while
// it answers.
type Server struct {
	// URL is the base address to give to a client. On site it ends in the
	// web application's folder ("/SuperOffice"), online in the tenant's API
	// ("/Cust12345/api"), as the addresses do that customers are given.
	URL string

	settings    settings
	root        string                                 // the API's folder, without a slash at the end
	listener    *httptest.Server                       // nil if others listen for it
	front       func(*call) (answer reply, final bool) // what answers before the API is reached, or nil
	closing     chan struct{}                          // closed when Close begins
	closeOnce   sync.Once
	connections atomic.Int64
	credentials credentialStore
	grants      grantStore
	tokens      tokenStore
	entities    *entityStore
	events      eventQueue
	tables      tableStore
	database    *database
	fieldsAdded atomic.Bool // whether the custom fields are known
	files       fileStore
	replies     replyTable
	faults      faultQueue
	mismatches  mismatchLog
	requests    requestLog
}

// NewServer starts a server. Like httptest.NewServer it panics when it cannot
// listen, and the caller should call Close when finished.
func NewServer(opts ...Option) *Server {
	s := newServer(newSettings(opts))
	s.listener = listen(s.settings.listener, s.serve, &s.connections)
	s.URL = addressOf(s.listener) + s.folder()
	s.listener.Start()
	if s.settings.test != nil {
		s.settings.test.Cleanup(s.Close)
	}
	return s
}

// newServer returns a server that answers and does not listen.
func newServer(set settings) *Server {
	credentials := set.credentials.orRandom(set.tenant)
	s := &Server{
		settings:    set,
		closing:     make(chan struct{}),
		credentials: credentialStore{current: credentials},
		requests:    requestLog{limit: set.recordLimit},
		entities:    newEntityStore(theAPI()),
		grants:      grantStore{clock: set.clock, added: set.granted},
	}
	s.entities.changed = s.changed
	s.database = newDatabase(s)
	s.root = strings.TrimSuffix(s.folder(), "/api") + "/api"
	s.seed(set.companies)
	s.grants.add(ticketKind, credentials.Ticket, "")
	s.grants.add(accessTokenKind, credentials.AccessToken, "")
	return s
}

// folder is the path of the address that customers are given.
func (s *Server) folder() string {
	if s.settings.online {
		return "/" + s.settings.tenant + "/api"
	}
	return "/SuperOffice"
}

// headerTimeout is how long a connection may stay without a request. It is
// longer than clients keep one that they do not use: if a server closes it
// first, a write that has just chosen it fails.
const headerTimeout = 2 * time.Minute

// listen returns a server for handler that listens on l, or on a free port of
// the loopback address where l is nil. It numbers its connections, and is to be
// started when all else is set, since a request may come at once.
func listen(l net.Listener, handler http.HandlerFunc, connections *atomic.Int64) *httptest.Server {
	ts := httptest.NewUnstartedServer(handler)
	if l != nil {
		_ = ts.Listener.Close() // the one that httptest opened
		ts.Listener = l
	}
	ts.Config.ReadHeaderTimeout = headerTimeout
	ts.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, connectionKey{}, int(connections.Add(1)))
	}
	return ts
}

// addressOf is where a server is reached, also before it is started.
// addressOf is where this machine reaches a server. One that listens on all
// addresses is reached at the loopback one.
func addressOf(ts *httptest.Server) string {
	at, isTCP := ts.Listener.Addr().(*net.TCPAddr)
	if isTCP && at.IP.IsUnspecified() {
		return "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(at.Port))
	}
	return "http://" + ts.Listener.Addr().String()
}

// Close stops the server: answers that a [Fault] holds back are given up, all
// others are finished first, and every connection is closed. Calling it again
// does nothing.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		close(s.closing)
		if s.listener != nil {
			s.listener.Close()
		}
		s.closeEvents()
	})
}

// Client returns a client for this server, with credentials that it accepts:
// user name and password on site, ticket and application token online. The
// options come after these and so override them. It panics when an option is
// refused.
func (s *Server) Client(opts ...superoffice.ClientOption) *superoffice.Client {
	return s.clientAt(s.URL, opts)
}

func (s *Server) clientAt(address string, opts []superoffice.ClientOption) *superoffice.Client {
	c := s.Credentials()
	defaults := []superoffice.ClientOption{superoffice.WithAuth(superoffice.BasicAuth(c.User, c.Password))}
	if s.settings.online {
		defaults = []superoffice.ClientOption{
			superoffice.WithAuth(superoffice.TicketAuth(c.Ticket)),
			superoffice.WithAppToken(c.AppToken),
		}
	}
	client, err := superoffice.NewClient(address, append(defaults, opts...)...)
	if err != nil {
		panic(fmt.Sprintf("superofficetest: Server.Client: %v", err))
	}
	return client
}

// call is one request on its way through the server.
type call struct {
	*http.Request
	inside    bool   // whether the path lies in the API's folder
	path      string // the path below the API's folder, without slashes around it
	escaped   string // the same, escaped
	operation string // how faults and records name it
	body      []byte

	massFailure *massFailure // how a mass operation is to fail, or nil
}

// serve is the way of every request: read, record, then either a fault or the
// answer.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	c, err := s.read(w, r)
	recorder := s.requests.add(w, c)
	if err != nil {
		errorReply(mediaJSON, s.settings.xml, unreadable(err)).writeTo(recorder)
		return
	}
	if s.front != nil {
		if r, final := s.front(c); final {
			r.writeTo(recorder)
			return
		}
	}
	fault, found := s.faults.take(c)
	if !found {
		fault, _ = s.replies.of(c.operation).(Fault)
	}
	fault.answer(&exchange{w: recorder, r: c.Request, closing: s.closing, next: func() reply { return s.answer(c) }, call: c})
}

// read takes the whole body before anything is decided, so that it is in the
// record whatever becomes of the call, and so that the server notices when
// the client goes away.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (*call, error) {
	c := &call{Request: r}
	c.path, c.inside = cutFolder(r.URL.Path, s.root)
	if c.inside {
		c.escaped, _ = cutFolder(r.URL.EscapedPath(), s.root)
		c.operation = s.operationName(c.path)
	}
	return c, c.readBody(w)
}

// readBody reads the body and puts it back for those who read it from the
// request.
func (c *call) readBody(w http.ResponseWriter) (err error) {
	c.body, err = io.ReadAll(http.MaxBytesReader(w, c.Body, maxRequestBytes))
	c.Body = io.NopCloser(bytes.NewReader(c.body))
	return err
}

// cutFolder returns the part of path below folder. Case is ignored, as the
// vendor's server ignores it.
func cutFolder(path, folder string) (below string, inside bool) {
	if len(path) < len(folder) || !strings.EqualFold(path[:len(folder)], folder) {
		return "", false
	}
	below = path[len(folder):]
	if below != "" && below[0] != '/' {
		return "", false
	}
	return strings.Trim(below, "/"), true
}
