package activities

import (
	"errors"
	"hash/fnv"
	"strings"
	"time"
)

// quietSpread is the longest that a user waits beyond the end of the quiet hours,
// so that not everybody is written to in the same second.
const quietSpread = 10 * time.Minute

// minLoud is how much of a day quiet hours leave at least, in minutes: room for the
// spread behind their end.
const (
	minLoud    = 60
	dayMinutes = 24 * 60
)

// quietHours are the hours of a user's day in which nothing is sent, from the one
// minute of the day to the other; equal ones are none.
type quietHours struct{ from, to int }

// parseQuiet reads "22:00-07:00"; "" is none.
func parseQuiet(text string) (quietHours, error) {
	if text == "" {
		return quietHours{}, nil
	}
	begin, end, _ := strings.Cut(text, "-")
	from, errFrom := time.Parse("15:04", begin)
	to, errTo := time.Parse("15:04", end)
	if errors.Join(errFrom, errTo) != nil || from.Equal(to) {
		return quietHours{}, errors.New(`quiet hours are two different times of the day, as "22:00-07:00"`)
	}
	q := quietHours{minute(from), minute(to)}
	if (q.from-q.to+dayMinutes)%dayMinutes < minLoud {
		return quietHours{}, errors.New("quiet hours leave less than an hour of the day")
	}
	return q, nil
}

// minute returns the minute of the day that a clock shows, from 0.
func minute(at time.Time) int { return at.Hour()*60 + at.Minute() }

// at says whether a clock shows a time within the quiet hours.
func (q quietHours) at(clock time.Time) bool {
	m := minute(clock)
	if q.from <= q.to {
		return q.from <= m && m < q.to
	}
	return m >= q.from || m < q.to
}

// wait returns for how long a user is not to be written to, 0 where it may be at
// once. The clock on the user's wall decides, also in the night in which it is
// changed: an hour that it skips is over, and one that it shows twice is quiet
// twice.
func (q quietHours) wait(now time.Time, zone *time.Location, userID string) time.Duration {
	if !q.at(now.In(zone)) {
		return 0
	}
	end := now.Truncate(time.Minute)
	for q.at(end.In(zone)) { // less than a day and an hour of minutes
		end = end.Add(time.Minute)
	}
	return end.Sub(now) + userSpread(quietSpread, userID)
}

// userSpread returns a duration in [0, limit) that is the same at every call for a
// user.
func userSpread(limit time.Duration, userID string) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(userID)) // never fails, by its contract
	return time.Duration(h.Sum64() % uint64(limit))
}
