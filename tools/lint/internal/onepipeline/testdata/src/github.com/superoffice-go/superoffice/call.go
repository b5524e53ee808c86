package superoffice

import (
	"net"
	"net/http"

	"github.com/hashicorp/go-retryablehttp"
)

type embedding struct{ *http.Client }

func around(c *http.Client, r *retryablehttp.Client, req *http.Request) {
	http.Get("")                   // want "net/http.Get is forbidden here: it is shared with the whole process"
	http.DefaultClient.Do(req)     // want "net/http.DefaultClient is forbidden" `\(\*net/http.Client\).Do is forbidden here: a second way to the network`
	c.Do(req)                      // want `\(\*net/http.Client\).Do is forbidden`
	embedding{c}.Post("", "", nil) // want `\(\*net/http.Client\).Post is forbidden`
	do := c.Do                     // want `\(\*net/http.Client\).Do is forbidden`
	do(req)
	c.Transport.RoundTrip(req) // want `\(net/http.RoundTripper\).RoundTrip is forbidden`
	r.Do(nil)                  // want `go-retryablehttp.Client\).Do is forbidden`
	r.StandardClient()         // want `go-retryablehttp.Client\).StandardClient is forbidden here: it hides the retry loop`
	net.Dial("tcp", "")        // want `net.Dial is forbidden`
	_ = c.Timeout
	_, _ = http.NewRequest("", "", nil)
}
