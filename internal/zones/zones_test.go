package zones_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/zones"
)

func TestLocation(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"NO", " no ", "us-ny", "UTC"} {
		loc, known, err := zones.Location(code)
		require.NoError(t, err)
		assert.True(t, known)
		assert.True(t, zones.Known(code))
		assert.NotNil(t, loc)
	}
	for _, code := range []string{"", "17", "Europe/Oslo", "XX"} {
		_, known, err := zones.Location(code)
		require.NoError(t, err)
		assert.False(t, known, code)
		assert.False(t, zones.Known(code), code)
	}
}
