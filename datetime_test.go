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

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
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
		"2024-05-01T12:00Z", "2024-05-01T12:00:00+00:00", "2024-05-01T17:30:00+0530", "2024-05-01T12:00:00-00", "2024-05-01T12:00:00.0000000-00:00", "2024-05-01T12:00:00.000000000Z",
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
	for _, text := range []string{"", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0000-12-31T23:00:00", "0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00.0000000-11:00"} {
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
	for _, text := range []string{"soon", "1-1", "0002-01-01T00:00:00", "99990-01-01T00:00:00", "+001-01-01T00:00:00", "9999"} {
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
	assert.Equal(t, DateTime{}, DateTimeOf(time.Time{}.In(zone(t, "Asia/Tokyo"))))
	assert.Equal(t, DateTime{}, DateTimeOf(time.Date(-4, 1, 1, 0, 0, 0, 0, time.UTC)))
	assert.Equal(t, DateTime{}, DateTimeOf(time.Date(1, 12, 31, 0, 0, 0, 0, time.UTC)), "it could not be told from no date")
	assert.Equal(t, "0002-01-01T00:00:00Z", DateTimeOf(time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC)).String())
	assert.Equal(t, Forever(), DateTimeOf(time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)))
	assert.Equal(t, Forever(), WallClock(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)))
	assert.Equal(t, "9999-01-01T00:00:00", WallClock(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)).String())
	assert.Equal(t, DateTimeOf(moment), DateTimeOf(moment), "they compare")

	d, err := ParseDateTime("2024-07-01T12:00:00-0500")
	require.NoError(t, err)
	assert.Equal(t, "2024-07-01T12:00:00-0500", d.String())
	d, err = ParseDateTime("0001-01-01T00:00:00")
	require.NoError(t, err)
	assert.Equal(t, DateTime{}, d)
}

// TestOddOffsets are those that the wire cannot carry: the instant counts.
func TestOddOffsets(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int]string{
		19*60 + 32: "2024-05-01T11:40:28Z", -30 * 3600: "2024-05-02T18:00:00Z", 14*3600 + 60: "2024-04-30T21:59:00Z", -14*3600 - 60: "2024-05-02T02:01:00Z",
		14 * 3600: "2024-05-01T12:00:00+14:00", -14 * 3600: "2024-05-01T12:00:00-14:00", 20700: "2024-05-01T12:00:00+05:45",
	} {
		moment := time.Date(2024, time.May, 1, 12, 0, 0, 0, time.FixedZone("odd", seconds))
		d := DateTimeOf(moment)
		assert.Equal(t, want, d.String())
		got, err := d.Time(nil)
		require.NoError(t, err)
		assert.True(t, moment.Equal(got), "%s is %s", moment, got)
	}
}

func TestWhatIsNoDate(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"soon", "", "2024-13-01T00:00:00", "2024-05-01T25:00:00", "2024-05-01T12:00:00+2", "2024-05-01T12:00:00+99:00", "2024-05-01T12:00:00Z+01:00", "Z", "01/05/2024",
		"2024-05-01T12:00:00+2:000", "2024-05-01T12:00:00+0:200", "2024-05-01T12:00:00+2:00", "2024-05-01T12:00:00+02:", "2024-05-01T12:00:00+",
		"2024-05-01T1:00:00", "2024-05-01T12:00:00,5", "2024-05-01T12:00:00.", "2024-05-01T12:00:00.1234567890", "2024-05-01.5"} {
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
	assert.Equal(t, Date{}, DateOf(0, time.May, 3))
	assert.Equal(t, Date{}, DateOf(YearUnknown, time.January, 0))
	assert.Equal(t, "0003-01-01T00:00:00", DateOf(3, time.January, 1).String())
	assert.True(t, DateOf(3, time.January, 1).YearKnown())
	assert.Equal(t, "9999-12-31T00:00:00", DateOf(9999, time.December, 31).String())
	assert.Equal(t, "9999-12-31T00:00:00", DateOf(10000, time.January, 1).String())
	assert.Equal(t, "0002-03-01T00:00:00", DateOf(YearUnknown, time.February, 29).String(), "the year 2 has no such day")
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
	assert.ErrorContains(t, err, `the date is "never"`)
	assert.False(t, d.YearKnown())
	b, err := born.AppendText([]byte("born "))
	require.NoError(t, err)
	assert.Equal(t, "born 1960-05-03T00:00:00", string(b))
}

// TestDaysWithoutMidnight begin later, and not on the day before.
func TestDaysWithoutMidnight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone  string
		day   Date
		first string
	}{
		{"America/Sao_Paulo", DateOf(2018, time.November, 4), "2018-11-04T01:00:00-02:00"},
		{"America/Havana", DateOf(2007, time.March, 11), "2007-03-11T01:00:00-04:00"},
		{"America/Asuncion", DateOf(1993, time.October, 1), "1993-10-01T01:00:00-03:00"},
		{"Pacific/Apia", DateOf(2011, time.December, 30), "2011-12-31T00:00:00+14:00"}, // no such day there
		{"Europe/Oslo", DateOf(2024, time.March, 31), "2024-03-31T00:00:00+01:00"},
	} {
		got, err := c.day.Time(zone(t, c.zone))
		require.NoError(t, err)
		assert.Equal(t, c.first, got.Format(time.RFC3339), c.zone)
		assert.Equal(t, c.zone, got.Location().String())
	}
	var late Date
	require.NoError(t, late.UnmarshalText([]byte("1960-05-03T23:59:59.5-11:00")))
	got, err := late.Time(nil)
	require.NoError(t, err)
	assert.Equal(t, time.Date(1960, time.May, 3, 0, 0, 0, 0, time.UTC), got)
}

// TestTextsGoBackAsTheyCame covers the three types at once.
func TestTextsGoBackAsTheyCame(t *testing.T) {
	t.Parallel()
	type text interface {
		UnmarshalText(text []byte) error
		AppendText(b []byte) ([]byte, error)
		MarshalText() ([]byte, error)
		String() string
	}
	for _, value := range []text{new(DateTime), new(Date), new(TimeSpan)} {
		for _, want := range []string{"never", "2024-05-01 10:00", "0001-01-01T01:00:00+01:00", "1.02", "\xff"} {
			require.NoError(t, value.UnmarshalText([]byte(want)))
			assert.Equal(t, want, value.String())
			got, err := value.MarshalText()
			require.NoError(t, err)
			assert.Equal(t, want, string(got))
			got, err = value.AppendText([]byte("< "))
			require.NoError(t, err)
			assert.Equal(t, "< "+want, string(got))
		}
	}
}

// FuzzDateTime takes any text: it is kept, and what can be read means the same
// when it is written.
func FuzzDateTime(f *testing.F) {
	f.Add("2024-05-01T10:00:00.1234567+02:00")
	f.Add("0001-01-01T00:00:00")
	f.Add("2024-05-01 10:00-0500")
	f.Add("0002-05-03T23:00:00+14:00")
	f.Fuzz(func(t *testing.T, text string) {
		d := readAs(text)
		if day, err := Date(d).Time(nil); err == nil && !d.IsZero() {
			assert.Equal(t, day, must(DateOf(day.Date()).Time(nil)))
			assert.Equal(t, day.Format("2006-01-02"), text[:10], "the day as it is written")
		}
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
