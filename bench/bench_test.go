package bench

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
)

// TestMain makes the test program the server too.
func TestMain(m *testing.M) {
	served, err := ServeIfAsked()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if !served {
		os.Exit(m.Run())
	}
}

// BenchmarkMemory is a call without a network: the client's own work.
func BenchmarkMemory(b *testing.B) {
	benchmarkPeers(b, MemoryURL, func() http.RoundTripper { return Memory{} })
}

// BenchmarkLoopback is a call to a server in another process.
func BenchmarkLoopback(b *testing.B) {
	benchmarkPeers(b, startServer(b).URL, NewTransport)
}

func benchmarkPeers(b *testing.B, baseURL string, transport func() http.RoundTripper) {
	peers, err := Peers(baseURL, transport)
	if err != nil {
		b.Fatal(err)
	}
	benchmarkEntries(b, peers)
}

func benchmarkEntries(b *testing.B, peers []Entry) {
	for _, peer := range peers {
		b.Run(peer.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := peer.Call(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func startServer(tb testing.TB) *Server {
	tb.Helper()
	server, err := StartServer(context.WithoutCancel(tb.Context()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Error("closing the server:", err)
		}
	})
	return server
}
