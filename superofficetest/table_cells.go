package superofficetest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A cell of a table is an int64, a float64, a bool, a string, a []int64 or a
// time.Time, or nil if there is no value. A time is what a clock shows, in UTC.
// Nothing here is the client's code, so that a mistake in how that writes a value
// shows.

const (
	cellDay   = "01/02/2006"
	cellClock = cellDay + " 15:04:05.0000000"
)

// encodeCell writes a cell as the server does, such as [I:42].
func encodeCell(t ColumnType, cell any) string {
	switch v := cell.(type) {
	case int64:
		if t == ColumnTimeSpan {
			return fmt.Sprintf("[TS:%d]", v)
		}
		return fmt.Sprintf("[I:%d]", v)
	case bool:
		if v {
			return "[I:1]"
		}
		return "[I:0]"
	case float64:
		return "[F:" + strconv.FormatFloat(v, 'f', -1, 64) + "]"
	case time.Time:
		return encodeTime(t, v)
	case []int64:
		return "[A:" + joinInts(v) + "]"
	}
	text, _ := cell.(string)
	return text
}

func encodeTime(t ColumnType, v time.Time) string {
	switch t {
	case ColumnDate:
		return "[D:" + v.Format(cellDay) + "]"
	case ColumnTime:
		return "[T:" + v.Format("15:04") + "]"
	}
	return "[DT:" + v.Format(cellClock) + "]"
}

func joinInts(all []int64) string {
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(texts, ",")
}

// zeroCell is what a column holds that has no value and cannot be without one.
func zeroCell(t ColumnType) any {
	switch t {
	case ColumnString:
		return ""
	case ColumnDecimal:
		return 0.0
	case ColumnBool:
		return false
	case ColumnDate, ColumnDateTime, ColumnTime:
		return time.Time{}
	case ColumnIDs:
		return []int64{}
	}
	return int64(0)
}

// cellKinds are the encodings that a column takes beside the bare value.
var cellKinds = map[ColumnType][]string{
	ColumnInt: {"I"}, ColumnID: {"I"}, ColumnBool: {"I"}, ColumnTimeSpan: {"TS", "I"}, ColumnDecimal: {"F", "M", "I"},
	ColumnDate: {"D", "DT"}, ColumnDateTime: {"DT", "D"}, ColumnTime: {"T", "DT"}, ColumnIDs: {"A", "I"},
}

// parseCell reads a value, encoded or bare. Empty is no value, but in a text, and
// in a column that must have one, where it is the zero. wrong says what does not
// fit the column.
func parseCell(c Column, value string) (cell any, wrong string) {
	if c.Type == ColumnString {
		if n := utf8.RuneCountInString(value); c.MaxLength > 0 && n > c.MaxLength {
			return nil, fmt.Sprintf("%s: the text has %d characters, and the column takes %d", c.Name, n, c.MaxLength)
		}
		return value, ""
	}
	text := strings.TrimSpace(value)
	if text == "" {
		return emptyCell(c), ""
	}
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
		kind, encoded, _ := strings.Cut(strings.TrimSuffix(inner, "]"), ":")
		text = ""
		for _, one := range cellKinds[c.Type] {
			if strings.EqualFold(one, kind) {
				text = strings.TrimSpace(encoded)
			}
		}
	}
	if cell = parseBare(c.Type, text); cell == nil {
		return nil, fmt.Sprintf("%s: %q is no %s", c.Name, value, c.Type)
	}
	return cell, ""
}

// emptyCell is what a column holds that was given no value.
func emptyCell(c Column) any {
	if c.NotNull {
		return zeroCell(c.Type)
	}
	return nil
}

// parseBare reads a value without its encoding, nil if it cannot.
func parseBare(t ColumnType, text string) any {
	switch t {
	case ColumnInt, ColumnID, ColumnTimeSpan:
		if n, err := strconv.ParseInt(text, 10, 32); err == nil {
			return n
		}
	case ColumnBool:
		switch strings.ToLower(text) {
		case "1", "true":
			return true
		case "0", "false":
			return false
		}
	case ColumnDecimal:
		if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) && !strings.ContainsAny(text, "xXpP") {
			return f
		}
	case ColumnDate, ColumnDateTime, ColumnTime:
		return parseClockCell(t, text)
	case ColumnIDs:
		ids := []int64{}
		for one := range strings.SplitSeq(text, ",") {
			n, err := strconv.ParseInt(strings.TrimSpace(one), 10, 32)
			if err != nil {
				return nil
			}
			ids = append(ids, n)
		}
		return ids
	}
	return nil
}

// clockForms are the forms of a date, with its time or without.
var clockForms = []string{
	cellDay + " 15:04:05", cellDay, "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02",
	"2006.1.2 15:04:05", "2006.1.2", cellDay + " 15:04",
}

func parseClockCell(t ColumnType, text string) any {
	forms := clockForms
	if t == ColumnTime {
		forms = append([]string{"15:04", "15:04:05"}, forms...)
	}
	for _, form := range forms {
		v, err := time.Parse(form, text)
		if err != nil {
			continue
		}
		v = time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), v.Nanosecond(), time.UTC)
		switch t {
		case ColumnDate:
			return v.Truncate(24 * time.Hour)
		case ColumnTime:
			return time.Date(1, 1, 1, v.Hour(), v.Minute(), 0, 0, time.UTC)
		}
		if v.Year() == 0 { // a time alone
			return nil
		}
		return v
	}
	return nil
}

// archived is a cell as archives take it: an instant by the clocks of the
// installation.
func archived(cell any, base *time.Location) any {
	if v, ok := cell.(time.Time); ok && v.Year() > 1 {
		return time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), v.Nanosecond(), base)
	}
	return cell
}
