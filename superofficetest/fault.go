package superofficetest

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Fault is something that goes wrong with one call. The zero Fault is none at
// all: the call is answered as usual, which is of use between others.
type Fault struct {
	serve func(*exchange)
}

// exchange is what a fault can work with.
type exchange struct {
	w       http.ResponseWriter
	r       *http.Request
	closing <-chan struct{}
	next    func() reply // the answer that would be given without the fault
	call    *call
}

// answer lets the fault answer a call, or answers as usual if there is none.
func (f Fault) answer(x *exchange) {
	if f.serve == nil {
		x.next().writeTo(x.w)
		return
	}
	f.serve(x)
}

// Inject makes the next n calls suffer f, whatever they ask for. Faults are
// used up in the order of their injection.
func (s *Server) Inject(n int, f Fault) { s.faults.add(anyOperation, n, f) }

// InjectOn makes the next n calls of one operation suffer f. The operation is
// named as in [RecordedRequest], "User/GetExternalTokens", in any case, with a
// method before it or without: "PATCH Contact/{id}".
func (s *Server) InjectOn(operation string, n int, f Fault) { s.faults.add(operation, n, f) }

// ClearFaults drops the faults that were not used up.
func (s *Server) ClearFaults() { s.faults.clear() }

// anyOperation is no operation's name.
const anyOperation = "*"

type faultQueue struct {
	mu    sync.Mutex
	queue []pendingFault
}

type pendingFault struct {
	operation string
	left      int
	fault     Fault
}

func (q *faultQueue) add(operation string, n int, f Fault) {
	if n < 1 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, pendingFault{operation, n, f})
}

func (q *faultQueue) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = nil
}

// take returns the first fault that is meant for c, and counts it down.
func (q *faultQueue) take(c *call) (f Fault, found bool) {
	if !c.inside {
		return Fault{}, false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.IndexFunc(q.queue, func(p pendingFault) bool {
		return p.operation == anyOperation || strings.EqualFold(p.operation, c.operation) || strings.EqualFold(p.operation, c.Method+" "+c.operation)
	})
	if i < 0 {
		return Fault{}, false
	}
	f = q.queue[i].fault
	if q.queue[i].left--; q.queue[i].left == 0 {
		q.queue = slices.Delete(q.queue, i, i+1)
	}
	return f, true
}

// Handler answers with h, for everything that no other [Fault] does. The
// request's body can be read.
func Handler(h http.Handler) Fault {
	return Fault{serve: func(x *exchange) { h.ServeHTTP(x.w, x.r) }}
}

// Respond answers with exactly this. Without a content type none is sent.
func Respond(status int, contentType, body string) Fault {
	return respond(newReply(status, contentType, []byte(body)))
}

func respond(r reply) Fault {
	return Fault{serve: func(x *exchange) { r.writeTo(x.w) }}
}

// Status answers with status and an error of the vendor's usual shape, in
// JSON: an exception's class such as SoNotFoundException, and a message. The
// status may be 200, since some failures arrive that way.
func Status(status int, errorType, message string) Fault {
	return respond(jsonError(status, errorType, message))
}

func jsonError(status int, errorType, message string) reply {
	return errorReply(mediaJSON, xmlStyle{}, serviceFailure(status, errorType, message))
}

// Unauthorized answers 401, as for a credential that has expired.
func Unauthorized() Fault {
	return Status(http.StatusUnauthorized, "SoSessionException", "The session has expired.")
}

// Misdirected answers 421, as a host does that the tenant has moved away from.
func Misdirected() Fault { return respond(misdirected()) }

func misdirected() reply {
	return jsonError(http.StatusMisdirectedRequest, "SoServerException", "Wrong subdomain used to access tenant")
}

// Throttled answers 429. The header Retry-After is sent as given, so it can be
// seconds, a date or nonsense; it is left out if retryAfter is empty.
func Throttled(retryAfter string) Fault {
	return comeBack(http.StatusTooManyRequests, "Too many requests.", retryAfter)
}

// Unavailable answers 503, with Retry-After as [Throttled] has it.
func Unavailable(retryAfter string) Fault {
	return comeBack(http.StatusServiceUnavailable, "The service is not available at the moment.", retryAfter)
}

func comeBack(status int, message, retryAfter string) Fault {
	r := jsonError(status, "SoServerException", message)
	if retryAfter != "" {
		r.header.Set("Retry-After", retryAfter)
	}
	return respond(r)
}

// Null answers 200 with a JSON null.
func Null() Fault { return Respond(http.StatusOK, mediaJSON+"; charset=utf-8", "null") }

// Empty answers with status, such as 200 or 204, and no body.
func Empty(status int) Fault { return Respond(status, "", "") }

// LoginPage answers 200 with an HTML page, as a login service in front of the
// server does.
func LoginPage() Fault {
	return respond(htmlPage(http.StatusOK, "Sign in", `<form method="post"><input name="user"><input name="password" type="password"></form>`))
}

// ContentType gives the right answer under another content type.
func ContentType(value string) Fault {
	return Fault{serve: func(x *exchange) {
		r := x.next()
		r.header.Set("Content-Type", value)
		r.writeTo(x.w)
	}}
}

// CutBody gives the first half of the right answer and closes the connection,
// although the header announced the whole.
func CutBody() Fault {
	return Fault{serve: func(x *exchange) {
		x.firstHalf(x.next())
		panic(http.ErrAbortHandler) // closes the connection without a word
	}}
}

// StallBody gives the first half of the right answer and then nothing, until
// release is closed; then the other half follows. It gives up when the client
// goes away or the server is closed. A nil channel never releases.
func StallBody(release <-chan struct{}) Fault {
	return Fault{serve: func(x *exchange) {
		rest := x.firstHalf(x.next())
		x.hold(release)
		_, _ = x.w.Write(rest)
	}}
}

// Stall accepts the call and does not answer, until release is closed; then
// the right answer follows. It gives up as [StallBody] does.
func Stall(release <-chan struct{}) Fault {
	return Fault{serve: func(x *exchange) {
		x.hold(release)
		x.next().writeTo(x.w)
	}}
}

// firstHalf sends the header and half of the body, and returns the rest.
func (x *exchange) firstHalf(r reply) (rest []byte) {
	r.writeHeaderTo(x.w, max(len(r.body), 1)) // even an empty body can be cut
	half := len(r.body) / 2
	_, _ = x.w.Write(r.body[:half])
	_ = http.NewResponseController(x.w).Flush()
	return r.body[half:]
}

// hold waits for release. It does not return if there is nobody left to
// answer to.
func (x *exchange) hold(release <-chan struct{}) {
	select {
	case <-release:
	case <-x.r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-x.closing:
		panic(http.ErrAbortHandler)
	}
}

// MassFailure has a mass operation (Insert, Upsert or Delete of the agent
// DatabaseTable) fail when it has done afterRows of its rows: these are stored, and
// the answer is 200 with Success false and the message. Other calls are answered as
// usual.
func MassFailure(afterRows int, message string) Fault {
	return Fault{serve: func(x *exchange) {
		x.call.massFailure = &massFailure{afterRows, message}
		x.next().writeTo(x.w)
	}}
}

// LostAnswer does what is asked for and resets the connection instead of
// answering. [Reset] does not do it, as if the request had never arrived; [CutBody]
// does it, and the client has half of the answer.
func LostAnswer() Fault { return Handled(Reset()) }

// Handled does what is asked for and then answers as f does, such as with the 504 of
// a gateway that has waited long enough.
func Handled(f Fault) Fault {
	return Fault{serve: func(x *exchange) {
		done := x.next()
		again := *x
		again.next = func() reply { return done }
		f.answer(&again)
	}}
}

// Reset resets the connection instead of answering. What was asked for is not
// done.
func Reset() Fault {
	return Fault{serve: func(x *exchange) {
		conn, _, err := http.NewResponseController(x.w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler) // the next best way to break off
		}
		if tcp, isTCP := conn.(*net.TCPConn); isTCP {
			_ = tcp.SetLinger(0) // makes Close send a reset
		}
		_ = conn.Close()
	}}
}
