package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"admit/onboarding"
	"admit/postgres"
)

// TestNobodyStandsInTheWay has everything that locks rows of the ledger happen to a
// few users at the same time: nobody waits for who waits for him, which the
// database would end by refusing one of them.
func TestNobodyStandsInTheWay(t *testing.T) {
	t.Parallel()
	const rounds, workers = 60, 12
	s, db := setup(t, systems)
	older := open(t, db.Config().ConnString(), func(o *postgres.Options) { o.Targets = nil })
	names := users(1, 3)
	letIn(t, s, names...)
	do := []func(user, sender string, r *rand.Rand) error{
		func(user, _ string, r *rand.Rand) error {
			_, err := s.Accept(t.Context(), report(user, []body{verified, expired, started}[r.IntN(3)]))
			return err
		},
		func(user, _ string, r *rand.Rand) error {
			_, err := []*postgres.Store{s, s, older}[r.IntN(3)].Advance(t.Context(), onboarding.AdvanceRequest{UserID: user})
			return err
		},
		func(user, sender string, r *rand.Rand) error {
			lane := []onboarding.LaneRef{{UserID: user, Target: "core", Lane: onboarding.LaneAccess}, laneOf(user, "core"), laneOf(user, "crm")}[r.IntN(3)]
			taken, err := s.Take(t.Context(), lane, sender, hold)
			if err == nil && taken.Delivery != nil {
				_, err = s.Record(t.Context(), taken.Delivery.ID, sender, []onboarding.Attempt{delivered, gone, failed, refused}[r.IntN(4)])
			}
			return err
		},
		func(_, _ string, r *rand.Rand) error {
			_, _, _, err := s.ReplayEffects(t.Context(), []string{"core", "crm"}[r.IntN(2)], nil, 0, "ops-1", "r")
			return err
		},
		func(_, _ string, _ *rand.Rand) error {
			_, _, _, err := s.TellPresent(t.Context(), "core", "", 0, "ops-1", "r")
			return err
		},
		func(_, _ string, r *rand.Rand) error {
			// What opens the way again, and closes another.
			_, err := db.Exec(t.Context(), []string{
				"update effects set next_attempt_at = now(), taken_until = null where id in (select id from effects where state = 'waiting' order by id for update)",
				"update effects set state = 'parked', last_answer = 'target not configured' where id in (select id from effects where state = 'waiting' and taken_until is null order by id for update skip locked)",
				"update hooks set next_probe = now() where failing_from is not null",
			}[r.IntN(3)])
			return err
		},
	}
	var working sync.WaitGroup
	for w := range workers {
		working.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for i := range rounds {
				what := r.IntN(len(do))
				if err := do[what](names[r.IntN(len(names))], fmt.Sprint("sender-", w, "-", i), r); err != nil {
					t.Errorf("%d: %v", what, err)
					return
				}
			}
		})
	}
	working.Wait()
	for _, user := range names {
		advance(t, s, user)
		consistent(t, db, user)
	}
}
