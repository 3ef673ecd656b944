package run

import (
	"fmt"
	"math"
	"strings"

	"admit/cmd/bench/internal/figures"
	"admit/cmd/bench/internal/lab"
)

// Report is what was measured.
type Report struct {
	PostgreSQL string  `json:"postgresql"`
	Durable    bool    `json:"durable"` // commits survive a loss of power
	Took       float64 `json:"tookSeconds"`
	Rows       []Row   `json:"rows"`
	Costs      []Cost  `json:"answers"`
	Folds      []Fold  `json:"folds"`
	Memory     *weight `json:"memory,omitempty"`

	rounds, foldRounds int
}

// Row is one comparison. Numbers are medians of the rounds; the ratio is the
// median of the rounds' ratios, for what disturbs a round disturbs both sides.
type Row struct {
	What     string   `json:"what"`
	Against  string   `json:"against,omitempty"`
	Admit    float64  `json:"admit"`
	Baseline *float64 `json:"baseline,omitempty"`
	Ratio    *float64 `json:"ratio,omitempty"`
	Target   string   `json:"target,omitempty"`
	Met      *bool    `json:"met,omitempty"` // nil where there is no target
}

// Cost is what an answer takes on one side: medians of the rounds' means.
type Cost struct {
	Side        string   `json:"side"`
	PerSecond   float64  `json:"answersPerSecond"`
	P50         float64  `json:"p50Ms"`
	P99         float64  `json:"p99Ms"`
	CPU         float64  `json:"processMicros"`
	PostgresCPU *float64 `json:"postgresMicros,omitempty"`
	WAL         *float64 `json:"walBytes,omitempty"`
	BatchEvents *float64 `json:"eventsPerCommit,omitempty"`
	BatchTime   *float64 `json:"commitMs,omitempty"`
}

// Fold is what a fold takes on one side.
type Fold struct {
	Side string  `json:"side"`
	P50  float64 `json:"p50Ms"`
	P99  float64 `json:"p99Ms"`
	Wake float64 `json:"signalToTaskMs"`
	Work float64 `json:"taskMs"`
}

// The targets.
const (
	leastAnswers = 0.8   // of the bare group commit's
	mostFold     = 1.5   // times the bare signal's p50
	mostMemory   = 150e6 // bytes
)

func newReport(s lab.Settings, p Plan, answers map[string]*answerSide, folds []*foldSide) Report {
	r := Report{PostgreSQL: s.Version, Durable: s.Durable(), rounds: p.Rounds, foldRounds: p.FoldRounds}
	rate := func(side string) []float64 {
		return column(answers[side].rounds, func(a answerRound) float64 { return a.perSecond })
	}
	what := fmt.Sprintf("durable answers/s, %d connections", p.Connections)
	r.row(what+": ingress", sideBatcher, rate(sideIngress), rate(sideBatcher), atLeast(leastAnswers))
	r.row(what+": serve", sideBatcher, rate(sideServe), rate(sideBatcher), nil)
	r.row(what+": serve", sideRequest, rate(sideServe), rate(sideRequest), nil)
	admit, bare := folds[0], folds[1]
	what = fmt.Sprintf("answer to folded at %.0f/s over %d users", p.Rate, p.FoldUsers)
	r.row(what+": p50, ms", bare.name, admit.p50, bare.p50, atMost(mostFold))
	r.row(what+": p99, ms", bare.name, admit.p99, bare.p99, nil)
	for _, side := range []string{sideBatcher, sideIngress, sideRequest, sideServe} {
		r.Costs = append(r.Costs, newCost(answers[side]))
	}
	for _, f := range folds {
		r.Folds = append(r.Folds, Fold{f.name, figures.Median(f.p50), figures.Median(f.p99), number(f.stages.Wake), number(f.stages.Work)})
	}
	return r
}

func newCost(s *answerSide) Cost {
	median := func(f func(answerRound) float64) float64 { return figures.Median(column(s.rounds, f)) }
	c := Cost{
		Side: s.name, PerSecond: median(func(a answerRound) float64 { return a.perSecond }),
		P50: median(func(a answerRound) float64 { return a.p50 }), P99: median(func(a answerRound) float64 { return a.p99 }),
		CPU: median(func(a answerRound) float64 { return a.cpu }),
	}
	if s.db == nil {
		return c
	}
	known := func(f func(answerRound) float64) *float64 {
		v := median(f)
		if v < 0 {
			return nil
		}
		return &v
	}
	c.PostgresCPU = known(func(a answerRound) float64 { return a.postgresCPU })
	c.WAL = known(func(a answerRound) float64 { return a.wal })
	c.BatchEvents = known(func(a answerRound) float64 { return a.batchEvents })
	c.BatchTime = known(func(a answerRound) float64 { return a.batchSeconds })
	return c
}

func column[T any](rounds []T, f func(T) float64) []float64 {
	var out []float64
	for _, r := range rounds {
		out = append(out, f(r))
	}
	return out
}

// number returns v, or -1 where it is none: JSON has no word for that.
func number(v float64) float64 {
	if math.IsNaN(v) {
		return -1
	}
	return v
}

// target says what a figure is to be.
type target struct {
	text string
	met  func(float64) bool
}

func atLeast(v float64) *target {
	return &target{fmt.Sprintf("at least %.2f", v), func(ratio float64) bool { return ratio >= v }}
}

func atMost(v float64) *target {
	return &target{fmt.Sprintf("at most %.2f", v), func(ratio float64) bool { return ratio <= v }}
}

func (r *Report) row(what, against string, admit, base []float64, t *target) {
	b, ratio := figures.Median(base), figures.Median(figures.Ratios(admit, base))
	row := Row{What: what, Against: against, Admit: figures.Median(admit), Baseline: &b, Ratio: &ratio}
	if t != nil {
		met := t.met(ratio)
		row.Target, row.Met = t.text, &met
	}
	r.Rows = append(r.Rows, row)
}

// memory adds what admit serve needed, after the folds and in all.
func (r *Report) memory(calm, all weight) {
	if all.Peak == 0 {
		return // this system does not tell
	}
	met := float64(all.Peak) <= mostMemory
	r.Memory = &all
	r.Rows = append(r.Rows,
		Row{What: "memory of serve at the peak, MB", Admit: float64(all.Peak) / 1e6,
			Target: fmt.Sprintf("at most %.0f MB", mostMemory/1e6), Met: &met},
		Row{What: "of it before the closed loops, MB", Admit: float64(calm.Peak) / 1e6})
}

// Text returns the report as people read it.
func (r Report) Text() string {
	var text strings.Builder
	text.WriteString(figures.Table(r.rows()) + "\n")
	text.WriteString("What an answer takes (CPU time of the process and of PostgreSQL's, bytes written ahead, events that share a commit):\n\n")
	text.WriteString(figures.Table(r.costs()) + "\n")
	text.WriteString("What a fold takes, by the histories: from the signal until a worker has the task, and until the worker has answered it:\n\n")
	text.WriteString(figures.Table(r.folds()) + "\n")
	if m := r.Memory; m != nil {
		fmt.Fprintf(&text, "What the memory is, at the end of the turn with the most of it: heap %.0f MB, stacks %.0f MB of %.0f goroutines.\n\n",
			m.Heap/1e6, m.Stacks/1e6, m.Goroutines)
	}
	text.WriteString(r.notes())
	return text.String()
}

func (r Report) rows() [][]string {
	rows := [][]string{{"what", "against", "admit", "baseline", "ratio", "target", ""}}
	for _, row := range r.Rows {
		verdict := ""
		if row.Met != nil {
			verdict = "MISSED"
			if *row.Met {
				verdict = "met"
			}
		}
		rows = append(rows, []string{row.What, row.Against, short(&row.Admit), short(row.Baseline), ratio(row.Ratio), row.Target, verdict})
	}
	return rows
}

func (r Report) costs() [][]string {
	rows := [][]string{{"side", "answers/s", "p50 ms", "p99 ms", "process µs", "PostgreSQL µs", "WAL bytes", "events/commit", "commit ms"}}
	for _, c := range r.Costs {
		rows = append(rows, []string{c.Side, short(&c.PerSecond), short(&c.P50), short(&c.P99), short(&c.CPU),
			short(c.PostgresCPU), short(c.WAL), short(c.BatchEvents), short(c.BatchTime)})
	}
	return rows
}

func (r Report) folds() [][]string {
	rows := [][]string{{"side", "p50 ms", "p99 ms", "signal to task ms", "task ms"}}
	for _, f := range r.Folds {
		rows = append(rows, []string{f.Side, short(&f.P50), short(&f.P99), short(&f.Wake), short(&f.Work)})
	}
	return rows
}

func (r Report) notes() string {
	text := fmt.Sprintf("Medians of interleaved rounds (answers %d, folds %d); a ratio is the median of the rounds' ratios. PostgreSQL %s.\n"+
		"admit ingress is measured with Temporal out of reach, admit serve with it and its worker on the same processors.\n"+
		"Took %.0f s.\n", r.rounds, r.foldRounds, r.PostgreSQL, r.Took)
	if !r.Durable {
		text += "PostgreSQL commits without waiting for the disk (fsync or synchronous_commit is off): these are no durable answers.\n"
	}
	return text
}

// short formats a number with three digits or so; nothing for nil.
func short(v *float64) string {
	switch {
	case v == nil, math.IsNaN(*v):
		return ""
	case math.Abs(*v) >= 100:
		return fmt.Sprintf("%.0f", *v)
	case math.Abs(*v) >= 10:
		return fmt.Sprintf("%.1f", *v)
	}
	return fmt.Sprintf("%.2f", *v)
}

func ratio(v *float64) string {
	if v == nil || math.IsNaN(*v) {
		return ""
	}
	return fmt.Sprintf("%.2f", *v)
}
