package superoffice

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// DateTime is a point in time as the server writes it. It keeps the text of
// the wire and reads it only when asked, so that what was fetched goes back
// unchanged.
//
// With an offset behind it ("Z", "+02:00", "-0500") it is an instant. Without
// one, which is what servers send unless [WithTimeZoneOffsets] asks for offsets,
// it is the reading of a wall clock somewhere, and becomes an instant only
// with a location that the caller gives. The host's time zone is never used.
// The vendor documents when a record was made and changed to be in UTC, but
// its samples show the installation's clock there too: ask for offsets to know.
//
// The zero DateTime is the vendor's word for no date, 0001-01-01T00:00:00.
// DateTimes compare with == by their text.
type DateTime struct{ text string }

// How dates look on the wire. Fractions have up to seven digits, the ticks of
// the server's clock.
const (
	noDate        = "0001-01-01T00:00:00"
	forever       = "9999-12-31T23:59:59"
	noYear        = 1 // and what is before it
	foreverYear   = 9999
	clockLayout   = "2006-01-02T15:04:05.9999999"
	instantLayout = clockLayout + "Z07:00"
)

// DateTimeOf returns the instant t with its offset, in ticks of 100 ns. An
// offset that the wire cannot carry, one with seconds or of more than 14 hours,
// is given up for UTC. What lies before the year 2 is no date, t's zero value
// included; what lies beyond the year 9999 is [Forever].
func DateTimeOf(t time.Time) DateTime {
	const most = 14 * 3600 // of the server's own type
	if _, offset := t.Zone(); offset%60 != 0 || offset < -most || offset > most {
		t = t.UTC()
	}
	return dateTime(t, instantLayout)
}

// WallClock returns what a clock in t's location shows at t, without the
// offset. The server takes it as a time in the zone of the SO-TimeZone header,
// or else in the installation's own. The bounds are those of [DateTimeOf].
func WallClock(t time.Time) DateTime { return dateTime(t, clockLayout) }

func dateTime(t time.Time, layout string) DateTime {
	switch year := t.Year(); {
	case year <= noYear:
		return DateTime{}
	case year > foreverYear:
		return Forever()
	}
	return DateTime{t.Format(layout)}
}

// Forever returns the vendor's word for a date that never comes.
func Forever() DateTime { return DateTime{forever} }

// ParseDateTime reads an ISO 8601 date, with or without a time of day, a
// fraction of up to nine digits and an offset. Anything else is
// [ErrInvalidArgument].
func ParseDateTime(text string) (DateTime, error) {
	if _, _, err := parseClock(text); err != nil {
		return DateTime{}, invalid("text", err.Error())
	}
	return readDateTime(text), nil
}

func readDateTime(text string) DateTime {
	if text == noDate {
		return DateTime{}
	}
	return DateTime{text}
}

// Time returns d as a time.Time. An instant is given in loc, or with its own
// offset if loc is nil. A wall clock is read in loc: a reading that a
// change of daylight saving time skips or repeats is taken as time.Date does.
// No date is the zero time.
//
// It fails for a wall clock without a location, and for a text that is no
// date.
func (d DateTime) Time(loc *time.Location) (time.Time, error) {
	if d.IsZero() {
		return time.Time{}, nil
	}
	clock, offset, err := parseClock(d.text)
	switch {
	case err != nil:
		return time.Time{}, fmt.Errorf("superoffice: the date %w", err)
	case offset != nil && loc != nil:
		return inZone(clock, offset).In(loc), nil
	case offset != nil:
		return inZone(clock, offset), nil
	case loc == nil:
		return time.Time{}, fmt.Errorf("superoffice: %s has no offset: give the location of its clock, or ask for offsets with WithTimeZoneOffsets", d.text)
	}
	return inZone(clock, loc), nil
}

// inZone hangs the reading of a clock up in a location.
func inZone(clock time.Time, loc *time.Location) time.Time {
	year, month, day := clock.Date()
	hour, minute, second := clock.Clock()
	return time.Date(year, month, day, hour, minute, second, clock.Nanosecond(), loc)
}

// HasOffset reports whether d is an instant.
func (d DateTime) HasOffset() bool {
	_, offset, err := parseClock(d.String())
	return err == nil && offset != nil
}

// IsZero reports whether d is no date: the year, as it is written, is 1 or 0.
func (d DateTime) IsZero() bool {
	year, ok := writtenYear(d.text)
	return d.text == "" || ok && year <= noYear
}

// IsForever reports whether d never comes: the year, as it is written, is 9999.
func (d DateTime) IsForever() bool {
	year, ok := writtenYear(d.text)
	return ok && year == foreverYear
}

// writtenYear is the year that a date begins with, in four digits.
func writtenYear(text string) (year int, ok bool) {
	written, _, ok := strings.Cut(text, "-")
	n, isNumber := digits(written, foreverYear)
	return int(n), ok && isNumber && len(written) == 4
}

// String returns the text of the wire.
func (d DateTime) String() string {
	if d.text == "" {
		return noDate
	}
	return d.text
}

// AppendText appends the text of the wire. It never fails.
func (d DateTime) AppendText(b []byte) ([]byte, error) { return append(b, d.String()...), nil }

// MarshalText returns the text of the wire. It never fails.
func (d DateTime) MarshalText() ([]byte, error) { return d.AppendText(nil) }

// UnmarshalText takes any text, so that one odd date fails no answer: reading
// it with Time does.
func (d *DateTime) UnmarshalText(text []byte) error {
	if string(text) == noDate {
		*d = DateTime{} // the usual one takes no memory
		return nil
	}
	*d = DateTime{string(text)}
	return nil
}

// parseClock reads an ISO 8601 date into the reading of its clock, given as
// UTC, and the location of its offset, nil if it has none. It does not use
// time.Parse for offsets, since that prefers the host's zone.
func parseClock(text string) (clock time.Time, offset *time.Location, err error) {
	rest := text
	if n := len(text) - 1; n > 0 && (text[n] == 'Z' || text[n] == 'z') {
		rest, offset = text[:n], time.UTC
	} else if i := max(strings.LastIndexByte(text, '+'), strings.LastIndexByte(text, '-')); i > len("2006-01-02") {
		rest = text[:i]
		if offset, err = parseOffset(text[i:]); err != nil {
			return clock, nil, err
		}
	}
	// time.Parse would take a comma, more digits than count and an hour of one.
	whole, fraction, _ := strings.Cut(rest, ".")
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		clock, err = time.Parse(layout, rest)
		if err == nil && len(whole) == len(layout) && len(fraction) <= 9 {
			return clock, offset, nil
		}
	}
	return clock, nil, fmt.Errorf("is %s, where one such as 2024-05-01T10:00:00+02:00 was due", excerpt(text))
}

// parseOffset reads "+02:00", "-0500" or "+02".
func parseOffset(text string) (*time.Location, error) {
	for _, layout := range []string{"15:04", "1504", "15"} {
		t, err := time.Parse(layout, text[1:])
		if err != nil || len(text) != 1+len(layout) {
			continue
		}
		seconds := t.Hour()*3600 + t.Minute()*60
		switch {
		case seconds == 0:
			return time.UTC, nil
		case text[0] == '-':
			seconds = -seconds
		}
		return time.FixedZone("", seconds), nil
	}
	return nil, fmt.Errorf("has the offset %s, where one such as +02:00 was due", excerpt(text))
}

// excerpt quotes the beginning of a text that cannot be read.
func excerpt(text string) string {
	const most = 40
	if len(text) > most {
		return strconv.Quote(text[:most]) + "..."
	}
	return strconv.Quote(text)
}

// Date is a calendar day as the server writes it, such as a birthday. Like a
// [DateTime] it keeps the text of the wire, and the day is the one written there
// whatever zone stands behind it. The zero Date is no date.
type Date struct{ text string }

// YearUnknown is the year of a Date of which only month and day are known.
const YearUnknown = 2

// DateOf returns a day. Pass [YearUnknown] if the year is not known. What is
// no day of the calendar is carried over as time.Date does; that year has no
// 29 February, which becomes 1 March. A year before YearUnknown is no date, one
// beyond 9999 is the last day of 9999.
func DateOf(year int, month time.Month, day int) Date {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if t.Year() > foreverYear {
		t = time.Date(foreverYear, time.December, 31, 0, 0, 0, 0, time.UTC)
	}
	return Date(WallClock(t))
}

// ParseDate reads the day of an ISO 8601 date, such as 1960-05-03. Anything
// else is [ErrInvalidArgument].
func ParseDate(text string) (Date, error) {
	clock, _, err := parseClock(text)
	if err != nil {
		return Date{}, invalid("text", err.Error())
	}
	return DateOf(clock.Date()), nil
}

// Time returns midnight of the day in loc, or in UTC if loc is nil. If
// the clocks of loc skip midnight it is the first moment after that, so the day
// stays the one written. No date is the zero time, and a year that is not known
// is [YearUnknown]. It fails for a text that is no date.
func (d Date) Time(loc *time.Location) (time.Time, error) {
	if d.IsZero() {
		return time.Time{}, nil
	}
	clock, _, err := parseClock(d.text)
	if err != nil {
		return time.Time{}, fmt.Errorf("superoffice: the date %w", err)
	}
	if loc == nil {
		loc = time.UTC
	}
	midnight := clock.Truncate(24 * time.Hour)
	t := inZone(midnight, loc)
	if inZone(t, time.UTC).Before(midnight) {
		_, t = t.ZoneBounds() // time.Date went back behind the gap
	}
	return t, nil
}

// YearKnown reports whether d is a day of a certain year.
func (d Date) YearKnown() bool {
	year, ok := writtenYear(d.text)
	return ok && year > YearUnknown
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return DateTime(d).IsZero() }

// String returns the text of the wire.
func (d Date) String() string { return DateTime(d).String() }

// AppendText appends the text of the wire. It never fails.
func (d Date) AppendText(b []byte) ([]byte, error) { return DateTime(d).AppendText(b) }

// MarshalText returns the text of the wire. It never fails.
func (d Date) MarshalText() ([]byte, error) { return DateTime(d).MarshalText() }

// UnmarshalText takes any text, as [DateTime]'s does.
func (d *Date) UnmarshalText(text []byte) error { return (*DateTime)(d).UnmarshalText(text) }
