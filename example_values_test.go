package superoffice_test

import (
	"fmt"
	"time"

	"github.com/superoffice-go/superoffice"
)

// An instant says which moment it is, wherever it is read.
func ExampleDateTimeOf() {
	cest := time.FixedZone("CEST", 2*60*60)
	start := superoffice.DateTimeOf(time.Date(2026, time.May, 4, 12, 30, 0, 0, cest))
	moment, err := start.Time(time.UTC)
	fmt.Println(start)
	fmt.Println(moment, err)
	fmt.Println(superoffice.DateTimeOf(time.Time{}).IsZero())
	// Output:
	// 2026-05-04T12:30:00+02:00
	// 2026-05-04 10:30:00 +0000 UTC <nil>
	// true
}

// The reading of a clock has no offset, and is no moment until it is said
// if the clock hangs.
func ExampleWallClock() {
	start := superoffice.WallClock(time.Date(2026, time.May, 4, 12, 30, 0, 0, time.UTC))
	fmt.Println(start, start.HasOffset())
	_, err := start.Time(nil)
	fmt.Println(err)
	// Output:
	// 2026-05-04T12:30:00 false
	// superoffice: 2026-05-04T12:30:00 has no offset: give the location of its clock, or ask for offsets with WithTimeZoneOffsets
}

// The server has words for no date and for a date that never comes. Which
// zone they are told in does not matter.
func ExampleDateTime_IsZero() {
	for _, text := range []string{"0001-01-01T00:00:00", "0001-01-01T01:00:00+01:00", "9999-12-31T23:59:59Z"} {
		date, err := superoffice.ParseDateTime(text)
		fmt.Println(date.IsZero(), date.IsForever(), err)
	}
	// Output:
	// true false <nil>
	// true false <nil>
	// false true <nil>
}

// A length of time has days before the point.
func ExampleTimeSpan() {
	fmt.Println(superoffice.TimeSpanOf(26*time.Hour + 90*time.Second))
	lead, err := superoffice.ParseTimeSpan("-00:15:00")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(lead.Duration())
	// Output:
	// 1.02:01:30
	// -15m0s <nil>
}

// An amount is read to the last digit, or as a float64 if that will do.
func ExampleFieldValue_Money() {
	price := superoffice.FieldValue("[M:99.50]")
	fmt.Println(price.Money())
	fmt.Println(price.Float())
	fmt.Println(superoffice.MoneyValue(99.5))
	// Output:
	// 99.50 <nil>
	// 99.5 <nil>
	// [M:99.5]
}
