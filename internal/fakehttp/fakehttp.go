// Package fakehttp plays the network in tests.
package fakehttp

import "net/http"

// Transport is a transport that is a function.
type Transport func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f Transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Client returns a client whose requests f answers.
func Client(f Transport) *http.Client { return &http.Client{Transport: f} }
