package onboarding_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/onboarding"
)

var update = flag.Bool("update", false, "rewrite the state diagram in the README")

const (
	readme       = "../README.md"
	diagramBegin = "<!-- the diagram below is generated: make diagram -->\n"
	diagramEnd   = "<!-- end of the generated diagram -->\n"
)

// TestDiagramIsFresh holds that the README shows every way from one stage to
// another that the rules have under the default policy, and no other.
func TestDiagramIsFresh(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), diagramBegin)
	shown, after, ended := strings.Cut(rest, diagramEnd)
	if !found || !ended {
		t.Fatalf("%s has no place for the diagram", readme)
	}
	want := diagram()
	if shown == want {
		return
	}
	if !*update {
		t.Fatalf("the diagram in %s is stale; run make diagram\n%s", readme, want)
	}
	if err := os.WriteFile(readme, []byte(before+diagramBegin+want+diagramEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// way is one step from a state: what caused it, and where it led.
type way struct {
	cause string
	to    onboarding.State
}

// diagram walks every state that a few inputs can reach, a week apart so that
// nothing is late or held, and draws the ways between stages.
func diagram() string {
	policy := onboarding.DefaultPolicy()
	causes := map[[2]onboarding.Stage][]string{}
	seen := map[string]bool{}
	frontier := []onboarding.State{{UserID: "user-1"}}
	for depth := range 5 {
		at := t0.Add(time.Duration(depth) * 7 * 24 * time.Hour)
		var next []onboarding.State
		for _, s := range frontier {
			for _, w := range ways(s, policy, at) {
				edge := [2]onboarding.Stage{s.Stage, w.to.Stage}
				if edge[0] != edge[1] && !slices.Contains(causes[edge], w.cause) {
					causes[edge] = append(causes[edge], w.cause)
				}
				if k := key(w.to); !seen[k] {
					seen[k] = true
					next = append(next, w.to)
				}
			}
		}
		frontier = next
	}
	return draw(causes)
}

// key tells states apart by what decides the stage.
func key(s onboarding.State) string {
	passed := ""
	for _, c := range onboarding.Checks {
		passed += fmt.Sprint(s.Checks.At(c).PassedBefore)
	}
	return fmt.Sprint(s.Stage, s.Checks.Statuses(), passed, s.OnHold, s.Closed, s.Abandoned, s.ApprovedBefore, s.Checks.HighRisk.BeforeFlag != nil)
}

// ways applies one of each kind of input to a state.
func ways(s onboarding.State, p onboarding.Policy, at time.Time) []way {
	var ws []way
	add := func(cause string, in onboarding.Input) {
		in.Received = at
		next, _, _ := onboarding.Apply(s, in, p, at)
		ws = append(ws, way{cause, next})
	}
	for _, r := range []onboarding.Report{
		kyc("NOT_VERIFIED", "PENDING"), kyc("NOT_VERIFIED", "REJECTED_BY_PROVIDER"), approved, kyc("EXPIRED", ""), kyc("NOT_VERIFIED", ""),
		poa("WAITING"), poa("REJECTED"), poa("APPROVED"), highRisk("OK"), highRisk("REJECTED"), sepa("HARD_KYC_FAILED", ""), sepa("KYC_PENDING", ""),
	} {
		add("report", onboarding.Input{Kind: onboarding.InputReport, Report: r})
	}
	for _, name := range onboarding.Commands {
		add(name, onboarding.Input{Kind: onboarding.InputCommand, Command: onboarding.Command{Name: name}})
	}
	if p.Stall.At(s.Stage).Abandon > 0 {
		alone := s
		for d, ok := onboarding.Next(alone, p); ok && alone.Stage == s.Stage; d, ok = onboarding.Next(alone, p) {
			alone, _, _ = onboarding.Apply(alone, onboarding.Input{Kind: onboarding.InputDeadline, Deadline: d}, p, d.Due)
		}
		ws = append(ws, way{"time", alone})
	}
	return ws
}

func draw(causes map[[2]onboarding.Stage][]string) string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> collecting\n")
	for _, from := range onboarding.Stages {
		if from == onboarding.StageOnHold || from == onboarding.StageClosed {
			continue // the notes say it
		}
		for _, to := range onboarding.Stages {
			shown := slices.DeleteFunc(slices.Sorted(slices.Values(causes[[2]onboarding.Stage{from, to}])), func(cause string) bool {
				return cause == onboarding.CommandHold || cause == onboarding.CommandClose
			})
			if len(shown) > 0 {
				fmt.Fprintf(&b, "    %s --> %s: %s\n", from, to, strings.Join(shown, ", "))
			}
		}
	}
	b.WriteString("    note right of on_hold: hold leads here from every stage but closed, lift back to where the checks stand\n")
	b.WriteString("    note right of closed: close leads here from every stage, reopen back to where the checks stand\n")
	b.WriteString("    on_hold --> closed: close\n    closed --> on_hold: reopen, while held\n```\n")
	return b.String()
}
