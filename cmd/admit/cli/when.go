package cli

import (
	"strconv"
	"strings"
	"time"
)

// pointInTime reads a time as an operator writes it: RFC 3339, or a date, which means
// the end of that day in the given zone.
func pointInTime(text string, zone *time.Location) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, true
	}
	day, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return time.Time{}, false
	}
	return day.AddDate(0, 0, 1).Add(-time.Microsecond), true
}

// span reads a positive duration: as Go writes it, or in days, "30d".
func span(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err == nil && n > 0
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}

// rate is how many things are done in a second; a flag.
type rate float64

// maxRate keeps a slip of the finger from being an attack.
const maxRate = 5000

// Set implements pflag.Value: "20/s", "600/m", or "20", which is per second.
func (r *rate) Set(text string) error {
	number, unit, _ := strings.Cut(text, "/")
	per, known := map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600}[unit]
	n, err := strconv.ParseFloat(number, 64)
	// The comparison refuses what is no number, too.
	if v := n / per; err == nil && known && v > 0 && v <= maxRate && v >= 1.0/3600 {
		*r = rate(v)
		return nil
	}
	return usage("%q is no rate: it looks like 20/s, 600/m or 3600/h, and is at most %d/s", text, maxRate)
}

// String implements pflag.Value.
func (r *rate) String() string { return strconv.FormatFloat(float64(*r), 'g', 4, 64) + "/s" }

// Type implements pflag.Value.
func (*rate) Type() string { return "RATE" }

// every returns the distance of two things.
func (r rate) every() time.Duration { return time.Duration(float64(time.Second) / float64(r)) }
