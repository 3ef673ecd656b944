package activities

import (
	"fmt"
	"time"
)

// zoneOf returns the time zone of a name, and whether it is known; else UTC.
func zoneOf(name string) (zone *time.Location, known bool) {
	// "Local" is this machine's zone, and nobody's who is written to.
	if name == "" || name == "Local" {
		return time.UTC, false
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC, false // a name that an older list of zones does not have
	}
	return zone, true
}

var germanMonths = [...]string{
	"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
}

// inWords writes a time in the words of a language: to the minute, in its own
// zone. The zone is named unless the reader's is known to be it. A language that is
// not built in gets figures.
func inWords(language string, at time.Time, knownZone bool) string {
	zone := ""
	if !knownZone {
		zone = " " + at.Format("MST")
	}
	switch base(language) {
	case "en":
		return at.Format("2 January 2006, 15:04") + zone
	case "de":
		return fmt.Sprintf("%d. %s %s Uhr%s", at.Day(), germanMonths[at.Month()-1], at.Format("2006, 15:04"), zone)
	}
	return at.Format("2006-01-02 15:04") + zone
}
