package superofficetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// zoneNames are some of the vendor's zone names: a country, and a place where
// it has several zones.
func zoneNames() []string {
	return []string{
		"UTC", "AT", "AU-NSW", "AU-WA", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT",
		"NL", "NO", "PL", "PT", "SE", "US-CA", "US-IL", "US-NY", "US-TX",
	}
}

// highestZoneID bounds the numeric ids that are accepted.
const highestZoneID = 999

// checkTimeZone refuses an SO-TimeZone that names an unknown zone. The header
// is a zone's id or name, or includeTZOffset, or both with a comma between.
func checkTimeZone(header string) *failure {
	if header == "" {
		return nil
	}
	for element := range strings.SplitSeq(header, ",") {
		if !knownZoneElement(strings.TrimSpace(element)) {
			return argumentFailure(fmt.Sprintf("The time zone %q is not known.", strings.TrimSpace(element)))
		}
	}
	return nil
}

func knownZoneElement(element string) bool {
	if id, err := strconv.Atoi(element); err == nil {
		return id > 0 && id <= highestZoneID
	}
	return strings.EqualFold(element, "includeTZOffset") ||
		slices.ContainsFunc(zoneNames(), func(name string) bool { return strings.EqualFold(name, element) })
}
