package superoffice

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice/internal/operation"
	"github.com/superoffice-go/superoffice/internal/wire"
)

// configure merges a call's options over the client's settings. Without
// options nothing is copied.
func (c *config) configure(opts []CallOption) (*settings, error) {
	if len(opts) == 0 {
		return &c.settings, nil
	}
	merged := c.settings
	for i, opt := range opts {
		if opt == nil {
			return nil, invalid("options", fmt.Sprintf("hold a nil at position %d", i+1))
		}
		if err := opt.applyToCall(&merged); err != nil {
			return nil, err
		}
	}
	return &merged, nil
}

// prepare checks what is asked for and makes the request. What it takes,
// release gives back.
func (c *call) prepare() (err error) {
	if c.ctx.Context == nil {
		return invalid("ctx", "is nil; pass context.Background() where there is none")
	}
	if err := c.settings.check(); err != nil {
		return err
	}
	if err := c.check(c.settings); err != nil {
		return err
	}
	if c.payload, err = c.encode(c.settings); err != nil {
		return err
	}
	if c.settings.timeout > 0 {
		c.ctx.Context, c.ctx.cancel = context.WithTimeout(c.ctx.Context, c.settings.timeout)
	}
	c.auth.acquire(&c.client.core.credentials, c.settings.credential)
	return c.build()
}

// release gives back what prepare took.
func (c *call) release() {
	if c.ctx.cancel != nil {
		c.ctx.cancel()
	}
	c.auth.release(&c.client.core.credentials)
	if c.payload.upload != nil {
		c.payload.upload.close()
	}
}

// check refuses what does not go with the call.
func (s *callSpec) check(chosen *settings) error {
	if err := s.checkConditions(chosen); err != nil {
		return err
	}
	for _, p := range chosen.parameters {
		if !slices.Contains(s.op.Parameters, p.Name) {
			return invalid(p.Option, "does not go with "+s.name()+", which takes no such parameter")
		}
	}
	if checked, ok := s.in.(interface{ check() error }); ok {
		if err := checked.check(); err != nil {
			return err
		}
	}
	if !s.streams() && s.reader() == nil {
		if err := chosen.accept.checkDecoded(); err != nil {
			return err
		}
	}
	if len(chosen.selected) > 0 {
		if s.op.NoSelect || s.streams() {
			return invalid("Select", "does not go with "+s.name()+", which always answers in full")
		}
		if err := checkSelect(chosen.selected, resultType(s.out)); err != nil {
			return err
		}
	}
	if _, isJSON := s.in.(operation.JSON); !isJSON && s.op.Class != operation.Read && wire.IsPartial(s.in) {
		return errPartial
	}
	return nil
}

// checkConditions refuses a conditional header that the call does not know: the
// server would ignore it.
func (s *callSpec) checkConditions(chosen *settings) error {
	name := ""
	switch unknown := chosen.conditions &^ s.op.Conditions; {
	case unknown&operation.IfModifiedSince != 0:
		name = "IfModifiedSince"
	case unknown&operation.IfUnmodifiedSince != 0:
		name = "IfUnmodifiedSince"
	default:
		return nil
	}
	return invalid(name, "does not go with "+s.name()+", which takes no such condition")
}

// fullQuery is the query of the call with the options that go into it. The last
// of one name counts.
func (s *callSpec) fullQuery(chosen *settings) string {
	query := s.query
	if len(chosen.parameters) > 0 {
		values := make(url.Values)
		for _, p := range chosen.parameters {
			values[p.Name] = p.Values
		}
		query = joinQuery(query, strings.ReplaceAll(values.Encode(), "+", "%20"))
	}
	if len(chosen.selected) > 0 {
		query = joinQuery(query, selectQuery(chosen.selected))
	}
	return query
}

// streams reports whether the result is a file that is left to the caller.
func (s *callSpec) streams() bool {
	_, ok := s.out.(*Stream)
	return ok
}

// reader is the result if it reads the answer itself, or nil.
func (s *callSpec) reader() operation.Reader {
	reader, _ := s.out.(operation.Reader)
	return reader
}

// resultType is the type that out points to, or nil if nothing is due.
func resultType(out any) reflect.Type {
	if out == nil {
		return nil
	}
	return reflect.TypeOf(out).Elem()
}

// accepts is the form of the answer that is asked for if nobody said it.
func (s *callSpec) accepts() ContentType {
	if s.streams() {
		return octetStream
	}
	return ContentTypeJSON
}

// payload is what a call sends.
type payload struct {
	in          any // what body was made of, for the secrets in it
	body        []byte
	upload      *upload     // what the body is made of, if it is not held in memory
	contentType ContentType // of the body; empty if there is none
	ownType     bool        // contentType stands, whatever options say
}

// fixesType reports whether the Content-Type is the call's own, whatever options
// say.
func (p *payload) fixesType() bool { return p.contentType == "" || p.ownType }

// encode makes the body of what is to be sent.
func (s *callSpec) encode(chosen *settings) (p payload, err error) {
	p.in = s.in
	if s.form != "" {
		p.body, p.contentType, p.ownType = []byte(s.form), ContentTypeForm, true
	}
	if from, ok := s.in.(io.Reader); ok && s.generic {
		return encodeUpload(chosen, "in", operation.Upload{From: from})
	}
	switch in := s.in.(type) {
	case nil:
		return p, nil
	case operation.Upload:
		return encodeUpload(chosen, "content", in)
	case operation.JSON:
		p.body, p.contentType = in.Text, ContentTypeJSON
		p.ownType = p.ownType || chosen.contentType.format() != formatJSON
		return p, nil
	case []byte: // of whatever type is said
	default:
		if err := chosen.contentType.checkEncoded(); err != nil {
			return p, err
		}
	}
	body, err := encode(s.in, chosen.contentType, s.xmlRoot(chosen.contentType), s.op.Types())
	if err != nil {
		return p, invalid("the request", "cannot be encoded: "+err.Error())
	}
	p.contentType = ContentTypeJSON
	if in, ok := s.in.(uploader); ok {
		p.upload, err = newUpload(chosen, in, body)
		return p, err
	}
	p.body = body
	return p, nil
}

// encodeUpload has a reader sent as it is, or as a field of a form. The reader
// is its own goroutine's from now on, so the payload does not hold it as in.
func encodeUpload(chosen *settings, argument string, file operation.Upload) (p payload, err error) {
	p.contentType = octetStream
	if p.upload, err = newRawUpload(chosen, argument, file.From); err != nil || file.Field == "" {
		return p, err
	}
	p.ownType = true
	p.contentType, err = p.upload.aroundForm(file.Field, cmp.Or(chosen.contentType, octetStream))
	return p, err
}

// build makes the request: address, header, body.
func (c *call) build() error {
	template := http.Request{
		Method: c.op.Verb(), URL: &c.request.url,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	c.request.Request.Request = template.WithContext(&c.ctx)
	c.request.URL.RawQuery = c.fullQuery(c.settings)
	c.request.aim(c.target.endpoint, c.path)
	c.request.Header = c.header(c.request.values[:0])
	switch p := &c.payload; {
	case p.upload != nil:
		return p.upload.attach(c.ctx.Context, &c.request.Request)
	case p.body != nil:
		return c.request.SetBody(p.body)
	}
	return nil
}

// aim points the request to a path below an endpoint, which is nil if a Locator
// is yet to tell it. The query stays as it is.
func (r *outgoing) aim(at *endpoint, path string) {
	if at == nil {
		return
	}
	at.url(r.URL, path, r.URL.RawQuery)
	r.Host = r.URL.Host
}

// fullPath is the path of the call: below the API folder, if no Locator has
// told yet where that is.
func (c *call) fullPath() string {
	if c.target.endpoint == nil {
		return "/" + c.path
	}
	return c.request.URL.EscapedPath()
}

// header lays out the header of one attempt, credentials apart. Its values are
// appended to values, memory that no other attempt uses.
func (c *call) header(values []string) http.Header {
	h := make(http.Header, len(c.settings.headers)+5)
	set := func(name, value string) {
		values = append(values, value)
		h[name] = values[len(values)-1 : len(values) : len(values)]
	}
	set(headerUserAgent, userAgent)
	set(headerAccept, string(c.accepts()))
	if c.payload.contentType != "" {
		set(headerContentType, string(c.payload.contentType))
	}
	for _, own := range c.settings.headers {
		switch {
		case own.name == headerContentType && c.payload.fixesType():
		case own.name == headerAccept && c.reader() != nil:
		default:
			set(own.name, own.value)
		}
	}
	if _, set := h[headerIdempotencyKey]; !set && c.class(c.settings).Repeatable() && c.client.core.replays {
		// Sends nothing, but tells net/http that it may send the request again
		// when a pooled connection turns out to be dead. A transport of the
		// caller's does not expect a header without values.
		h[headerIdempotencyKey] = []string{}
	}
	return h
}

// renewHeader gives the next attempt a header of its own, so that nothing is
// written to the header of an attempt that may still be on its way.
func (c *call) renewHeader() {
	c.request.Header = c.header(make([]string, 0, len(c.request.values)))
}
