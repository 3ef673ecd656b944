package cli

import (
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// filter chooses users by where they stand.
type filter struct {
	stage, blockedOn  string
	stalled, reversed bool
}

// add gives the command the flags of the filter.
func (f *filter) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.stage, "stage", "", "only those in this `STAGE`: "+joined(onboarding.Stages[:]))
	flags.StringVar(&f.blockedOn, "blocked-on", "", "only those that wait for this `PARTY`: "+joined(onboarding.Parties[:]))
	flags.BoolVar(&f.stalled, "stalled", false, "only those that are stalled, or with --stalled=false only those that are not")
	flags.BoolVar(&f.reversed, "reversed", false, "only those who lost a check that had passed, or with --reversed=false only the others")
	completes(cmd, "stage", onboarding.Stages[:])
	completes(cmd, "blocked-on", onboarding.Parties[:])
}

// query checks the flags and returns what to ask for, nothing where none is set.
func (f filter) query(cmd *cobra.Command) (url.Values, error) {
	query := url.Values{}
	switch {
	case f.stage != "" && !onboarding.Stage(f.stage).Valid():
		return nil, usage("--stage %q is no stage; the stages are %s", f.stage, joined(onboarding.Stages[:]))
	case f.blockedOn != "" && !onboarding.Party(f.blockedOn).Valid():
		return nil, usage("--blocked-on %q is not known; it is one of %s", f.blockedOn, joined(onboarding.Parties[:]))
	case f.stage != "":
		query.Set("stage", f.stage)
	}
	if f.blockedOn != "" {
		query.Set("blockedOn", f.blockedOn)
	}
	if cmd.Flags().Changed("stalled") {
		query.Set("stalled", strconv.FormatBool(f.stalled))
	}
	if cmd.Flags().Changed("reversed") {
		query.Set("reversed", strconv.FormatBool(f.reversed))
	}
	return query, nil
}
