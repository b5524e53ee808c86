package wire

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type step interface{ Base() *stepBase }

type stepBase struct {
	Kind string
	Carrier
}

func (s *stepBase) Base() *stepBase { return s }

func (*stepBase) Subtypes() []any { return []any{&split{stepBase: stepBase{Kind: "Split"}}} }

type split struct {
	stepBase
	Steps []step
}

// What the outermost look ahead has passed over is not read again by those
// inside it: it may as well be gone.
func TestALookAheadPassesOverWhatWasPassedOver(t *testing.T) {
	t.Parallel()
	const depth = 4
	long := strings.Repeat(" ", 100)
	text := []byte(strings.Repeat(`{"Steps":[`, depth) + `{"Pad":"` + long + `"}` + strings.Repeat(`],"Kind":"Split"}`, depth))
	k := kindsOf(reflect.TypeFor[step]())
	d := newDecoder(text)
	defer d.free()
	mark, err := k.lookAhead(d)
	require.NoError(t, err)
	assert.Equal(t, "Split", mark)
	assert.Zero(t, d.pos)

	inner := bytes.Index(text, []byte(`{"Pad"`))
	for i := range long {
		text[inner+i] = '!'
	}
	for level := range depth {
		d.pos = level * len(`{"Steps":[`)
		mark, err = k.lookAhead(d)
		require.NoError(t, err, "level %d", level)
		assert.Equal(t, "Split", mark)
	}
}

func TestTheMemoryOfALargeTextIsGivenUp(t *testing.T) {
	t.Parallel()
	assert.Nil(t, emptied(make([]byte, 10, 1<<20)))
	small := append(make([]byte, 0, 10), "secret"...)
	left := emptied(small)
	assert.Empty(t, left)
	assert.Equal(t, make([]byte, 10), left[:10])
}
