// Package retryablehttp has the shape of the real one, as far as the test
// needs it.
package retryablehttp

import "net/http"

type (
	Client  struct{}
	Request struct{}
)

func (*Client) Do(*Request) (*http.Response, error) { return nil, nil }
func (*Client) StandardClient() *http.Client        { return nil }
