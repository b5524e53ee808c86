package superofficetest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice/internal/zones"
)

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
	return strings.EqualFold(element, "includeTZOffset") || zones.Known(element)
}
