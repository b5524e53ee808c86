package superoffice

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice/internal/wire"
)

// FieldValue is the value of a custom field, and wherever else the server
// encodes a value as text: extra fields, archive columns, table rows, mass
// operations. A number is "[I:123]", "[F:4.43]" or "[M:99.5]", a date
// "[D:05/13/1999]" or "[DT:05/13/1999 20:28:37]", a list of ids "[A:3,4]",
// bytes "[B:...]"; text stands for itself.
//
// The functions [IntValue], [DateValue] and so on write it; its methods read it.
// They take the bare value too ("123", "True", "1999-05-13"), and an empty text
// as the zero of their type. A text that they cannot read is an error that says
// so, and stays as it is.
//
// Text goes as it is: FieldValue("red") needs no function, and nothing escapes
// a text that looks like an encoding, such as "[I:5]". What the server makes of
// one in a text field is not known.
type FieldValue string

// NullValue is no value at all: sent in place of a custom field's value it
// clears the field, which stays. All that reads a [FieldValue] takes it as empty.
// What a server sends as null is read as an empty value, and goes back as null.
const NullValue FieldValue = "\x00"

// IsNull reports whether v is [NullValue].
func (v FieldValue) IsNull() bool { return v == NullValue }

// MarshalJSON writes [NullValue] as null, and all else as text.
func (v FieldValue) MarshalJSON() ([]byte, error) { return wire.Own.Marshal(v) }

// IntValue encodes a whole number, such as an id.
func IntValue(n int) FieldValue { return encoded("I", strconv.Itoa(n)) }

// BoolValue encodes a checkbox.
func BoolValue(b bool) FieldValue {
	if b {
		return IntValue(1)
	}
	return IntValue(0)
}

// FloatValue encodes a number with decimals, in as many digits as it takes to
// read the same number back. What is not finite has no encoding: Float does not
// read it.
func FloatValue(f float64) FieldValue { return encoded("F", strconv.FormatFloat(f, 'f', -1, 64)) }

// MoneyValue encodes an amount, as [FloatValue] does a number. An amount of more
// digits than a float64 holds is written as FieldValue("[M:" + amount + "]").
func MoneyValue(amount float64) FieldValue {
	return encoded("M", strconv.FormatFloat(amount, 'f', -1, 64))
}

// DateValue encodes a day. A text that is no date stays what it is inside the
// encoding, since to write no date instead would wipe one.
func DateValue(d Date) FieldValue {
	t, err := d.Time(nil)
	if err != nil {
		return encoded("D", d.text)
	}
	return encoded("D", t.Format(dayLayout))
}

// DateTimeValue encodes what a clock in t's location shows at t, within the
// bounds of [DateTimeOf]: the encoding has no offset.
func DateTimeValue(t time.Time) FieldValue {
	clock, _, _ := parseClock(WallClock(t).String()) // never fails: it was made here
	return encoded("DT", clock.Format(dayLayout+" 15:04:05.9999999"))
}

// TimeValue encodes a time of day, given as the time since midnight, to the
// minute. What is no time of day is carried over: 25 hours are 01:00.
func TimeValue(sinceMidnight time.Duration) FieldValue {
	return encoded("T", time.Time{}.Add(sinceMidnight).Format(minuteLayout))
}

// IntsValue encodes a list of whole numbers, such as ids.
func IntsValue(all ...int) FieldValue {
	texts := make([]string, 0, len(all))
	for _, n := range all {
		texts = append(texts, strconv.Itoa(n))
	}
	return encoded("A", strings.Join(texts, ","))
}

// BytesValue encodes bytes.
func BytesValue(b []byte) FieldValue { return encoded("B", base64.StdEncoding.EncodeToString(b)) }

// How encoded dates and times look.
const (
	dayLayout    = "01/02/2006"
	minuteLayout = "15:04"
)

func encoded(kind, text string) FieldValue { return FieldValue("[" + kind + ":" + text + "]") }

// decoded takes the encoding off. A bare value has no kind.
func (v FieldValue) decoded() (kind, text string) {
	text = strings.TrimSpace(v.Text())
	inner, ok := strings.CutPrefix(text, "[")
	if !ok || !strings.HasSuffix(inner, "]") {
		return "", text
	}
	kind, inner, ok = strings.Cut(strings.TrimSuffix(inner, "]"), ":")
	if !ok {
		return "", text
	}
	return strings.ToUpper(kind), strings.TrimSpace(inner)
}

// as returns the text inside, if the value is bare or of one of the kinds.
func (v FieldValue) as(what string, kinds ...string) (text string, err error) {
	kind, text := v.decoded()
	if kind == "" {
		return text, nil
	}
	for _, one := range kinds {
		if one == kind {
			return text, nil
		}
	}
	return "", v.unreadable(what)
}

func (v FieldValue) unreadable(what string) error {
	return fmt.Errorf("superoffice: the field value %s is no %s", excerpt(string(v)), what)
}

// Int reads a whole number: [I:...], or [TS:...], whose unit is the field's.
func (v FieldValue) Int() (int, error) {
	text, err := v.as("whole number", "I", "TS")
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, v.unreadable("whole number")
	}
	return n, nil
}

// Bool reads a checkbox: [I:1], [I:0], True or False.
func (v FieldValue) Bool() (bool, error) {
	text, err := v.as("boolean", "I")
	if err != nil {
		return false, err
	}
	switch strings.ToLower(text) {
	case "1", "true":
		return true, nil
	case "0", "false", "":
		return false, nil
	}
	return false, v.unreadable("boolean")
}

// Float reads a number: [F:...], [M:...] or [I:...].
func (v FieldValue) Float() (float64, error) {
	text, err := v.as("number", "F", "M", "I")
	if err != nil || text == "" {
		return 0, err
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.ContainsAny(text, "xXnN") { // hexadecimal, Inf, NaN
		return 0, v.unreadable("number")
	}
	return f, nil
}

// Money reads an amount, in the forms of Float, as the decimal digits that
// stand there. They are exact, which a float64 may not be. An empty value is
// "0".
func (v FieldValue) Money() (string, error) {
	if _, err := v.Float(); err != nil {
		return "", err
	}
	if _, text := v.decoded(); text != "" {
		return text, nil
	}
	return "0", nil
}

// Text returns the value of a text field, which stands for itself. Of any other
// field it is the encoding.
func (v FieldValue) Text() string {
	if v.IsNull() {
		return ""
	}
	return string(v)
}

// clocks are the forms of an encoded date with its time of day, and days those
// of a date alone. Seconds may have a fraction.
var (
	days   = []string{dayLayout, "2006.1.2", "2006/1/2"}
	clocks = []string{dayLayout + " 15:04:05", "2006.1.2 15:04:05", "2006/1/2 15:04:05"}
)

// parseAny reads text in the first of the layouts that it has.
func parseAny(text string, layouts ...string) (t time.Time, ok bool) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// DateTime reads a date with its time of day: [DT:...], [D:...] or ISO 8601.
// What is encoded has no offset. The year may come first, [D:2020.08.27]. With
// dots and the year last, [D:09.11.2017], it is an error: whether day or month
// comes first is not known.
func (v FieldValue) DateTime() (DateTime, error) {
	text, err := v.as("date", "DT", "D")
	if err != nil || text == "" {
		return DateTime{}, err
	}
	if t, ok := parseAny(text, append(days[:len(days):len(days)], clocks...)...); ok {
		return WallClock(t), nil
	}
	d, err := ParseDateTime(text)
	switch {
	case err == nil:
		return d, nil
	case strings.Count(text, ".") >= 2:
		return DateTime{}, v.unreadable("sure date: with dots, whether the day or the month comes first is not known; read its text in the order of your server")
	}
	return DateTime{}, v.unreadable("date")
}

// Date reads a day, in the forms of [DateTime].
func (v FieldValue) Date() (Date, error) {
	d, err := v.DateTime()
	if err != nil {
		return Date{}, err
	}
	return ParseDate(d.String())
}

// Time reads a time of day, [T:...] or [DT:...], as the time since midnight. The
// date that servers write before it, [T:06/19/2019 14:35:56.00000], means
// nothing: it is any day, or the year 1760.
func (v FieldValue) Time() (time.Duration, error) {
	text, err := v.as("time of day", "T", "DT")
	if err != nil || text == "" {
		return 0, err
	}
	t, ok := parseAny(text, append([]string{minuteLayout, "15:04:05", dayLayout + " " + minuteLayout}, clocks...)...)
	if !ok {
		if t, _, err = parseClock(text); err != nil || !strings.Contains(text, ":") {
			return 0, v.unreadable("time of day")
		}
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond()), nil
}

// Ints reads a list of whole numbers, [A:...].
func (v FieldValue) Ints() ([]int, error) {
	text, err := v.as("list of numbers", "A", "I")
	if err != nil || text == "" {
		return nil, err
	}
	var all []int
	for one := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(one))
		if err != nil {
			return nil, v.unreadable("list of numbers")
		}
		all = append(all, n)
	}
	return all, nil
}

// Bytes reads bytes, [B:...].
func (v FieldValue) Bytes() ([]byte, error) {
	text, err := v.as("base64", "B")
	if err != nil || text == "" {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, v.unreadable("base64")
	}
	return b, nil
}
