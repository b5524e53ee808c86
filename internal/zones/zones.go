// Package zones knows the server's names of time zones.
package zones

import (
	"strings"
	"time"
)

// zoneNames are the server's names of zones, each before the zone that it stands
// for: a country, or a state of a country that has several zones.
var zoneNames = [...]string{
	"UTC", "UTC", "AT", "Europe/Vienna", "AU-NSW", "Australia/Sydney", "AU-WA", "Australia/Perth", "BE", "Europe/Brussels",
	"CH", "Europe/Zurich", "CZ", "Europe/Prague", "DE", "Europe/Berlin", "DK", "Europe/Copenhagen", "ES", "Europe/Madrid",
	"FI", "Europe/Helsinki", "FR", "Europe/Paris", "GB", "Europe/London", "IE", "Europe/Dublin", "IT", "Europe/Rome",
	"NL", "Europe/Amsterdam", "NO", "Europe/Oslo", "PL", "Europe/Warsaw", "PT", "Europe/Lisbon", "SE", "Europe/Stockholm",
	"US-CA", "America/Los_Angeles", "US-IL", "America/Chicago", "US-NY", "America/New_York", "US-TX", "America/Chicago",
}

// zoneOf returns the zone that a name stands for, or nothing.
func zoneOf(code string) string {
	code = strings.TrimSpace(code)
	for i := 0; i < len(zoneNames); i += 2 {
		if strings.EqualFold(zoneNames[i], code) {
			return zoneNames[i+1]
		}
	}
	return ""
}

// Location returns the zone that a name of the server's stands for, in any case.
// known is false for a name or number that is not known here; the error is that
// of [time.LoadLocation].
func Location(code string) (loc *time.Location, known bool, err error) {
	name := zoneOf(code)
	if name == "" {
		return nil, false, nil
	}
	loc, err = time.LoadLocation(name)
	return loc, true, err
}

// Known reports whether a name is known here.
func Known(code string) bool { return zoneOf(code) != "" }
