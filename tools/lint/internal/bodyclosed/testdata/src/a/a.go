package a

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
)

func discarded(c *http.Client, req *http.Request) {
	c.Do(req)           // want "the body of this response is not closed"
	_, _ = c.Do(req)    // want "the body of this response is not closed"
	defer c.Do(req)     // want "the body of this response is not closed"
	_, err := c.Do(req) // want "the body of this response is not closed"
	_ = err
}

func onlyRead(c *http.Client, req *http.Request) error {
	resp, err := c.Do(req) // want "the body of this response is not closed"
	if err != nil {
		return err
	}
	if _, err := httputil.DumpResponse(resp, true); err != nil {
		return err
	}
	_, err = io.ReadAll(resp.Body)
	resp.Body = http.NoBody
	return err
}

func declared(c *http.Client) {
	var resp, err = c.Get("") // want "the body of this response is not closed"
	_, _ = resp.StatusCode, err
}

func throughInterface(next http.RoundTripper, req *http.Request) int {
	resp, err := next.RoundTrip(req) // want "the body of this response is not closed"
	if err != nil {
		return 0
	}
	return resp.StatusCode
}

func closed(c *http.Client, req *http.Request) error {
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return nil
}

func closedInside(c *http.Client, req *http.Request) {
	resp, err := c.Do(req)
	defer func() {
		if err == nil {
			_ = (resp).Body.Close()
		}
	}()
}

func handedOn(c *http.Client, req *http.Request, all []*http.Response) (*http.Response, error) {
	resp, err := c.Do(req)
	check(resp)
	other, err := c.Do(req)
	release(other.Body)
	third, err := c.Do(req)
	all = append(all, third)
	fourth, err := c.Do(req)
	body := fourth.Body
	_ = holder{resp: fifth(c.Do(req)), body: body}
	_ = err
	return c.Do(req)
}

func stored(c *http.Client, h *holder) (err error) {
	h.resp, err = c.Get("")
	global, err = c.Get("")
	return err
}

func inMemory(rec *httptest.ResponseRecorder, pipeline func() *http.Response) int {
	resp := rec.Result()
	own := pipeline()
	return resp.StatusCode + own.StatusCode
}

type holder struct {
	resp *http.Response
	body io.ReadCloser
}

var global *http.Response

func check(*http.Response) {}

func release(io.Closer) {}

func fifth(resp *http.Response, _ error) *http.Response { return resp }
