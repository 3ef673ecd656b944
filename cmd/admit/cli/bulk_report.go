package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) bulkReport() *cobra.Command {
	return &cobra.Command{Use: "report JOURNAL", Short: "count what became of a run's commands, and name those that were refused or failed",
		DisableFlagsInUseLine: true, Args: oneFile("JOURNAL"),
		RunE: func(_ *cobra.Command, args []string) error {
			j, err := openJournal(args[0], false)
			if err != nil {
				return err
			}
			return a.printReport(j)
		}}
}

// bulkReport is what a journal comes to.
type bulkReport struct {
	Journal  string          `json:"journal"`
	ID       string          `json:"id"`
	Order    order           `json:"order"`
	Users    int             `json:"users"`
	Outcomes map[outcome]int `json:"outcomes"`
	Unsent   int             `json:"unsent"`
	Bad      []badOutcome    `json:"bad"` // refused and failed
}

type badOutcome struct {
	User    string  `json:"user"`
	Outcome outcome `json:"outcome"`
	Reason  string  `json:"reason"`
	Message string  `json:"message"`
}

func (j *journal) report() bulkReport {
	r := bulkReport{Journal: j.path, ID: j.header.ID, Order: j.header.Order, Users: len(j.users), Outcomes: map[outcome]int{}, Bad: []badOutcome{}}
	for i, u := range j.users {
		l := j.last[i]
		switch {
		case l.Outcome == "":
			r.Unsent++
			continue
		case l.Outcome.bad():
			r.Bad = append(r.Bad, badOutcome{u.User, l.Outcome, l.Reason, l.Message})
		}
		r.Outcomes[l.Outcome]++
	}
	return r
}

// byRank orders outcomes as they are listed, and those that are not behind them.
func byRank(x, y outcome) int {
	rank := func(o outcome) int {
		if i := slices.Index(outcomes[:], o); i >= 0 {
			return i
		}
		return len(outcomes)
	}
	return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(x, y))
}

func (a *app) printReport(j *journal) error {
	r := j.report()
	if a.json {
		text, err := json.Marshal(r)
		if err != nil {
			return failed("the report cannot be written: %v", err)
		}
		a.printJSON(text)
		return nil
	}
	var counts []string
	for _, o := range slices.SortedFunc(maps.Keys(r.Outcomes), byRank) {
		counts = append(counts, fmt.Sprintf("%d %s", r.Outcomes[o], o))
	}
	if r.Unsent > 0 {
		counts = append(counts, fmt.Sprintf("%d not sent", r.Unsent))
	}
	a.out.WriteString(clean(fmt.Sprintf("%s for %s: %s", r.Order.Command, plural(r.Users, "user"), strings.Join(counts, ", "))) + "\n")
	if r.Outcomes[outcomeProposed] > 0 {
		a.out.WriteString(clean("what is proposed, another person agrees to with: admit bulk run "+r.Order.Command+" --approves "+quoted(r.Journal)+" --reason TEXT") + "\n")
	}
	if len(r.Bad) == 0 {
		return nil
	}
	a.out.WriteByte('\n')
	t := a.table("USER", "OUTCOME", "WHY", "MESSAGE")
	for _, b := range r.Bad {
		t.row(b.User, string(b.Outcome), b.Reason, b.Message)
	}
	t.flush()
	return nil
}
