package bench

import (
	"io"
	"net/http"
	"strconv"
	"strings"
)

// MemoryURL is an address to use with Memory. Nothing listens there.
const MemoryURL = "http://127.0.0.1:9/SuperOffice"

// Memory is a server without a network: it answers every request of the work
// with the documented sample, in a response of its own as net/http would make
// it.
type Memory struct{}

// RoundTrip implements http.RoundTripper.
func (Memory) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := consume(req); err != nil {
		return nil, err
	}
	if !authorized(req.Header) {
		return respond(req, http.StatusUnauthorized, "401 Unauthorized", ""), nil
	}
	return respond(req, http.StatusOK, "200 OK", Sample), nil
}

// consume reads and closes a request's body, as a transport has to.
func consume(req *http.Request) error {
	n, err := io.Copy(io.Discard, req.Body)
	if err != nil {
		return err
	}
	if n != req.ContentLength {
		return http.ErrContentLength
	}
	return req.Body.Close()
}

// answer is a response with its body, in one piece of memory.
type answer struct {
	http.Response
	body
}

type body struct{ strings.Reader }

// Close implements io.Closer.
func (*body) Close() error { return nil }

func respond(req *http.Request, code int, status, text string) *http.Response {
	a := &answer{Response: http.Response{
		Status: status, StatusCode: code,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"Content-Type":   {"application/json; charset=utf-8"},
			"Content-Length": {strconv.Itoa(len(text))},
		},
		ContentLength: int64(len(text)),
		Request:       req,
	}}
	a.Reset(text)
	a.Body = &a.body
	return &a.Response
}
