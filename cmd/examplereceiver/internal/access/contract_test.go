package access_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"admit/cmd/examplereceiver/internal/access"
	"admit/onboarding"
)

// TestContract holds that the receiver understands every event as Admit makes it,
// and that those about access alone change what it holds.
func TestContract(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for _, name := range append(onboarding.EventNames(), onboarding.EffectHookTest) {
		for _, target := range []onboarding.Target{{Name: "core"}, {Name: "core", Full: true}} {
			s := onboarding.State{UserID: "user-1", Stage: onboarding.StageApproved, Access: onboarding.AccessGranted, AccessVersion: 3, Version: 7}
			if name == onboarding.EffectRevoked {
				s.Stage, s.Access = onboarding.StageSuspended, onboarding.AccessRevoked
			}
			body, err := json.Marshal(onboarding.Effect{Name: name}.Payload(s, at, target))
			if err != nil {
				t.Fatal(err)
			}
			store := &access.Memory{}
			if got := deliver(t, receiver(t, store, slog.New(slog.DiscardHandler)), string(body)); got != http.StatusNoContent {
				t.Errorf("%s: status %d", name, got)
			}
			got, found, err := store.Get(t.Context(), "user-1")
			want := access.Word{UserID: "user-1", Granted: name == onboarding.EffectGranted, Version: 3, Decided: at}
			if about := strings.HasPrefix(name, "access."); err != nil || found != about || about && got != want {
				t.Errorf("%s: it holds %+v, %t, %v", name, got, found, err)
			}
		}
	}
}
