package activities_test

import (
	"fmt"
	"testing"
	"time"

	"admit/activities"
)

// quietly returns for how long a user waits, without the spread.
func quietly(t *testing.T, hours, zone, now string) time.Duration {
	t.Helper()
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	wait, spread, err := activities.QuietWait(hours, at, place, "user-1")
	if err != nil {
		t.Fatal(err)
	}
	return wait - spread
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	const berlin = "Europe/Berlin" // UTC+1 in winter, UTC+2 in summer
	for _, tt := range []struct {
		name, hours, zone, now string
		want                   time.Duration
	}{
		{"none", "", berlin, "2026-01-15T23:00:00Z", 0},
		{"by day", "22:00-07:00", berlin, "2026-01-15T12:00:00Z", 0},
		{"right before", "22:00-07:00", berlin, "2026-01-15T20:59:59Z", 0},
		{"right at the beginning", "22:00-07:00", berlin, "2026-01-15T21:00:00Z", 9 * time.Hour},
		{"before midnight", "22:00-07:00", berlin, "2026-01-15T22:30:00Z", 7*time.Hour + 30*time.Minute},
		{"after midnight", "22:00-07:00", berlin, "2026-01-15T23:30:00Z", 6*time.Hour + 30*time.Minute},
		{"the last second", "22:00-07:00", berlin, "2026-01-16T05:59:59Z", time.Second},
		{"right at the end", "22:00-07:00", berlin, "2026-01-16T06:00:00Z", 0},
		{"in summer", "22:00-07:00", berlin, "2026-07-15T20:00:00Z", 9 * time.Hour},
		{"within a day", "12:00-14:00", berlin, "2026-01-15T11:30:00Z", 90 * time.Minute},
		{"within a day, before", "12:00-14:00", berlin, "2026-01-15T10:30:00Z", 0},
		{"until midnight", "22:00-00:00", berlin, "2026-01-15T22:00:00Z", time.Hour},
		{"from midnight", "00:00-06:00", berlin, "2026-01-15T23:00:00Z", 6 * time.Hour},
		{"nearly always", "08:00-07:00", berlin, "2026-01-15T07:00:00Z", 23 * time.Hour},
		{"half an hour beside", "22:00-07:00", "Asia/Kolkata", "2026-01-15T16:30:00Z", 9 * time.Hour},
		{"another day there", "22:00-07:00", "Pacific/Auckland", "2026-01-15T12:00:00Z", 6 * time.Hour},

		// On 29 March 2026 at 2:00 the clocks in Berlin go to 3:00, at 01:00 UTC.
		{"spring: the night is an hour shorter", "22:00-07:00", berlin, "2026-03-28T21:00:00Z", 8 * time.Hour},
		{"spring: an end that is skipped", "22:00-02:30", berlin, "2026-03-29T00:30:00Z", 30 * time.Minute},
		{"spring: a beginning that is skipped", "02:30-06:00", berlin, "2026-03-29T00:59:00Z", 0},
		{"spring: after one that was skipped", "02:30-06:00", berlin, "2026-03-29T01:00:00Z", 3 * time.Hour},
		// On 25 October 2026 at 3:00 they go back to 2:00, at 01:00 UTC.
		{"autumn: the night is an hour longer", "22:00-07:00", berlin, "2026-10-24T20:00:00Z", 10 * time.Hour},
		{"autumn: the first end of two", "22:00-02:30", berlin, "2026-10-25T00:00:00Z", 30 * time.Minute},
		{"autumn: between them", "22:00-02:30", berlin, "2026-10-25T00:45:00Z", 0},
		{"autumn: the hour comes again", "22:00-02:30", berlin, "2026-10-25T01:00:00Z", 30 * time.Minute},
		{"autumn: the first beginning of two", "02:30-06:00", berlin, "2026-10-25T00:30:00Z", 30 * time.Minute},
		{"autumn: the second", "02:30-06:00", berlin, "2026-10-25T01:30:00Z", 3*time.Hour + 30*time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := quietly(t, tt.hours, tt.zone, tt.now); got != max(tt.want, 0) {
				t.Errorf("wait = %v, want %v", got, tt.want)
			}
		})
	}
}

// TestQuietSpread holds that users wake apart, each always at the same time.
func TestQuietSpread(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 15, 23, 0, 0, 0, time.UTC)
	seen := map[time.Duration]bool{}
	for i := range 100 {
		user := fmt.Sprintf("user-%d", i)
		wait, spread, err := activities.QuietWait("22:00-07:00", now, time.UTC, user)
		again, _, _ := activities.QuietWait("22:00-07:00", now, time.UTC, user)
		if err != nil || wait != again || spread < 0 || spread >= 10*time.Minute {
			t.Fatalf("%s waits %v, %v, of it %v: %v", user, wait, again, spread, err)
		}
		seen[wait.Truncate(time.Minute)] = true
	}
	if len(seen) != 10 {
		t.Errorf("100 users wake in %d of 10 minutes", len(seen))
	}
}

func TestQuietMistakes(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"22:00", "22:00-", "-07:00", "22-7", "22:00-22:00", "07:05-07:00", "07:59-07:00", "24:00-07:00", "22:00-07:00-08:00", "22:00 - 07:00", "10pm-7am"} {
		if _, _, err := activities.QuietWait(bad, time.Time{}, time.UTC, ""); err == nil {
			t.Errorf("%q is taken for quiet hours", bad)
		}
	}
}
