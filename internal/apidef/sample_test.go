package apidef_test

import (
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

const boxes = `agent Box
read GetBox query(boxId int) Box
write Move(From int, To int, Old bool, Twice bool, Label string, Photo stream, Made time, Day date, Long span, Weight double, Fields map[string]value, Color Color)
write Save(Boxes []Box, Lid Lid, Key string secret)

carrier Box {
	BoxId   int
	Label   string
	Inside  []Box
	Keys    map[string]Key
}
carrier Key {
	Value   string secret
}
carrier Lid by Kind any AnyLid {
	Kind    Kind
}
carrier RoundLid of Lid when Round {
	Width   int
}
enum Kind {
	Round 1
}
enum Color {
	Red  1
	Blue 2
}
`

func TestSamples(t *testing.T) {
	t.Parallel()
	d, err := apidef.Read(fstest.MapFS{"box.api": {Data: []byte(boxes)}})
	require.NoError(t, err)
	get, move, save := d.Agents[0].Calls[0], d.Agents[0].Calls[1], d.Agents[0].Calls[2]
	assert.Equal(t, map[string]any{"boxId": json.Number("101")}, d.Samples(get, 0))
	assert.Equal(t, 1, get.Rounds())
	assert.Equal(t, map[string]any{
		"From": json.Number("101"), "To": json.Number("102"), "Old": true, "Twice": false,
		"Label": "the Label text", "Photo": "dGhlIFBob3RvIGJ5dGVz",
		"Made": "2026-05-04T01:43:00Z", "Day": "1970-04-14T00:00:00", "Long": "01:45:00", "Weight": json.Number("106.5"),
		"Fields": map[string]any{"the Fields key": "[I:107]"}, "Color": "Blue",
	}, d.Samples(move, 0))
	assert.Equal(t, 2, move.Rounds())
	move.Params = move.Params[:3]
	assert.Equal(t, 2, move.Rounds(), "true and false")
	move.Params = append(move.Params, apidef.Param{Name: "Twice", Type: "bool"})
	assert.Equal(t, []any{false, true}, []any{d.Samples(move, 1)["Old"], d.Samples(move, 1)["Twice"]})

	samples := d.Samples(save, 0)
	assert.Equal(t, map[string]any{
		"Boxes": []any{map[string]any{"Label": "the Boxes.Label text", "Keys": map[string]any{"the Boxes.Keys key": map[string]any{"Value": "the Boxes.Keys.Value text"}}}},
		"Lid":   map[string]any{"Kind": "Round", "Width": json.Number("101")},
		"Key":   "the Key text",
	}, samples, "a box is not filled with boxes without end")
	found := make(map[string]string)
	for _, p := range save.Params {
		d.Secrets(p.Type, samples[p.Name], func(secret, member string) { found[secret] = member })
	}
	assert.Equal(t, map[string]string{"the Boxes.Keys.Value text": "Key.Value"}, found)
	assert.Equal(t, []string{"Key.Value"}, d.SecretMembers("[]Box"))
	assert.True(t, d.HoldsSecret("map[string]Box"))
	assert.False(t, d.HoldsSecret("Lid"))
	assert.False(t, d.HoldsSecret("string"))
}
