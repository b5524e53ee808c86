// Package zones knows the server's names of time zones.
package zones

import (
	"strings"
	"time"
)

// places are the zones by the server's names for them, if the name stands for
// one: a country, and a state of a country that has several zones.
var places = map[string]string{
	"UTC": "UTC", "AT": "Europe/Vienna", "AU-NSW": "Australia/Sydney", "AU-WA": "Australia/Perth", "BE": "Europe/Brussels",
	"CH": "Europe/Zurich", "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "ES": "Europe/Madrid",
	"FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London", "IE": "Europe/Dublin", "IT": "Europe/Rome",
	"NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon", "SE": "Europe/Stockholm",
	"US-CA": "America/Los_Angeles", "US-IL": "America/Chicago", "US-NY": "America/New_York", "US-TX": "America/Chicago",
}

// Location returns the zone that a name of the server's stands for, in any case.
// known is false for a name or number that is not known here; the error is that
// of [time.LoadLocation].
func Location(code string) (loc *time.Location, known bool, err error) {
	place, known := places[strings.ToUpper(strings.TrimSpace(code))]
	if !known {
		return nil, false, nil
	}
	loc, err = time.LoadLocation(place)
	return loc, true, err
}

// Known reports whether a name is known here.
func Known(code string) bool {
	_, known := places[strings.ToUpper(strings.TrimSpace(code))]
	return known
}
