package activities

import (
	"time"

	"admit/onboarding"
)

// lastReminder says whether a reminder that was decided at the given time is the
// last before the user is given up: by the policy no other comes in between.
func lastReminder(p onboarding.Policy, m onboarding.Message, decided time.Time) bool {
	if m.Template != numberedMail || m.AbandonAt.IsZero() {
		return false
	}
	if m.Number >= p.MaxReminders {
		return true
	}
	// Every step counts from the start of the same clock.
	stall := p.Stall.At(m.Stage)
	start := m.AbandonAt.Add(-stall.Abandon.D())
	for _, after := range stall.Remind {
		if due := start.Add(after.D()); due.After(decided) && due.Before(m.AbandonAt) {
			return false
		}
	}
	return true
}
