package online

import "net/http"

func beside(client *http.Client, req *http.Request) (*http.Response, error) {
	return client.Do(req) // want `\(\*net/http.Client\).Do is forbidden here`
}
