package archive

import (
	"fmt"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/zones"
)

// zone is where the clocks of a query stand.
type zone struct {
	loc *time.Location
	// options are the call options that make the server answer in the zone.
	options []superoffice.CallOption
}

// zoneOf returns the zone of a query: the one that was given, the one that the
// client's or the call's time zone option names, or UTC, which the server is
// then asked for.
func zoneOf(client *superoffice.Client, given *time.Location, options []superoffice.CallOption) (*zone, error) {
	code, err := client.TimeZoneCode(options...)
	switch {
	case err != nil:
		return nil, err
	case given != nil:
		return &zone{loc: given}, nil
	case code == "":
		return &zone{loc: time.UTC, options: []superoffice.CallOption{superoffice.WithTimeZone("UTC")}}, nil
	}
	loc, known, err := zones.Location(code)
	if !known {
		return nil, invalid("the time zone %s is not one that this package knows; say with Zone what it means", code)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the time zone %s: %w; import time/tzdata, or give it with Zone", superoffice.ErrInvalidArgument, code, err)
	}
	return &zone{loc: loc}, nil
}

// parse reads a time. ok is false if there is none.
func (z *zone) parse(c value) (t time.Time, ok bool, err error) {
	if c.kind == '"' {
		if t, ok := z.parseISO(c.text); ok {
			return t, t.Year() > 1, nil
		}
	}
	d, err := c.dateTime()
	if err != nil || d.IsZero() {
		return t, false, err
	}
	if t, err = d.Time(z.loc); err != nil {
		return t, false, misfit{"a date"}
	}
	return t, true, nil
}

// parseISO reads the form that nearly all have: 2026-05-01T10:00:00.
func (z *zone) parseISO(b []byte) (t time.Time, ok bool) {
	const form = "0000-00-00T00:00:00"
	if len(b) != len(form) {
		return t, false
	}
	for i := range len(form) {
		isDigit := '0' <= b[i] && b[i] <= '9'
		if isDigit != (form[i] == '0') || !isDigit && b[i] != form[i] {
			return t, false
		}
	}
	two := func(i int) int { return int(b[i]-'0')*10 + int(b[i+1]-'0') }
	year, month, day := two(0)*100+two(2), two(5), two(8)
	hour, minute, second := two(11), two(14), two(17)
	if month == 0 || month > 12 || day == 0 || day > 28 && day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return t, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, 0, z.loc), true
}

// daysIn is the number of days in a month.
func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{superoffice.ErrInvalidArgument}, args...)...)
}
