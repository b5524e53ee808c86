package webhook_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/webhook"
)

// An event that is stored comes back as it was.
func FuzzEventIsStored(f *testing.F) {
	f.Add([]byte(body("1-2-3", webhook.ContactChanged, 5)))
	f.Add([]byte(`{"Event":"a","$Recovered":true,"Changes":[],"FieldValues":{},"Values":{"a":[1,{"b":"\ud800"}]},"Timestamp":"2026-01-02T03:04:05.1234567+02:00"}`))
	f.Add([]byte("{\"Event\":\"\\u0000\xff\",\"x\":1e400,\"X\":\" \",\"PrimaryKey\":\"-7\"}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := webhook.ParseEvent(text)
		if err != nil {
			return
		}
		stored, err := json.Marshal(read)
		require.NoError(t, err)
		again := new(webhook.Event)
		require.NoError(t, json.Unmarshal(stored, again), "%s", stored)
		assert.True(t, read.Time.Equal(again.Time), "%v %v", read.Time, again.Time)
		read.Time = again.Time
		assert.Len(t, again.Changes, len(read.Changes))
		once, err := json.Marshal(again)
		require.NoError(t, err)
		assert.Equal(t, string(stored), string(once))
	})
}

func TestEventIsStored(t *testing.T) {
	t.Parallel()
	read, err := webhook.ParseEvent([]byte(body("1-2-3", webhook.ContactChanged, 5)))
	require.NoError(t, err)
	read.Recovered = true
	stored, err := json.Marshal(read)
	require.NoError(t, err)
	again, err := webhook.ParseEvent(stored)
	require.NoError(t, err)
	assert.Equal(t, read, again)
	require.Error(t, json.Unmarshal([]byte(`{}`), again))
}
