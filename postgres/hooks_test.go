package postgres_test

import (
	"maps"
	"reflect"
	"testing"
	"time"

	"admit/onboarding"
	"admit/postgres"
)

func TestHooks(t *testing.T) {
	t.Parallel()
	s, db := setup(t, func(o *postgres.Options) {
		systems(o)
		o.Targets = append(o.Targets, onboarding.Target{Name: "team", Events: []string{"check.*"}, TaskQueue: "team", Activity: "OnEvent"},
			onboarding.Target{Name: onboarding.MailTarget}, onboarding.Target{Name: onboarding.ReviewersTarget}, onboarding.Target{Name: onboarding.P100Target})
	})
	begin(t, s, "user-1@example.com")
	letIn(t, s, "user-1", "user-2")
	attempt(t, s, db, coreAccess, delivered)
	attempt(t, s, db, laneOf("user-1", "crm"), failed)
	attempt(t, s, db, laneOf("user-2", "team"), gone)
	exec(t, db, "update effects set created = now() - interval '1 hour' where target = 'core' and user_id = 'user-2'")
	park(t, db, "target = 'mail' and user_id = 'user-1'")

	views, err := s.Hooks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now := one[time.Time](t, db, "select now()")
	type brief struct {
		Name, Kind, Answer     string
		State                  onboarding.HookState
		Access                 bool
		Failures               int
		Waiting, Parked        int64
		Delivered, Old, Probed bool
	}
	var got []brief
	for _, v := range views {
		got = append(got, brief{
			v.Name, v.Kind, v.LastAnswer, v.State, v.Access, v.Failures, v.Waiting, v.Parked,
			v.Delivered != nil, v.Oldest != nil && now.Sub(*v.Oldest) > 50*time.Minute, v.NextTry != nil,
		})
		if v.Events == nil || (v.Waiting == 0) != (v.Oldest == nil) {
			t.Errorf("%+v", v)
		}
	}
	const works, fails = onboarding.HookWorking, onboarding.HookFailing
	want := []brief{
		{Name: "core", Kind: "http", Answer: "200", State: works, Access: true, Waiting: 5, Delivered: true, Old: true},
		{Name: "crm", Kind: "http", Answer: "503", State: works, Failures: 1, Waiting: 4},
		{Name: "watch", Kind: "http", State: works},
		{Name: "team", Kind: "task_queue", Answer: "http 410", State: fails, Failures: 1, Waiting: 2, Probed: true},
		{Name: "mail", Kind: "mail", State: works, Parked: 1},
		{Name: "reviewers", Kind: "reviewers", State: works},
		{Name: "p100-api", Kind: "api", State: works},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("hooks\n%+v\nwant\n%+v", got, want)
	}
	countedAlike(t, s, views)
}

// countedAlike holds that the metrics show what the list of hooks does.
func countedAlike(t *testing.T, s *postgres.Store, views []onboarding.HookView) {
	t.Helper()
	st, err := s.Stats(t.Context())
	if err != nil || !maps.Equal(st.Failing, map[string]bool{"core": false, "crm": false, "watch": false, "team": true}) || len(st.Oldest) != len(views) {
		t.Errorf("stats: %+v %v", st, err)
	}
	waiting, err := s.Waiting(t.Context())
	if err != nil || len(waiting) != len(views) {
		t.Errorf("waiting: %v %v", waiting, err)
	}
	for _, v := range views {
		if oldest := st.Oldest[v.Name]; waiting[v.Name] != v.Waiting || (oldest > 0) != (v.Oldest != nil) || v.Name == "core" && oldest < time.Hour {
			t.Errorf("%s: %d, the oldest %s, beside %+v", v.Name, waiting[v.Name], oldest, v)
		}
	}
	if st.AccessOldest < time.Hour || st.RestOldest < time.Hour || st.NotifyOldest != 0 {
		t.Errorf("oldest: %s %s %s", st.AccessOldest, st.RestOldest, st.NotifyOldest)
	}
}
