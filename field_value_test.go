package superoffice

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reads is one way to read a field value.
type reads = func(FieldValue) (any, error)

func reader[T any](read func(FieldValue) (T, error)) reads {
	return func(v FieldValue) (any, error) { return read(v) }
}

func TestFieldValuesAreRead(t *testing.T) {
	t.Parallel()
	clock := func(text string) DateTime { return readAs(text) }
	for _, c := range []struct {
		read reads
		want map[FieldValue]any
		not  []FieldValue
	}{
		{reader(FieldValue.Int), map[FieldValue]any{"[I:123]": 123, "[I:-1]": -1, "[TS:500]": 500, "77": 77, " [i: 5 ] ": 5, "": 0, "[I:]": 0}, []FieldValue{"[I:x]", "[F:1.5]", "five", "[I:5", "[I5]", "[I:99999999999999999999]"}},
		{reader(FieldValue.Bool), map[FieldValue]any{"True": true, "false": false, "[I:1]": true, "[I:0]": false, "1": true, "": false}, []FieldValue{"[I:2]", "yes", "[F:1]"}},
		{reader(FieldValue.Float), map[FieldValue]any{"[F:4.43]": 4.43, "[M:99.5]": 99.5, "[I:3]": 3.0, "2.5": 2.5, "": 0.0}, []FieldValue{"[F:4,43]", "[D:05/13/1999]", "much", "[F:NaN]", "nan", "[F:Inf]", "-Infinity", "0x1p-2", "0X1P4", "[F:1e400]"}},
		{reader(FieldValue.Money), map[FieldValue]any{"[M:99.50]": "99.50", "[F:4.43]": "4.43", "12345678901234567890.12": "12345678901234567890.12", "[M: 5 ]": "5", "": "0", "[M:]": "0"}, []FieldValue{"[M:x]", "[D:05/13/1999]", "99,50"}},
		{reader(FieldValue.DateTime), map[FieldValue]any{
			"[DT:05/13/1999 20:28:37]": clock("1999-05-13T20:28:37"), "[DT:04/28/2024 20:28:37.0000000]": clock("2024-04-28T20:28:37"),
			"[DT:04/28/2024 20:28:37.1230000]": clock("2024-04-28T20:28:37.123"), "[D:05/13/1999]": clock("1999-05-13T00:00:00"),
			"[D:2020.08.27]": clock("2020-08-27T00:00:00"), "[D:2020/08/27]": clock("2020-08-27T00:00:00"), "2014.3.4": clock("2014-03-04T00:00:00"),
			"[DT:2020.08.27 20:28:37.5]": clock("2020-08-27T20:28:37.5"), "[DT:01/01/1760 09:34:44.0000000]": clock("1760-01-01T09:34:44"), NullValue: DateTime{},
			"[DT:01/01/0001 00:00:00.0000000]": DateTime{}, "1999-05-13T20:28:37Z": clock("1999-05-13T20:28:37Z"), "": DateTime{},
		}, []FieldValue{"[D:13/05/1999]", "[D:09.11.2017]", "[D:2020.27.08]", "[D:20.08.27]", "[I:5]", "then", "[D:5/3/1999]", "[T:20:28]"}},
		{reader(FieldValue.Date), map[FieldValue]any{"[D:05/13/1999]": DateOf(1999, time.May, 13), "[DT:05/13/1999 20:28:37]": DateOf(1999, time.May, 13), "1999-05-13": DateOf(1999, time.May, 13), "": Date{}}, []FieldValue{"[D:x]"}},
		{reader(FieldValue.Time), map[FieldValue]any{
			"[T:20:28]": 20*time.Hour + 28*time.Minute, "20:28:37": 20*time.Hour + 28*time.Minute + 37*time.Second, "": time.Duration(0), NullValue: time.Duration(0),
			"[T:06/19/2019 14:35:56.00000]": 14*time.Hour + 35*time.Minute + 56*time.Second, "[DT:01/01/1760 09:34:44.0000000]": 9*time.Hour + 34*time.Minute + 44*time.Second,
			"[T:06/19/2019 14:35]": 14*time.Hour + 35*time.Minute, "[T:14:35:56.5]": 14*time.Hour + 35*time.Minute + 56500*time.Millisecond,
			"[DT:2020.08.27 00:00:01]": time.Second, "1760-01-01T09:34:44": 9*time.Hour + 34*time.Minute + 44*time.Second, "[DT:01/01/0001 00:00:00.0000000]": time.Duration(0),
		}, []FieldValue{"[T:25:00]", "[I:5]", "[T:06/19/2019]", "[T:19/06/2019 14:35:56]", "2020-08-27", "[D:05/13/1999]"}},
		{reader(FieldValue.Ints), map[FieldValue]any{"[A:3,4]": []int{3, 4}, "[A: 3 , 4 ]": []int{3, 4}, "[A:]": []int(nil), "3": []int{3}, "[I:3]": []int{3}, "": []int(nil)}, []FieldValue{"[A:3,x]", "[B:AAEC]"}},
		{reader(FieldValue.Bytes), map[FieldValue]any{"[B:AAEC]": []byte{0, 1, 2}, "": []byte(nil)}, []FieldValue{"[B:!]", "[I:5]"}},
	} {
		for v, want := range c.want {
			got, err := c.read(v)
			require.NoError(t, err, "%q", v)
			assert.Equal(t, want, got, "%q", v)
		}
		for _, v := range c.not {
			_, err := c.read(v)
			assert.ErrorContains(t, err, "superoffice: the field value", "%q", v)
		}
	}
}

func TestFieldValuesAreWritten(t *testing.T) {
	t.Parallel()
	moment := time.Date(1999, time.May, 13, 20, 28, 37, 0, time.FixedZone("", 3600))
	for want, got := range map[FieldValue]FieldValue{
		"[I:123]": IntValue(123), "[I:1]": BoolValue(true), "[I:0]": BoolValue(false), "[F:4.43]": FloatValue(4.43), "[M:99.5]": MoneyValue(99.5),
		"[D:05/13/1999]": DateValue(DateOf(1999, time.May, 13)), "[D:01/01/0001]": DateValue(Date{}), "[DT:05/13/1999 20:28:37]": DateTimeValue(moment),
		"[T:20:28]": TimeValue(20*time.Hour + 28*time.Minute), "[A:3,4]": IntsValue(3, 4), "[A:]": IntsValue(), "[B:AAEC]": BytesValue([]byte{0, 1, 2}),
		"[F:1000000000000000000000]": FloatValue(1e21),
	} {
		assert.Equal(t, want, got)
	}
	assert.Equal(t, FieldValue("[D:never]"), DateValue(Date{"never"}), "no date would wipe one")
	assert.Equal(t, FieldValue("[D:05/03/0002]"), DateValue(DateOf(YearUnknown, time.May, 3)))
	assert.Equal(t, FieldValue("[DT:01/01/0001 00:00:00]"), DateTimeValue(time.Time{}))
	assert.Equal(t, FieldValue("[DT:01/01/0001 00:00:00]"), DateTimeValue(time.Date(-3, 1, 1, 0, 0, 0, 0, time.UTC)))
	assert.Equal(t, FieldValue("[DT:12/31/9999 23:59:59]"), DateTimeValue(time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)))
	assert.Equal(t, FieldValue("[DT:05/13/1999 20:28:37.1234567]"), DateTimeValue(moment.Add(123456789)))
	assert.Equal(t, FieldValue("[T:01:00]"), TimeValue(25*time.Hour))
	assert.Equal(t, FieldValue("[T:23:00]"), TimeValue(-time.Hour))
	_, err := FloatValue(math.Inf(1)).Float()
	assert.ErrorContains(t, err, `"[F:+Inf]" is no number`)
}

func TestTextStandsForItself(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "red", " red ", "[I:5]", "[red]", "a:b]", "[T:06/19/2019 14:35:56.00000]"} {
		assert.Equal(t, text, FieldValue(text).Text())
	}
	assert.Empty(t, NullValue.Text())
	assert.True(t, NullValue.IsNull())
	assert.False(t, FieldValue("").IsNull())
	for v, want := range map[FieldValue]string{NullValue: "null", "": `""`, "[I:5]": `"[I:5]"`, "\x00x": `"\u0000x"`} {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		assert.Equal(t, want, string(text))
	}
}

func TestDatesWithDotsAreNotGuessed(t *testing.T) {
	t.Parallel()
	for _, v := range []FieldValue{"[D:09.11.2017]", "[D:13.11.2017]", "[DT:09.11.2017 20:28:37]", "09.11.2017"} {
		_, err := v.DateTime()
		assert.ErrorContains(t, err, "whether the day or the month comes first is not known", "%q", v)
		_, err = v.Date()
		assert.ErrorContains(t, err, string(v))
	}
	_, err := FieldValue("[DT:05/13/1999 20:28:99.5]").DateTime()
	assert.NotContains(t, err.Error(), "dots")
}

// FuzzFieldValue reads any text in every way, and what is written as it was
// meant.
func FuzzFieldValue(f *testing.F) {
	f.Add("[DT:04/28/2024 20:28:37.0000000]", 5, 1.5, []byte("x"))
	f.Add("[A:1,2]", -1, 1e300, []byte(nil))
	f.Add("[M:99.50]", 1<<40, -0.001, []byte{0, 255})
	f.Fuzz(func(t *testing.T, text string, n int, number float64, b []byte) {
		v := FieldValue(text)
		for _, read := range []reads{
			reader(FieldValue.Int), reader(FieldValue.Bool), reader(FieldValue.Float), reader(FieldValue.DateTime),
			reader(FieldValue.Date), reader(FieldValue.Time), reader(FieldValue.Ints), reader(FieldValue.Bytes), reader(FieldValue.Money),
		} {
			_, _ = read(v)
		}
		if !v.IsNull() {
			assert.Equal(t, text, v.Text())
		}
		moment := time.Unix(int64(n), int64(n)).UTC()
		assert.Equal(t, WallClock(moment), must(DateTimeValue(moment).DateTime()))
		day := DateOf(moment.Date())
		assert.Equal(t, day, must(DateValue(day).Date()))
		clock := time.Duration(uint32(n)%1440) * time.Minute
		assert.Equal(t, clock, must(TimeValue(clock).Time()))
		assert.Equal(t, n%2 == 0, must(BoolValue(n%2 == 0).Bool()))
		gotInt, err := IntValue(n).Int()
		require.NoError(t, err)
		assert.Equal(t, n, gotInt)
		if !math.IsNaN(number) && !math.IsInf(number, 0) {
			gotFloat, err := FloatValue(number).Float()
			require.NoError(t, err)
			assert.Equal(t, number, gotFloat)
			assert.Equal(t, number, must(MoneyValue(number).Float()))
			assert.Equal(t, MoneyValue(number), FieldValue("[M:"+must(MoneyValue(number).Money())+"]"))
		}
		gotBytes, err := BytesValue(b).Bytes()
		require.NoError(t, err)
		assert.Equal(t, string(b), string(gotBytes))
		gotInts, err := IntsValue(n, 7).Ints()
		require.NoError(t, err)
		assert.Equal(t, []int{n, 7}, gotInts)
	})
}
