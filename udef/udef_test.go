package udef_test

import (
	"database/sql"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/udef"
)

type fields = superoffice.CustomFields

// size is a type of a program's own.
type size uint8

func (s size) MarshalText() ([]byte, error) { return []byte("size-" + strconv.Itoa(int(s))), nil }
func (s *size) UnmarshalText(text []byte) error {
	if len(text) < 6 || string(text[:5]) != "size-" {
		return errors.New("no size")
	}
	n, err := strconv.ParseUint(string(text[5:]), 10, 8)
	*s = size(n)
	return err
}

// embedded are fields that several structs have.
type embedded struct {
	Number int `so:"number"`
}

// all has a field of each type.
type all struct {
	embedded
	Text     string                 `so:"text"`
	Small    int8                   `so:"small"`
	Natural  uint16                 `so:"natural"`
	Float    float64                `so:"float"`
	Short    float32                `so:"short"`
	Check    bool                   `so:"check"`
	Time     time.Time              `so:"time"`
	Date     superoffice.Date       `so:"date"`
	DateTime superoffice.DateTime   `so:"datetime"`
	Span     time.Duration          `so:"span"`
	Numbers  []int                  `so:"numbers"`
	Item     udef.Item              `so:"item"`
	Raw      superoffice.FieldValue `so:"raw"`
	Own      size                   `so:"own"`
	MayInt   *int                   `so:"mayint"`
	MayTime  *time.Time             `so:"maytime"`
	MayItem  *udef.Item             `so:"mayitem"`
	NullText sql.NullString         `so:"nulltext"`
	NullBool sql.Null[bool]         `so:"nullbool"`
	Untagged int
	Left     int `so:"-"`
}

func pointer[T any](v T) *T { return &v }

// full has a value of each type.
func full() (v all, f fields) {
	at := time.Date(2026, 5, 6, 7, 8, 9, 100, time.UTC)
	v = all{
		embedded: embedded{5}, Text: "a [b]", Small: -128, Natural: 65535, Float: 1.25, Short: 0.5, Check: true, Time: at, Date: superoffice.DateOf(2026, 5, 6),
		DateTime: superoffice.WallClock(at), Span: 90 * time.Second, Numbers: []int{3, 4}, Item: udef.Item{ID: 7, Text: "Blue"}, Raw: "[B:AA==]", Own: 3,
		MayInt: pointer(0), MayTime: pointer(time.Date(2026, 5, 6, 0, 0, 0, 0, time.UTC)), MayItem: &udef.Item{ID: 8}, NullText: sql.NullString{String: "x", Valid: true},
		NullBool: sql.Null[bool]{Valid: true},
	}
	f = fields{
		"number": "[I:5]", "text": "a [b]", "small": "[I:-128]", "natural": "[I:65535]", "float": "[F:1.25]", "short": "[F:0.5]", "check": "[I:1]",
		"time": "[DT:05/06/2026 07:08:09.0000001]", "date": "[D:05/06/2026]", "datetime": "[DT:05/06/2026 07:08:09.0000001]", "span": "[TS:90]", "numbers": "[A:3,4]",
		"item": "[I:7]", "item:DisplayText": "Blue", "raw": "[B:AA==]", "own": "size-3", "mayint": "[I:0]", "maytime": "[D:05/06/2026]", "mayitem": "[I:8]",
		"nulltext": "x", "nullbool": "[I:0]",
	}
	return v, f
}

func TestEveryType(t *testing.T) {
	t.Parallel()
	want, f := full()
	got, err := udef.Decode[all](f)
	require.NoError(t, err)
	assert.Equal(t, want, got)

	written := maps.Clone(f)
	require.NoError(t, udef.Encode(want, &written))
	assert.Equal(t, f, written, "nothing has changed")

	delete(f, "item:DisplayText") // which the server writes
	var made fields
	require.NoError(t, udef.Encode(want, &made))
	assert.Equal(t, f, made)
	for _, none := range []fields{nil, {}, {"other": "[I:1]"}} {
		got, err := udef.Decode[all](none)
		require.NoError(t, err)
		assert.Zero(t, got)
		into := maps.Clone(none)
		require.NoError(t, udef.Encode(all{}, &into))
		assert.Equal(t, none, into)
	}
}

// Missing, without a value, and zero are three things.
func TestNone(t *testing.T) {
	t.Parallel()
	type row struct {
		A *int      `so:"a"`
		B *int      `so:"b"`
		C *int      `so:"c"`
		D time.Time `so:"d"`
	}
	f := fields{"b": "", "c": "[I:0]", "d": "[DT:01/01/0001 00:00:00.0000000]"}
	got, err := udef.Decode[row](f)
	require.NoError(t, err)
	assert.Equal(t, row{C: pointer(0)}, got)
	into := maps.Clone(f)
	require.NoError(t, udef.Encode(got, &into))
	assert.Equal(t, f, into)

	got.A, got.B, got.C = pointer(0), pointer(1), nil
	require.NoError(t, udef.Encode(got, &into))
	assert.Equal(t, fields{"a": "[I:0]", "b": "[I:1]", "c": superoffice.NullValue, "d": f["d"]}, into)
	require.NoError(t, udef.Encode(row{A: pointer(0)}, &into))
	assert.Equal(t, superoffice.NullValue, into["b"])
	f = fields{"d": "[D:05/06/2026]"}
	require.NoError(t, udef.Encode(row{}, &f))
	assert.Equal(t, fields{"d": superoffice.NullValue}, f)
}

// Only what has changed is written, in the encoding and under the key that are there.
func TestWhatIsThereIsKept(t *testing.T) {
	t.Parallel()
	type row struct {
		Money float64       `so:"money"`
		Span  int           `so:"span"`
		Noon  time.Duration `so:"noon"`
		Wait  time.Duration `so:"wait"`
		Day   time.Time     `so:"day"`
		At    time.Time     `so:"at"`
		Date  superoffice.Date
		Check bool      `so:"check"`
		List  udef.Item `so:"list"`
		Bad   int       `so:"bad"`
	}
	f := fields{
		"Money": "[M:12.50]", "span": "[TS:500]", "noon": "[T:06/19/2019 12:00:00.0000]", "wait": "[I:60]", "day": "[D:2026.05.06]", "at": "[DT:05/06/2026 00:00:00]",
		"check": "True", "list": "7", "list:DisplayText": "Blue", "bad": "much", "other": "x",
	}
	got, err := udef.Decode[row](f)
	misfit := new(udef.FieldError)
	require.ErrorAs(t, err, &misfit)
	assert.Equal(t, &udef.FieldError{Key: "bad", Field: "Bad", Value: "much", Want: "a whole number that fits int"}, misfit)
	assert.Equal(t, 12.5, got.Money)
	assert.Equal(t, 12*time.Hour, got.Noon)
	assert.Equal(t, time.Minute, got.Wait)
	assert.Equal(t, "Blue", got.List.String())
	into := maps.Clone(f)
	require.NoError(t, udef.Encode(got, &into))
	assert.Equal(t, f, into, "what cannot be read stays, too")

	got.Money, got.Span, got.Noon, got.Wait, got.Check = 13, 501, 13*time.Hour+30*time.Minute, 61*time.Second, false
	got.Day, got.At = got.Day.AddDate(0, 0, 1), got.At.AddDate(0, 0, 1)
	got.List, got.Bad = udef.Item{ID: 8}, 1
	require.NoError(t, udef.Encode(got, &into))
	assert.Equal(t, fields{
		"Money": "[M:13]", "span": "[TS:501]", "noon": "[T:13:30]", "wait": "[I:61]", "day": "[D:05/07/2026]", "at": "[DT:05/07/2026 00:00:00]",
		"check": "[I:0]", "list": "[I:8]", "list:DisplayText": "Blue", "bad": "[I:1]", "other": "x",
	}, into)
}

// The clock of a time is written, wherever the program runs.
func TestTimesAreWhatAClockShows(t *testing.T) {
	t.Parallel()
	type row struct {
		At time.Time `so:"at"`
	}
	oslo := time.FixedZone("Oslo", 2*60*60)
	var f fields
	require.NoError(t, udef.Encode(row{time.Date(2026, 5, 6, 7, 8, 0, 0, oslo)}, &f))
	assert.Equal(t, fields{"at": "[DT:05/06/2026 07:08:00]"}, f)
	got, err := udef.Decode[row](f)
	require.NoError(t, err)
	assert.Equal(t, time.Date(2026, 5, 6, 7, 8, 0, 0, time.UTC), got.At)
}

func TestValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	got, err := udef.Decode[all](fields{
		"number": "x", "small": "[I:128]", "natural": "[I:-1]", "float": "[F:NaN]", "short": "[F:1e300]", "check": "[I:2]", "time": "[D:09.11.2017]", "date": "x", "datetime": "[I:5]",
		"span": "soon", "numbers": "[A:x]", "item": "Blue", "own": "huge", "mayint": "x", "maytime": "x", "mayitem": "x", "nullbool": "x", "text": "stays",
	})
	require.Error(t, err)
	assert.Equal(t, all{Text: "stays"}, got)
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	assert.Len(t, joined.Unwrap(), 17)
	for _, one := range joined.Unwrap() {
		misfit := new(udef.FieldError)
		require.ErrorAs(t, one, &misfit)
		assert.ErrorContains(t, one, misfit.Key)
		assert.ErrorContains(t, one, misfit.Want)
	}
	long := &udef.FieldError{Value: superoffice.FieldValue(make([]byte, 5000))}
	assert.Less(t, len(long.Error()), 1000)
}

func TestValuesWithoutAnEncoding(t *testing.T) {
	t.Parallel()
	type row struct {
		Float   float64              `so:"float"`
		Natural uint                 `so:"natural"`
		Time    time.Time            `so:"time"`
		Date    superoffice.DateTime `so:"date"`
		Span    time.Duration        `so:"span"`
		Noon    time.Duration        `so:"noon"`
		Text    string               `so:"text"`
		List    udef.Item            `so:"list"`
	}
	zoned, err := superoffice.ParseDateTime("2026-05-06T07:08:09+02:00")
	require.NoError(t, err)
	for name, v := range map[string]row{
		"Float": {Float: math.NaN()}, "Natural": {Natural: math.MaxUint}, "Time": {Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"Date": {Date: zoned}, "Span": {Span: time.Millisecond}, "Noon": {Noon: 25 * time.Hour}, "List": {List: udef.Item{Text: "Red"}},
	} {
		v.Text = "changed"
		f := fields{"noon": "[T:12:00]"}
		if name != "Noon" {
			v.Noon = 12 * time.Hour
		}
		err := udef.Encode(v, &f)
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument, name)
		require.ErrorContains(t, err, name)
		assert.Equal(t, fields{"noon": "[T:12:00]"}, f, "nothing is written")
	}
	require.ErrorIs(t, udef.Encode(row{}, nil), superoffice.ErrInvalidArgument)
}

func TestStructsThatCannotWork(t *testing.T) {
	t.Parallel()
	_, err := udef.Decode[struct {
		C chan int `so:"c"`
	}](nil)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	require.ErrorContains(t, err, "C is of the type chan int")
	_, err = udef.Decode[struct {
		hidden int `so:"c"`
	}](nil)
	require.ErrorContains(t, err, "hidden")
	_, err = udef.Decode[struct {
		A int `so:"c"`
		B int `so:"C"`
	}](nil)
	require.ErrorContains(t, err, "the same column")
	_, err = udef.Decode[int](nil)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	require.ErrorIs(t, udef.Encode(struct{}{}, new(fields)), superoffice.ErrInvalidArgument)
	_, err = udef.DecodeValues[int](nil)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
}

func TestRows(t *testing.T) {
	t.Parallel()
	type rental struct {
		No    int        `so:"x_no"`
		Until *time.Time `so:"x_until"`
	}
	values := map[string]string{"x_no": "[I:6]", "X_UNTIL": "[D:05/06/2026]", "x_text": "a"}
	got, err := udef.DecodeValues[rental](values)
	require.NoError(t, err)
	got.No, got.Until = 7, nil
	require.NoError(t, udef.EncodeValues(got, &values))
	assert.Equal(t, map[string]string{"x_no": "[I:7]", "X_UNTIL": "", "x_text": "a"}, values)
	var none map[string]string
	require.NoError(t, udef.EncodeValues(got, &none))
	assert.Equal(t, map[string]string{"x_no": "[I:7]"}, none)
	require.ErrorIs(t, udef.EncodeValues(got, nil), superoffice.ErrInvalidArgument)
}

// What is written is read back as it was, and one change is one key.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	value := func(v reflect.Value) {
		switch dst := v.Addr().Interface().(type) {
		case *time.Time:
			*dst = time.Unix(random.Int64N(200_000_000_000)-60_000_000_000, random.Int64N(10_000_000)*100).UTC()
		case *superoffice.Date:
			*dst = superoffice.DateOf(random.IntN(9000)+1, 2, 3)
		case *superoffice.DateTime:
			*dst = superoffice.WallClock(time.Unix(random.Int64N(100_000_000_000), 0).UTC())
		case *time.Duration:
			*dst = time.Duration(random.IntN(1_000_000)) * time.Second
		case *udef.Item:
			*dst = udef.Item{ID: random.IntN(1000)}
		case *[]int:
			*dst = []int{random.Int(), -random.Int()}
		case *superoffice.FieldValue:
			*dst = superoffice.FieldValue(strconv.Itoa(random.Int()))
		case **int:
			*dst = pointer(random.Int())
		case **time.Time:
			*dst = pointer(time.Unix(random.Int64N(100_000_000_000), 0).UTC())
		case **udef.Item:
			*dst = &udef.Item{ID: random.IntN(1000) + 1}
		case *sql.NullString:
			*dst = sql.NullString{String: "a" + strconv.Itoa(random.Int()), Valid: true}
		case *sql.Null[bool]:
			*dst = sql.Null[bool]{V: random.IntN(2) == 0, Valid: true}
		case *float32:
			*dst = random.Float32()
		case *float64:
			*dst = random.NormFloat64() * 1e6
		case *bool:
			*dst = !*dst
		case *string:
			*dst = "t" + strconv.Itoa(random.Int())
		case *size:
			*dst = size(random.IntN(256))
		default:
			if v.CanInt() {
				v.SetInt(int64(random.IntN(128)))
			} else {
				v.SetUint(uint64(random.IntN(256)))
			}
		}
	}
	var before all
	var f fields
	for range 2000 {
		after := before
		v := reflect.ValueOf(&after).Elem()
		value(v.Field(1 + random.IntN(v.NumField()-3)))
		into := maps.Clone(f)
		require.NoError(t, udef.Encode(after, &into))
		changed := 0
		for key, value := range into {
			if old, ok := f[key]; !ok || old != value {
				changed++
			}
		}
		assert.LessOrEqual(t, changed, 1)
		got, err := udef.Decode[all](into)
		require.NoError(t, err)
		require.Equal(t, after, got)
		before, f = got, into
	}
}

// Whatever is there, reading and writing it changes nothing.
func FuzzDecode(f *testing.F) {
	_, example := full()
	for key, value := range example {
		f.Add(key, string(value))
	}
	for _, text := range []string{"[TS:-5]", "[T:25:00]", "[DT:12/31/9999 23:59:59.9999999]", "[A:1,,2]", "0x5", "[I: 5 ]", "\x00", "[D:2020.08.27]"} {
		f.Add("time", text)
		f.Add("span", text)
		f.Add("number", text)
	}
	f.Fuzz(func(t *testing.T, key, text string) {
		there := fields{key: superoffice.FieldValue(text)}
		got, err := udef.Decode[all](there)
		if misfit := new(udef.FieldError); err != nil && !errors.As(err, &misfit) {
			t.Fatalf("%v", err)
		}
		into := maps.Clone(there)
		require.NoError(t, udef.Encode(got, &into))
		assert.Equal(t, there, into)
	})
}

func BenchmarkDecode(b *testing.B) {
	_, f := full()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := udef.Decode[all](f); err != nil {
			b.Fatal(err)
		}
	}
}
