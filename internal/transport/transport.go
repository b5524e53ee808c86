// Package transport makes the connections of clients that are given none, and
// knows which of them stay on this machine.
package transport

import (
	"net"
	"net/http"
	"strings"
	"time"
)

// New returns a copy of net/http's default transport with room for the idle
// connections of a busy service. A program that replaced http.DefaultTransport
// by a type of its own keeps it.
func New() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	transport := standard.Clone()
	transport.MaxIdleConns = 256
	transport.MaxIdleConnsPerHost = 128
	transport.IdleConnTimeout = 90 * time.Second
	// A connection of HTTP/2 that went dead is not given up for a request that
	// ran out of time, so that every further attempt would meet it again.
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second}
	return transport
}

// IsLoopback reports whether host is this machine by name or by address, without
// asking a resolver.
func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
