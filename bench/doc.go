// Package bench does one piece of work through several HTTP clients, this SDK
// among them, to tell what each of them costs:
//
//	go -C bench run ./table              # the comparison, as a Markdown table
//	go -C bench test -bench=. ./...      # the single benchmarks
//
// It is a module of its own so that the peers stay out of the SDK's go.mod.
//
// The work is the vendor's documented exchange: POST
// api/v1/Agents/User/GetExternalTokens with Basic credentials, JSON both ways,
// the call bounded in time, and the answer decoded into typed values and
// looked at. Each peer does all of it and is set up as its documentation
// recommends.
//
// Over loopback the server is another process, so that its work is not counted
// as a client's. In memory there is no network: an http.RoundTripper answers,
// and what is left is the client's own work.
//
// The SDK's ways to a tenant of SuperOffice Online do the same work with a
// token or a ticket, to tell what package online adds to a call. The login and
// state services answer in memory for all of them.
package bench
