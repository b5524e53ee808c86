package sqlitequeue_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain runs the tests, or, in a process that TestChaos started, a worker.
func TestMain(m *testing.M) {
	if path := os.Getenv(pathVariable); path != "" {
		if err := workUntilLeft(path, os.Getenv(handledVariable)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}
