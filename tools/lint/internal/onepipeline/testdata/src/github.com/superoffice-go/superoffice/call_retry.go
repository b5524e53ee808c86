package superoffice

import (
	"net/http"

	"github.com/hashicorp/go-retryablehttp"
)

func send(r *retryablehttp.Client, c *http.Client, req *http.Request) {
	r.Do(nil)
	c.Do(req)
	r.StandardClient()         // want `go-retryablehttp.Client\).StandardClient is forbidden`
	http.DefaultClient.Get("") // want "net/http.DefaultClient is forbidden" `\(\*net/http.Client\).Get is forbidden`
}
