package guard_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/superoffice-go/superoffice/internal/guard"
)

func TestCall(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	assert.NoError(t, guard.Call("f", func() error { return nil }))
	assert.Equal(t, broken, guard.Call("f", func() error { return broken }))
	assert.EqualError(t, guard.Call("the Store", func() error { panic("s3cr3t") }), "the Store panicked with a string")
	assert.ErrorContains(t, guard.Call("f", func() error { panic(broken) }), "f panicked with a *errors.errorString")
}
