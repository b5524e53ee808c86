package superoffice

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/superoffice-go/superoffice/internal/operation"
)

// No test of the package leaves a goroutine behind, and so no connection and
// no timer either.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The classes of calls, for tests that go through both.
type class = operation.Class

const (
	read  = operation.Read
	write = operation.Write
)
