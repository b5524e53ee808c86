package superoffice

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

func readAs(text string) (d DateTime) {
	_ = d.UnmarshalText([]byte(text)) // never fails
	return d
}

func TestInstants(t *testing.T) {
	t.Parallel()
	noon := time.Date(2024, time.May, 1, 12, 0, 0, 0, time.UTC)
	for _, text := range []string{
		"2024-05-01T12:00:00Z", "2024-05-01T12:00:00z", "2024-05-01T14:00:00+02:00", "2024-05-01T07:00:00-0500", "2024-05-01T14:00:00+02", "2024-05-01 12:00:00.000Z",
		"2024-05-01T12:00Z", "2024-05-01T12:00:00+00:00", "2024-05-01T12:00:00.0000000-00:00", "2024-05-01T12:00:00.000000000Z",
	} {
		d := readAs(text)
		assert.True(t, d.HasOffset(), text)
		got, err := d.Time(nil)
		require.NoError(t, err, text)
		assert.True(t, noon.Equal(got), "%s is %s", text, got)
		assert.NotSame(t, time.Local, got.Location(), "never the host's zone")
		got, err = d.Time(zone(t, "Asia/Tokyo"))
		require.NoError(t, err)
		assert.Equal(t, "2024-05-01 21:00:00 +0900 JST", got.String())
		assert.Equal(t, text, d.String(), "the text is kept")
	}
	got, err := readAs("2024-05-01T12:00:00.1234567+02:00").Time(nil)
	require.NoError(t, err)
	assert.Equal(t, 123456700, got.Nanosecond())
	_, seconds := got.Zone()
	assert.Equal(t, 7200, seconds)
}

func TestWallClocksNeedALocation(t *testing.T) {
	t.Parallel()
	d := readAs("2024-07-01T12:00:00")
	assert.False(t, d.HasOffset())
	_, err := d.Time(nil)
	assert.ErrorContains(t, err, "2024-07-01T12:00:00 has no offset")
	got, err := d.Time(zone(t, "Europe/Oslo"))
	require.NoError(t, err)
	assert.Equal(t, "2024-07-01 12:00:00 +0200 CEST", got.String())
	skipped, err := readAs("2024-03-31T02:30:00").Time(zone(t, "Europe/Oslo"))
	require.NoError(t, err)
	assert.Equal(t, time.Date(2024, time.March, 31, 2, 30, 0, 0, zone(t, "Europe/Oslo")), skipped, "as time.Date has it")
	day, err := readAs("2024-07-01").Time(time.UTC)
	require.NoError(t, err)
	assert.Equal(t, 2024, day.Year())
}

func TestNoDateAndForever(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00.0000000-11:00"} {
		d := readAs(text)
		assert.True(t, d.IsZero(), text)
		assert.False(t, d.IsForever(), text)
		got, err := d.Time(nil)
		require.NoError(t, err)
		assert.True(t, got.IsZero())
	}
	for _, text := range []string{"9999-12-31T23:59:59", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59+01:00"} {
		assert.True(t, readAs(text).IsForever(), text)
		assert.False(t, readAs(text).IsZero(), text)
	}
	assert.Equal(t, DateTime{}, readAs("0001-01-01T00:00:00"), "the usual one is the zero value")
	assert.Equal(t, "0001-01-01T00:00:00", DateTime{}.String())
	assert.True(t, Forever().IsForever())
	assert.False(t, DateTime{}.HasOffset())
	for _, text := range []string{"soon", "1-1", "0002-01-01T00:00:00", "99990-01-01T00:00:00"} {
		assert.False(t, readAs(text).IsZero() || readAs(text).IsForever(), text)
	}
}

func TestDatesAreMade(t *testing.T) {
	t.Parallel()
	oslo := zone(t, "Europe/Oslo")
	moment := time.Date(2024, time.July, 1, 12, 0, 0, 123456789, oslo)
	assert.Equal(t, "2024-07-01T12:00:00.1234567+02:00", DateTimeOf(moment).String())
	assert.Equal(t, "2024-07-01T10:00:00.1234567Z", DateTimeOf(moment.UTC()).String())
	assert.Equal(t, "2024-07-01T12:00:00.1234567", WallClock(moment).String())
	assert.Equal(t, "2024-07-01T12:00:00+02:00", DateTimeOf(moment.Truncate(time.Second)).String())
	assert.Equal(t, DateTime{}, DateTimeOf(time.Time{}))
	assert.Equal(t, DateTime{}, WallClock(time.Time{}))
	assert.Equal(t, DateTime{}, DateTimeOf(time.Date(-4, 1, 1, 0, 0, 0, 0, time.UTC)))
	assert.Equal(t, Forever(), DateTimeOf(time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)))
	assert.Equal(t, DateTimeOf(moment), DateTimeOf(moment), "they compare")

	d, err := ParseDateTime("2024-07-01T12:00:00-0500")
	require.NoError(t, err)
	assert.Equal(t, "2024-07-01T12:00:00-0500", d.String())
	d, err = ParseDateTime("0001-01-01T00:00:00")
	require.NoError(t, err)
	assert.Equal(t, DateTime{}, d)
}

func TestWhatIsNoDate(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"soon", "", "2024-13-01T00:00:00", "2024-05-01T25:00:00", "2024-05-01T12:00:00+2", "2024-05-01T12:00:00+99:00", "2024-05-01T12:00:00Z+01:00", "Z", "01/05/2024"} {
		_, err := ParseDateTime(text)
		assert.ErrorIs(t, err, ErrInvalidArgument, text)
		_, err = ParseDate(text)
		assert.ErrorIs(t, err, ErrInvalidArgument, text)
		if text == "" {
			continue
		}
		assert.False(t, readAs(text).HasOffset())
		_, err = readAs(text).Time(time.UTC)
		assert.ErrorContains(t, err, "the date", text)
		assert.Equal(t, text, readAs(text).String(), "it is kept")
	}
	_, err := ParseDateTime("2024-05-01T12:00:00 and much more that nobody wants to read in a log")
	assert.ErrorContains(t, err, `"2024-05-01T12:00:00 and much more that n"...`)
}

func TestDays(t *testing.T) {
	t.Parallel()
	born := DateOf(1960, time.May, 3)
	assert.Equal(t, "1960-05-03T00:00:00", born.String())
	got, err := born.Time(nil)
	require.NoError(t, err)
	assert.Equal(t, time.Date(1960, time.May, 3, 0, 0, 0, 0, time.UTC), got)
	got, err = born.Time(zone(t, "America/New_York"))
	require.NoError(t, err)
	assert.Equal(t, "1960-05-03", got.Format(time.DateOnly))
	assert.True(t, born.YearKnown())

	unknown := DateOf(YearUnknown, time.May, 3)
	assert.Equal(t, "0002-05-03T00:00:00", unknown.String())
	assert.False(t, unknown.YearKnown())
	assert.False(t, unknown.IsZero())

	assert.True(t, Date{}.IsZero())
	assert.False(t, Date{}.YearKnown())
	assert.Equal(t, Date{}, DateOf(1, time.January, 1))
	none, err := Date{}.Time(nil)
	require.NoError(t, err)
	assert.True(t, none.IsZero())

	tagged, err := ParseDate("1960-05-03T00:00:00+09:00")
	require.NoError(t, err)
	assert.Equal(t, born, tagged, "the day as it is written")
	var d Date
	require.NoError(t, d.UnmarshalText([]byte("1960-05-03T00:00:00Z")))
	got, err = d.Time(zone(t, "Asia/Tokyo"))
	require.NoError(t, err)
	assert.Equal(t, 3, got.Day())
	text, err := d.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "1960-05-03T00:00:00Z", string(text))
	require.NoError(t, d.UnmarshalText([]byte("never")))
	_, err = d.Time(nil)
	assert.Error(t, err)
}

// FuzzDateTime takes any text: it is kept, and what can be read means the same
// when it is written.
func FuzzDateTime(f *testing.F) {
	f.Add("2024-05-01T10:00:00.1234567+02:00")
	f.Add("0001-01-01T00:00:00")
	f.Add("2024-05-01 10:00-0500")
	f.Fuzz(func(t *testing.T, text string) {
		d := readAs(text)
		if text != "" {
			assert.Equal(t, text, d.String())
		}
		parsed, err := ParseDateTime(text)
		got, readErr := d.Time(time.UTC)
		if err != nil {
			assert.True(t, readErr != nil || d.IsZero())
			return
		}
		require.NoError(t, readErr)
		assert.Equal(t, d, parsed)
		if !d.IsZero() && got.Year() > 1 && got.Year() < 9999 {
			again, err := DateTimeOf(got).Time(time.UTC)
			require.NoError(t, err)
			assert.Equal(t, got.Truncate(100), again)
		}
	})
}
