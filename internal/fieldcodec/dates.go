package fieldcodec

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice"
)

// clock returns what a date shows, in UTC.
func clock(d superoffice.DateTime) (time.Time, error) {
	t, err := d.Time(time.UTC)
	if err != nil || t.IsZero() {
		return time.Time{}, err
	}
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC), nil
}

func decodeTime(s Source, dst reflect.Value) error {
	d, err := s.Value.DateTime()
	if err != nil {
		return err
	}
	t, err := clock(d)
	if err != nil {
		return err
	}
	dst.Set(reflect.ValueOf(t))
	return nil
}

var errYear = errors.New("the year is not between 1 and 9999")

// encodeTime writes what the clock shows. No time is no value.
func encodeTime(src reflect.Value, old superoffice.FieldValue) (superoffice.FieldValue, error) {
	return encodeInstant(*src.Addr().Interface().(*time.Time), old)
}

// encodeInstant is encodeTime for a time that is no field.
func encodeInstant(t time.Time, old superoffice.FieldValue) (superoffice.FieldValue, error) {
	switch {
	case t.IsZero():
		return superoffice.NullValue, nil
	case t.Year() < 1 || t.Year() > 9999:
		return "", errYear
	case isMidnight(t) && !hasKind(old, kindDateTime):
		return superoffice.DateValue(superoffice.DateOf(t.Date())), nil
	}
	return superoffice.DateTimeValue(t), nil
}

func isMidnight(t time.Time) bool {
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
}

// sameTime compares what the clocks show, in as many digits as are written.
func sameTime(a, b reflect.Value) bool {
	const written = "2006-01-02 15:04:05.0000000"
	return a.Interface().(time.Time).Format(written) == b.Interface().(time.Time).Format(written)
}

func decodeDate(s Source, dst reflect.Value) error {
	d, err := s.Value.Date()
	if err == nil {
		dst.Set(reflect.ValueOf(d))
	}
	return err
}

func encodeDate(src reflect.Value, old superoffice.FieldValue) (superoffice.FieldValue, error) {
	d := src.Interface().(superoffice.Date)
	if d.IsZero() {
		return superoffice.NullValue, nil
	}
	t, err := d.Time(time.UTC)
	if err != nil {
		return "", err
	}
	if hasKind(old, kindDateTime) {
		return superoffice.DateTimeValue(t), nil
	}
	return superoffice.DateValue(d), nil
}

func decodeDateTime(s Source, dst reflect.Value) error {
	d, err := s.Value.DateTime()
	if err == nil {
		dst.Set(reflect.ValueOf(d))
	}
	return err
}

func encodeDateTime(src reflect.Value, old superoffice.FieldValue) (superoffice.FieldValue, error) {
	d := src.Interface().(superoffice.DateTime)
	if d.HasOffset() {
		return "", fmt.Errorf("%s has an offset, which the encoding has no place for", d)
	}
	t, err := clock(d)
	if err != nil {
		return "", err
	}
	return encodeInstant(t, old)
}

// isClock reports whether a value is a time of day, or has one.
func isClock(v superoffice.FieldValue) bool {
	text := strings.TrimSpace(v.Text())
	return hasKind(v, kindTime) || hasKind(v, kindDateTime) || !strings.HasPrefix(text, "[") && strings.Contains(text, ":")
}

func decodeDuration(s Source, dst reflect.Value) error {
	if isClock(s.Value) {
		d, err := s.Value.Time()
		dst.SetInt(int64(d))
		return err
	}
	n, err := s.Value.Int()
	const most = int64(math.MaxInt64 / time.Second)
	if err == nil && (int64(n) > most || int64(n) < -most) {
		return errTooLarge
	}
	dst.SetInt(int64(n) * int64(time.Second))
	return err
}

// encodeDuration writes a time of day in place of one, and seconds otherwise.
func encodeDuration(src reflect.Value, old superoffice.FieldValue) (superoffice.FieldValue, error) {
	d := time.Duration(src.Int())
	if _, err := old.Time(); hasKind(old, kindTime) || err == nil && isClock(old) { // what cannot be read is none
		return encodeClock(d, old)
	}
	kind := kindSpan
	switch {
	case d%time.Second != 0:
		return "", fmt.Errorf("%s is not in whole seconds", d)
	case hasKind(old, kindWhole):
		kind = kindWhole
	}
	return superoffice.FieldValue(fmt.Sprintf("[%s:%d]", kind, d/time.Second)), nil
}

// encodeClock writes a time of day in place of another, in the same form, with the
// date that is there. The date that servers write before a [T:...] means nothing.
func encodeClock(d time.Duration, old superoffice.FieldValue) (superoffice.FieldValue, error) {
	switch {
	case d < 0 || d >= 24*time.Hour:
		return "", fmt.Errorf("%s is no time of day, as %s is", d, old)
	case !hasKind(old, kindTime):
		return withClock(d, old)
	case d%time.Minute != 0:
		return "", fmt.Errorf("%s is no time of day in whole minutes", d)
	}
	return superoffice.TimeValue(d), nil
}

// clockForms are the forms of a time of day, with a date or without. Seconds may
// have a fraction.
var clockForms = []string{
	"15:04:05", "15:04", "01/02/2006 15:04:05", "01/02/2006 15:04", "2006.01.02 15:04:05", "2006.1.2 15:04:05", "2006/01/02 15:04:05", "2006/1/2 15:04:05",
	"2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05",
}

// withClock is a value with another time of day. One that the form has no place for
// is an error, since any other form might mean something else.
func withClock(d time.Duration, old superoffice.FieldValue) (superoffice.FieldValue, error) {
	text, before, behind := strings.TrimSpace(old.Text()), "", ""
	if hasKind(old, kindDateTime) {
		before, behind = "["+kindDateTime+":", "]"
		_, text, _ = strings.Cut(text, ":")
		text = strings.TrimSpace(strings.TrimSuffix(text, "]"))
	}
	for _, form := range clockForms {
		t, err := time.Parse(form, text)
		if err != nil {
			continue
		}
		t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location()).Add(d)
		form = strings.Replace(form, ":05", ":05.9999999", 1)
		value := superoffice.FieldValue(before + t.Format(form) + behind)
		if got, err := value.Time(); err == nil && got == d {
			return value, nil
		}
	}
	return "", fmt.Errorf("%s has no place in the form of %s, which is a time of day", d, old)
}
