package main

import "testing"

// TestOneAgentIsSmall finds out when something that is large, such as
// encoding/json, comes on the way of every call.
func TestOneAgentIsSmall(t *testing.T) {
	t.Parallel()
	n, err := extraBytes(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if n > mostBytes {
		t.Errorf("a program that uses one agent is %d bytes larger than one with net/http alone, at most %d wanted", n, mostBytes)
	}
}
