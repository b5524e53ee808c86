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

// configure merges the call's options over the client's settings. Without
// options nothing is copied.
func (c *call) configure(opts []CallOption) error {
	c.settings = &c.client.config.settings
	if len(opts) == 0 {
		return nil
	}
	merged := *c.settings
	for i, opt := range opts {
		if opt == nil {
			return invalid("options", fmt.Sprintf("hold a nil at position %d", i+1))
		}
		if err := opt.applyToCall(&merged); err != nil {
			return err
		}
	}
	c.settings = &merged
	return nil
}

// prepare checks what is asked for and makes the request. What it takes,
// release gives back.
func (c *call) prepare(out any) error {
	if c.ctx == nil {
		return invalid("ctx", "is nil; pass context.Background() where there is none")
	}
	if err := c.settings.check(); err != nil {
		return err
	}
	if err := c.checkConditions(); err != nil {
		return err
	}
	if err := c.addParameters(); err != nil {
		return err
	}
	if checked, ok := c.in.(interface{ check() error }); ok {
		if err := checked.check(); err != nil {
			return err
		}
	}
	_, c.streaming = out.(*Stream)
	c.reader, _ = out.(operation.Reader)
	if !c.streaming && c.reader == nil {
		if err := c.settings.accept.checkDecoded(); err != nil {
			return err
		}
	}
	if len(c.settings.selected) > 0 {
		if c.op.NoSelect || c.streaming {
			return invalid("Select", "does not go with "+c.name()+", which always answers in full")
		}
		if err := checkSelect(c.settings.selected, resultType(out)); err != nil {
			return err
		}
		c.query = joinQuery(c.query, selectQuery(c.settings.selected))
	}
	if _, isJSON := c.in.(operation.JSON); !isJSON && c.op.Class != operation.Read && wire.IsPartial(c.in) {
		return errPartial
	}
	if err := c.encode(); err != nil {
		return err
	}
	if c.settings.timeout > 0 {
		c.ctx, c.cancel = context.WithTimeout(c.ctx, c.settings.timeout)
	}
	c.credential = c.settings.credential
	if c.credential != nil {
		if c.use = c.client.core.credentials.acquire(c.credential); c.use != nil {
			c.credential = c.use.credential
		}
	}
	return c.build()
}

// checkConditions refuses a conditional header that the call does not know: the
// server would ignore it.
func (c *call) checkConditions() error {
	name := ""
	switch unknown := c.settings.conditions &^ c.op.Conditions; {
	case unknown&operation.IfModifiedSince != 0:
		name = "IfModifiedSince"
	case unknown&operation.IfUnmodifiedSince != 0:
		name = "IfUnmodifiedSince"
	default:
		return nil
	}
	return invalid(name, "does not go with "+c.name()+", which takes no such condition")
}

// addParameters puts the options that go into the query there. The last of one
// name counts.
func (c *call) addParameters() error {
	if len(c.settings.parameters) == 0 {
		return nil
	}
	values := make(url.Values)
	for _, p := range c.settings.parameters {
		if !slices.Contains(c.op.Parameters, p.Name) {
			return invalid(p.Option, "does not go with "+c.name()+", which takes no such parameter")
		}
		values[p.Name] = p.Values
	}
	c.query = joinQuery(c.query, strings.ReplaceAll(values.Encode(), "+", "%20"))
	return nil
}

// encode makes the body of what is to be sent.
func (c *call) encode() error {
	if c.form != "" {
		c.body, c.sends = []byte(c.form), ContentTypeForm
	}
	if c.in == nil {
		return nil
	}
	if from, ok := c.in.(io.Reader); ok && c.generic {
		return c.encodeUpload("in", operation.Upload{From: from})
	}
	if file, ok := c.in.(operation.Upload); ok {
		return c.encodeUpload("content", file)
	}
	if text, ok := c.in.(operation.JSON); ok {
		c.body, c.sends = text.Text, ContentTypeJSON
		c.ownType = c.settings.contentType.format() != formatJSON
		return nil
	}
	if _, raw := c.in.([]byte); !raw {
		if err := c.settings.contentType.checkEncoded(); err != nil {
			return err
		}
	}
	body, err := encode(c.in, c.settings.contentType, c.xmlRoot(c.settings.contentType), c.op.Types())
	if err != nil {
		return invalid("the request", "cannot be encoded: "+err.Error())
	}
	c.sends = ContentTypeJSON
	if in, ok := c.in.(uploader); ok {
		c.upload, err = newUpload(c, in, body)
		return err
	}
	c.body = body
	return nil
}

// encodeUpload has a reader sent as it is, or as a field of a form.
func (c *call) encodeUpload(argument string, file operation.Upload) (err error) {
	c.in, c.sends = nil, octetStream // the reader is its own goroutine's from now on
	if c.upload, err = newRawUpload(c, argument, file.From); err != nil || file.Field == "" {
		return err
	}
	c.ownType = true
	c.sends, err = c.upload.aroundForm(file.Field, cmp.Or(c.settings.contentType, octetStream))
	return err
}

// release gives back what prepare took.
func (c *call) release() {
	if c.cancel != nil {
		c.cancel()
	}
	if c.use != nil {
		c.client.core.credentials.release(c.use)
	}
	if c.upload != nil {
		c.upload.close()
	}
}

// resultType is the type that out points to, or nil if nothing is due.
func resultType(out any) reflect.Type {
	if out == nil {
		return nil
	}
	return reflect.TypeOf(out).Elem()
}

// build makes the request: address, header, body.
func (c *call) build() error {
	c.own = callContext{c.ctx, c}
	template := http.Request{
		Method: c.op.Verb(), URL: &c.url,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	c.request.Request = template.WithContext(&c.own)
	c.aim(c.query)
	c.request.Header = c.header(c.values[:0])
	switch {
	case c.upload != nil:
		return c.upload.attach(c.ctx, &c.request)
	case c.body != nil:
		return c.request.SetBody(c.body)
	}
	return nil
}

// aim points the request to the call's endpoint. An attempt that is over may
// still be read by the transport, so a further one has an address of its own.
func (c *call) aim(query string) {
	if c.progress.attempts > 0 {
		c.request.URL = new(url.URL)
	}
	if c.endpoint == nil { // a Locator will tell
		c.request.URL.RawQuery = query
		return
	}
	c.endpoint.url(c.request.URL, c.path, query)
	c.request.Host = c.request.URL.Host
}

// fullPath is the path of the call: below the API folder, if no Locator has
// told yet where that is.
func (c *call) fullPath() string {
	if c.endpoint == nil {
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
	if c.sends != "" {
		set(headerContentType, string(c.sends))
	}
	for _, own := range c.settings.headers {
		if !c.fixes(own.name) {
			set(own.name, own.value)
		}
	}
	if _, set := h[headerIdempotencyKey]; !set && c.repeatable() && c.client.core.replays {
		// Sends nothing, but tells net/http that it may send the request again
		// when a pooled connection turns out to be dead. A transport of the
		// caller's does not expect a header without values.
		h[headerIdempotencyKey] = []string{}
	}
	return h
}

// fixes reports whether a header is the call's own, whatever options say.
func (c *call) fixes(name string) bool {
	switch name {
	case headerContentType:
		return c.sends == "" || c.form != "" || c.ownType
	case headerAccept:
		return c.reader != nil
	}
	return false
}

// accepts is the form of the answer that is asked for if nobody said it.
func (c *call) accepts() ContentType {
	if c.streaming {
		return octetStream
	}
	return ContentTypeJSON
}

// renewHeader gives the next attempt a header of its own, so that nothing is
// written to the header of an attempt that may still be on its way.
func (c *call) renewHeader() {
	c.request.Header = c.header(make([]string, 0, len(c.values)))
}
