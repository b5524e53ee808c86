package main

import (
	"strconv"
	"testing"
)

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

// TestOneEntityIsSmall does the same for package rest.
func TestOneEntityIsSmall(t *testing.T) {
	t.Parallel()
	n, err := extraBytes(t.Context(), t.TempDir(), agent, entity)
	if err != nil {
		t.Fatal(err)
	}
	if n > mostRESTBytes {
		t.Errorf("a program that makes one call of an entity is %d bytes larger than one with one agent, at most %d wanted", n, mostRESTBytes)
	}
}

// A call of an entity costs what an agent's costs.
func TestEntitiesAllocateNoMore(t *testing.T) {
	r, err := restOverhead(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := strconv.Atoi(r.measured); err != nil || n > 0 {
		t.Errorf("a call of an entity allocates %s times more than an agent's", r.measured)
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
