package wire_test

import (
	"io"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/wire"
)

// event is open: its base tells the kind, and a program may add kinds.
type event interface{ Base() *eventBase }

type eventBase struct {
	Kind string
	More map[string]any
	wire.OpenCarrier
}

func (e *eventBase) Base() *eventBase { return e }
func (*eventBase) Subtypes() []any    { return []any{&eventBase{Kind: "Base"}} }

// meeting is a kind that a program has added.
type meeting struct {
	eventBase
	At time.Time
}

type calendar struct {
	Next event
	All  []eventBase
	wire.Carrier
}

func TestOwnTypesTakeNoForeignOnes(t *testing.T) {
	t.Parallel()
	var c calendar
	for _, text := range []string{`{"Next":{"Kind":"Base","More":{"z":[1.50],"a":20000000000000000000}},"All":[{"Kind":"Base","More":{"a":"<"}}],"New":1}`, `{"Next":null,"All":null}`} {
		require.NoError(t, wire.Own.Unmarshal([]byte(text), &c))
		again, err := wire.Own.Marshal(c)
		require.NoError(t, err)
		assert.Equal(t, text, string(again))
	}
	c.Next = &meeting{eventBase: eventBase{Kind: "Meeting"}, At: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)}
	text, err := wire.Own.Marshal(c)
	require.NoError(t, err)
	assert.JSONEq(t, `{"Next":{"Kind":"Meeting","More":null,"At":"2026-05-04T03:02:01Z"},"All":null}`, string(text))

	_, err = wire.Own.Marshal([]time.Time{{}})
	assert.EqualError(t, err, "the Go type time.Time is not one that is sent here")
	var at struct{ At time.Time }
	assert.ErrorContains(t, wire.Own.Unmarshal([]byte(`{"At":"secret"}`), &at), "the JSON does not fit the Go type struct")
	assert.NoError(t, wire.All.Unmarshal([]byte(`{"At":"2026-05-04T03:02:01Z"}`), &at))
}

func TestEntries(t *testing.T) {
	t.Parallel()
	all, err := wire.Entries([]byte(" {\"a\" : [1, {}] , \"\\u0062\xff\":\"x\xff\", \"a\":2 } "))
	require.NoError(t, err)
	assert.Equal(t, map[string]jsontext.Value{"a": jsontext.Value("2"), "b\ufffd": jsontext.Value("\"x\ufffd\"")}, all)
	all, err = wire.Entries([]byte(`{}`))
	require.NoError(t, err)
	assert.Empty(t, all)
	for _, text := range []string{`null`, `[]`, `{"a":1}{}`, `{"a":1,}`, `{"a":1]`, `{a:1}`, `{"a":x}`} {
		_, err := wire.Entries([]byte(text))
		assert.Error(t, err, text)
	}
	const whole = `{"a":[1],"b":{"c":null}}`
	for cut := range len(whole) {
		_, err := wire.Entries([]byte(whole[:cut]))
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, whole[:cut])
	}
}
