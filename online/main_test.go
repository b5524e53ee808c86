package online

import (
	"testing"

	"go.uber.org/goleak"
)

// No test of the package leaves a goroutine behind, and so no connection and
// no timer either.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
