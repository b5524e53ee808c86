package udef_test

import (
	"errors"
	"maps"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/superofficetest"
	"github.com/superoffice-go/superoffice/udef"
)

// A float32 is written in the digits that it has.
func TestShortNumbers(t *testing.T) {
	t.Parallel()
	type row struct {
		Short float32  `so:"short"`
		Money *float32 `so:"money"`
	}
	for _, n := range []float32{19.9, -0.1, 16777216, 1e-20, math.MaxFloat32, math.SmallestNonzeroFloat32} {
		f := fields{"money": "[M:1]"}
		require.NoError(t, udef.Encode(row{n, &n}, &f))
		got, err := udef.Decode[row](f)
		require.NoError(t, err)
		assert.Equal(t, row{n, &n}, got)
		if n == 19.9 {
			assert.Equal(t, fields{"short": "[F:19.9]", "money": "[M:19.9]"}, f)
		}
	}
	f := fields{"short": "[F:19.899999618530273]"}
	into := maps.Clone(f)
	require.NoError(t, udef.Encode(row{Short: 19.9}, &into))
	assert.Equal(t, f, into, "which is the same")
}

// grade is a type whose zero is no grade, and has no text.
type grade struct{ letter byte }

func (g grade) MarshalText() ([]byte, error) {
	if g.letter == 0 || g.letter == '?' {
		return nil, errors.New("no grade")
	}
	return []byte{g.letter}, nil
}

func (g *grade) UnmarshalText(text []byte) error {
	if len(text) != 1 {
		return errors.New("no grade")
	}
	g.letter = text[0]
	return nil
}

// What nobody touched is not written, even if it cannot be.
func TestValuesWithoutAText(t *testing.T) {
	t.Parallel()
	type row struct {
		Number int   `so:"number"`
		Grade  grade `so:"grade"`
	}
	for _, f := range []fields{{"number": "[I:1]"}, {"number": "[I:1]", "grade": ""}, {"number": "[I:1]", "grade": "A"}, {"number": "[I:1]", "grade": "?"}, {"number": "[I:1]", "grade": "good"}} {
		got, err := udef.Decode[row](f)
		if misfit := new(udef.FieldError); err != nil {
			require.ErrorAs(t, err, &misfit)
		}
		got.Number++
		want := maps.Clone(f)
		want["number"] = "[I:2]"
		require.NoError(t, udef.Encode(got, &f))
		assert.Equal(t, want, f)
	}
	f := fields{"grade": "A"}
	require.ErrorIs(t, udef.Encode(row{}, &f), superoffice.ErrInvalidArgument)
}

// A time of day stays one, in the form that is there and with its date.
func TestTimesOfDay(t *testing.T) {
	t.Parallel()
	type row struct {
		At time.Duration `so:"at"`
	}
	const day = 15*time.Hour + 4*time.Minute
	for _, one := range []struct {
		old  superoffice.FieldValue
		at   time.Duration
		want superoffice.FieldValue // empty if it is refused
	}{
		{"[T:14:35]", day, "[T:15:04]"},
		{"[T:06/19/2019 14:35:56.00000]", day, "[T:15:04]"},
		{"[DT:06/19/2019 14:35:56]", day, "[DT:06/19/2019 15:04:00]"},
		{"[DT:06/19/2019 14:35:56.5]", day + time.Second + 250*time.Millisecond, "[DT:06/19/2019 15:04:01.25]"},
		{"[dt: 2019.06.19 14:35:56 ]", day, "[DT:2019.06.19 15:04:00]"},
		{"[DT:14:35]", day, "[DT:15:04]"},
		{"[DT:01/01/0001 00:00:00]", day, "[DT:01/01/0001 15:04:00]"},
		{"14:35", day, "15:04"},
		{"14:35", 0, "00:00"},
		{"14:35:56", day + time.Second, "15:04:01"},
		{"2019-06-19T14:35:56", day, "2019-06-19T15:04:00"},
		{"2019-06-19T14:35:56+02:00", day, "2019-06-19T15:04:00+02:00"},
		{"06/19/2019 14:35", day, "06/19/2019 15:04"},
		{"[TS:60]", day, "[TS:54240]"},
		{"[I:60]", day, "[I:54240]"},
		{"", day, "[TS:54240]"},
		{"soon: now", day, "[TS:54240]"}, // which cannot be read
		{"[T:14:35]", day + time.Second, ""},
		{"14:35", day + time.Second, ""},
		{"14:35", 25 * time.Hour, ""},
		{"[DT:06/19/2019 14:35:56]", -time.Second, ""},
		{"[DT:06/19/2019 14:35:56]", day + time.Nanosecond, ""},
		{"[I:60]", time.Millisecond, ""},
	} {
		f := fields{"at": one.old}
		got, err := udef.Decode[row](f)
		if err == nil {
			require.NoError(t, udef.Encode(got, &f))
			assert.Equal(t, fields{"at": one.old}, f, "nothing has changed")
		}
		err = udef.Encode(row{one.at}, &f)
		if one.want == "" {
			require.ErrorIs(t, err, superoffice.ErrInvalidArgument, one.old)
			assert.Equal(t, fields{"at": one.old}, f)
			continue
		}
		require.NoError(t, err, one.old)
		assert.Equal(t, fields{"at": one.want}, f)
		got, err = udef.Decode[row](f)
		require.NoError(t, err)
		assert.Equal(t, one.at, got.At)
	}
}

// The text of an item is the server's: another item is one step, and the text stays
// that of the old one until the record is fetched again.
func TestAnotherItemIsOneStep(t *testing.T) {
	t.Parallel()
	type row struct {
		Colour udef.Item `so:"colour"`
	}
	before := &superoffice.ContactEntity{ContactID: 5, CustomFields: fields{"colour": "[I:7]", "colour:DisplayText": "Blue"}}
	for _, item := range []udef.Item{{ID: 8}, {ID: 8, Text: "Red"}, {}} {
		after := rest.Clone(before)
		require.NoError(t, udef.Encode(row{item}, &after.CustomFields))
		patch, err := rest.Diff(before, after)
		require.NoError(t, err)
		text, err := patch.MarshalJSON()
		require.NoError(t, err)
		value, err := item.FieldValue()
		require.NoError(t, err)
		assert.JSONEq(t, `[{"op":"replace","path":"/CustomFields/colour","value":"`+string(value)+`"}]`, string(text))
		got, err := udef.Decode[row](after.CustomFields)
		require.NoError(t, err)
		assert.Equal(t, udef.Item{ID: item.ID, Text: "Blue"}, got.Colour)
	}
}

// stamped has the methods of a time, and a column of its own.
type stamped struct {
	time.Time
	Name string `so:"name"`
}

// odd is like a type of database/sql, and its value cannot be set.
type odd struct {
	v     int
	Valid bool
}

func (o *odd) Scan(any) error { o.v = 1; return nil }

// The columns of what is embedded count, and what cannot work is an error.
func TestEmbeddedAndOddStructs(t *testing.T) {
	t.Parallel()
	type row struct {
		stamped
		ID int `so:"contactId,key"`
	}
	got, err := udef.Decode[row](fields{"name": "Oslo Ost", "contactId": "[I:5]"})
	require.NoError(t, err)
	want := row{stamped{Name: "Oslo Ost"}, 5}
	assert.Equal(t, want, got)
	var f fields
	require.NoError(t, udef.Encode(want, &f))
	assert.Equal(t, fields{"name": "Oslo Ost", "contactId": "[I:5]"}, f)

	server := superofficetest.NewServer(superofficetest.WithTest(t))
	client := server.Client()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	server.Rows("FindContact", []row{want})
	one, err := archive.From[row](client, archive.FindContact).First(t.Context())
	require.NoError(t, err)
	assert.Equal(t, want, one)

	type broken struct {
		ID  int `so:"contactId"`
		Odd odd `so:"odd"`
	}
	_, err = udef.Decode[broken](fields{"odd": "[I:5]"})
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	require.ErrorContains(t, err, "the field Odd is of the type udef_test.odd")
	_, err = archive.From[broken](client, archive.FindContact).First(t.Context())
	require.ErrorContains(t, err, "the field Odd is of the type udef_test.odd")
}
