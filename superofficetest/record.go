package superofficetest

import (
	"bytes"
	"net/http"
	"sync"
)

// RecordedRequest is a request as it arrived, with its secrets, and what
// became of it.
type RecordedRequest struct {
	Method string
	// Path is the decoded path, RawQuery the query as it was sent.
	Path, RawQuery string
	// Host is the host that the client addressed.
	Host string
	// Header holds everything that was sent; net/http keeps Host out of it.
	Header http.Header
	Body   []byte
	// Operation is the agent and method ("User/GetExternalTokens"), Version
	// for the API's folder, the path below that folder for anything else, and
	// empty outside of it.
	Operation string
	// RemoteAddr is the client's address, and Connection the number of the
	// connection, counted from 1 in the order in which they were opened.
	RemoteAddr string
	Connection int
	// Status is the status that was answered, or 0 if none was (yet): the
	// call is still held back, or its connection was reset.
	Status int
	// Answer is the body that was answered, as far as it was sent.
	Answer []byte
}

// connectionKey is where a request's context holds its connection's number.
type connectionKey struct{}

// Requests returns the requests in the order of their arrival, as far as
// [WithRecordLimit] keeps them. The caller may change what it gets.
func (s *Server) Requests() []RecordedRequest { return s.requests.all() }

// ForgetRequests empties the record.
func (s *Server) ForgetRequests() { s.requests.forget() }

// Connections returns how many connections were opened so far.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// requestLog keeps the last requests.
type requestLog struct {
	limit int

	mu      sync.Mutex
	entries []*RecordedRequest
}

// add records c and returns a writer that notes the status of the answer.
func (l *requestLog) add(w http.ResponseWriter, c *call) *statusWriter {
	connection, _ := c.Context().Value(connectionKey{}).(int)
	entry := &RecordedRequest{
		Method:     c.Method,
		Path:       c.URL.Path,
		RawQuery:   c.URL.RawQuery,
		Host:       c.Host,
		Header:     c.Header.Clone(),
		Body:       c.body,
		Operation:  c.operation,
		RemoteAddr: c.RemoteAddr,
		Connection: connection,
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) >= 2*l.limit { // so that each entry is moved once at most
		l.entries = l.last()
	}
	l.entries = append(l.entries, entry)
	return &statusWriter{ResponseWriter: w, log: l, entry: entry}
}

// last returns a new slice of the entries within the limit.
func (l *requestLog) last() []*RecordedRequest {
	first := max(0, len(l.entries)-l.limit)
	return append([]*RecordedRequest(nil), l.entries[first:]...)
}

func (l *requestLog) all() []RecordedRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	entries := l.last()
	out := make([]RecordedRequest, len(entries))
	for i, entry := range entries {
		out[i] = *entry
		out[i].Header = entry.Header.Clone()
		out[i].Body = bytes.Clone(entry.Body)
		out[i].Answer = bytes.Clone(entry.Answer)
	}
	return out
}

func (l *requestLog) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

// statusWriter notes the status before it is sent, so that a client that has
// the answer also finds it in the record.
type statusWriter struct {
	http.ResponseWriter
	log   *requestLog
	entry *RecordedRequest
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.note(status)
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *statusWriter) Write(p []byte) (int, error) {
	w.note(http.StatusOK)
	w.log.mu.Lock()
	w.entry.Answer = append(w.entry.Answer, p...)
	w.log.mu.Unlock()
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// note keeps the first final status, which is the one that counts.
func (w *statusWriter) note(status int) {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	if w.entry.Status == 0 && status >= http.StatusOK {
		w.entry.Status = status
	}
}
