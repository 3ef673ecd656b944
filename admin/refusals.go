package admin

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"admit/onboarding"
)

// refusals say in words why the rules refuse a command, and what to do.
var refusals = map[string]string{
	onboarding.RefusedUnknown:       "The worker's build does not know this command; bring it up to date.",
	onboarding.RefusedClosed:        "The onboarding is closed; reopen it first.",
	onboarding.RefusedOnHold:        "The onboarding is on hold already.",
	onboarding.RefusedNotOnHold:     "The onboarding is not on hold.",
	onboarding.RefusedFlagged:       "The user is flagged for a high-risk review already.",
	onboarding.RefusedNotFlagged:    "The user is not flagged for a high-risk review.",
	onboarding.RefusedAlreadyClosed: "The onboarding is closed already.",
	onboarding.RefusedNotClosed:     "The onboarding is neither closed nor abandoned.",

	onboarding.RefusedNoTime:     "To extend the deadlines takes a duration above zero: by.",
	onboarding.RefusedTooLong:    "The deadlines cannot be moved that far; extend them by less.",
	onboarding.RefusedNoDeadline: "Nothing becomes due in this stage, so there is nothing to extend.",
	onboarding.RefusedNoAPI:      "No provider's API can be asked about this user now: none is set, or its question is on its way already.",
	onboarding.RefusedNotOnUser:  "The onboarding does not wait for the user, so a reminder would ask for nothing.",
	onboarding.RefusedReminded:   "The user had as many reminders in this stage as the policy's max_reminders allows.",

	onboarding.RefusedNoCheck:       "There is no such check.",
	onboarding.RefusedNoStatus:      "A check cannot be given this status.",
	onboarding.RefusedNotTheUsers:   "The high-risk review is not the user's to repeat, and the user would be told of it.",
	onboarding.RefusedUntilPast:     "The override would have ended already; give a time to come as until.",
	onboarding.RefusedUntilTooFar:   "The override would stand for too long; give an earlier time as until.",
	onboarding.RefusedOverridden:    "The check has this override already, until the same time.",
	onboarding.RefusedNotOverridden: "No override stands over this check.",

	onboarding.RefusedSamePerson:   "Who proposed a command cannot approve it; another person has to, with a token of another name.",
	onboarding.RefusedNoProposal:   "No proposal of this user has that request ID: it has ended, was approved, or never was. The onboarding's proposals show those that wait.",
	onboarding.RefusedDiffers:      "The command is not the one that was proposed; send the same one, or leave out all but its name.",
	onboarding.RefusedProposed:     "The same command waits for a second person already; let another person approve that proposal.",
	onboarding.RefusedManyProposed: "Too many commands wait for a second person; have some of them approved first, or let them end.",
}

// refused answers a command that the rules refused.
func refused(reason string) *refusal {
	detail, known := refusals[reason]
	if !known {
		detail = "The rules do not allow this now."
	}
	return &refusal{status: http.StatusConflict, code: "refused", detail: detail, reason: reason}
}

// reasonsText names every reason that a problem can have.
func reasonsText() string {
	var replays []string
	for why := range replayRefusals {
		replays = append(replays, string(why))
	}
	slices.Sort(replays)
	return "Of refused: " + strings.Join(slices.Sorted(maps.Keys(refusals)), ", ") + ". Of not_replayable: " + strings.Join(replays, ", ")
}
