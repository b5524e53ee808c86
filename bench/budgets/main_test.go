package main

import "testing"

// TestOneAgentIsSmall finds out when something that is large, such as
// encoding/json, comes on the way of every call.
func TestOneAgentIsSmall(t *testing.T) {
	t.Parallel()
	n, err := extraBytes(t.Context(), t.TempDir(), bare, agent)
	if err != nil {
		t.Fatal(err)
	}
	if n > mostBytes {
		t.Errorf("a program that uses one agent is %d bytes larger than one with net/http alone, at most %d wanted", n, mostBytes)
	}
}

// TestRowsAreSmall does the same for what reads rows.
func TestRowsAreSmall(t *testing.T) {
	t.Parallel()
	n, err := extraBytes(t.Context(), t.TempDir(), agent, list)
	if err != nil {
		t.Fatal(err)
	}
	if n > mostArchiveBytes {
		t.Errorf("a program that reads rows is %d bytes larger than one with one agent, at most %d wanted", n, mostArchiveBytes)
	}
}
