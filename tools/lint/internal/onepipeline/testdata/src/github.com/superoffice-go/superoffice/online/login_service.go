// Package online has its one way to the network in door.go.
package online

import "net/http"

func knock(client *http.Client, req *http.Request) (*http.Response, error) { return client.Do(req) }

func shortcut(client *http.Client) (*http.Response, error) {
	return client.Get("https://example.com") // want `\(\*net/http.Client\).Get is forbidden here`
}
