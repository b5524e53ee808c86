package superoffice

import "net/http"

func attempt(req *http.Request) (*http.Response, error) { return http.DefaultTransport.RoundTrip(req) }
