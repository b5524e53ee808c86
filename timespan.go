package superoffice

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// TimeSpan is a length of time as the server writes it: [-][days.]hh:mm:ss
// with a fraction of up to seven digits, such as "1.02:03:04" or
// "-00:15:00". Like a [DateTime] it keeps the text of the wire. The zero
// TimeSpan is 00:00:00.
type TimeSpan struct{ text string }

const noTime = "00:00:00"

// TimeSpanOf returns d in the server's ticks of 100 ns.
func TimeSpanOf(d time.Duration) TimeSpan {
	const tick, day = 100 * time.Nanosecond, 24 * time.Hour
	sign, ticks := "", d/tick
	if d < 0 {
		sign, ticks = "-", -ticks
	}
	text := time.Time{}.Add(ticks % (day / tick) * tick).Format("15:04:05.9999999")
	if days := ticks / (day / tick); days > 0 {
		text = strconv.Itoa(int(days)) + "." + text
	}
	if text == noTime {
		return TimeSpan{}
	}
	return TimeSpan{sign + text}
}

// ParseTimeSpan reads a length of time as the server writes it: hours and
// minutes at least, or a number of days. Anything else is [ErrInvalidArgument].
func ParseTimeSpan(text string) (TimeSpan, error) {
	if _, _, err := parseSpan(text); err != nil {
		return TimeSpan{}, invalid("text", err.Error())
	}
	if text == noTime {
		return TimeSpan{}, nil
	}
	return TimeSpan{text}, nil
}

// Duration returns s as a time.Duration. It fails for a text that is no time
// span, and for one of more than 292 years, which a Duration cannot hold.
func (s TimeSpan) Duration() (time.Duration, error) {
	seconds, nanoseconds, err := parseSpan(s.String())
	if err != nil {
		return 0, fmt.Errorf("superoffice: the time span %w", err)
	}
	const most = math.MaxInt64
	const second = int64(time.Second)
	if seconds > most/second || seconds == most/second && nanoseconds > most%second {
		return 0, fmt.Errorf("superoffice: the time span %s is longer than a time.Duration can be", s.text)
	}
	d := time.Duration(seconds)*time.Second + time.Duration(nanoseconds)
	if strings.HasPrefix(s.text, "-") {
		return -d, nil
	}
	return d, nil
}

// IsZero reports whether s has no length.
func (s TimeSpan) IsZero() bool {
	seconds, nanoseconds, err := parseSpan(s.String())
	return err == nil && seconds == 0 && nanoseconds == 0
}

// String returns the text of the wire.
func (s TimeSpan) String() string {
	if s.text == "" {
		return noTime
	}
	return s.text
}

// AppendText appends the text of the wire. It never fails.
func (s TimeSpan) AppendText(b []byte) ([]byte, error) { return append(b, s.String()...), nil }

// MarshalText returns the text of the wire. It never fails.
func (s TimeSpan) MarshalText() ([]byte, error) { return s.AppendText(nil) }

// UnmarshalText takes any text, so that one odd span fails no answer: reading
// it with Duration does.
func (s *TimeSpan) UnmarshalText(text []byte) error {
	if string(text) == noTime {
		*s = TimeSpan{}
		return nil
	}
	*s = TimeSpan{string(text)}
	return nil
}

// parseSpan reads a time span without its sign.
func parseSpan(text string) (seconds, nanoseconds int64, err error) {
	bad := fmt.Errorf("is %s, where one such as 1.02:03:04 was due", excerpt(text))
	rest := strings.TrimPrefix(text, "-")
	parts := strings.Split(rest, ":")
	days := "0"
	switch {
	case len(parts) == 1:
		days, parts[0] = parts[0], "0"
	case strings.Contains(parts[0], "."):
		days, parts[0], _ = strings.Cut(parts[0], ".")
	}
	if len(parts) > 3 || strings.HasSuffix(rest, ".") {
		return 0, 0, bad
	}
	fraction := ""
	if len(parts) == 3 {
		parts[2], fraction, _ = strings.Cut(parts[2], ".")
	}
	const mostDays = 10675199 // of the server's own type
	total, ok := digits(days, mostDays)
	for i, most := range []int64{23, 59, 59} {
		n := int64(0)
		if i < len(parts) && ok {
			n, ok = digits(parts[i], most)
		}
		total = total*[]int64{24, 60, 60}[i] + n
	}
	if !ok || len(fraction) > 9 {
		return 0, 0, bad
	}
	if fraction == "" {
		return total, 0, nil
	}
	nanoseconds, ok = digits(fraction+"000000000"[len(fraction):], math.MaxInt64)
	if !ok {
		return 0, 0, bad
	}
	return total, nanoseconds, nil
}

// digits reads a number that is nothing but digits.
func digits(text string, most int64) (n int64, ok bool) {
	u, err := strconv.ParseUint(text, 10, 63)
	return int64(u), err == nil && int64(u) <= most && text[0] != '+'
}
