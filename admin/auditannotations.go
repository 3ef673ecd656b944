package admin

import "admit/onboarding"

// auditAnnotations are those of what only audits and explanations show.
var auditAnnotations = map[string]map[string]annotation{
	"Audit": {
		"userId":    note("The merchant's own ID of the user"),
		"at":        note("The time that was asked about"),
		"decisions": note("What had last decided each thing that was known"),
		"pending":   note("Events that had been received and were not folded yet"),
		"effects":   note("What had been decided to be sent, as it stood then"),
		"policies":  note("The text of every policy that a decision names, by its hash"),
	},
	"Decision": {
		"about":  note("What was known, such as stage, access or checks.kyc"),
		"value":  note("Its value, as JSON"),
		"erased": note("Whether the evidence, an event's body, was erased since"),
	},
	"Explained": {
		"userId":    note("The merchant's own ID of the user"),
		"stage":     words("Where the onboarding stands", onboarding.Stages[:]...),
		"rule":      note("Why, in words"),
		"blockedOn": words("Who has to move next", onboarding.Parties[:]...),
		"waitsFor":  note("What has to happen next, in words"),
		"next":      note("What becomes due first; null for nothing"),
		"checks":    note("The checks that something was said of, and those of the policy's lists"),
	},
	"CheckExplanation": {
		"check":    words("The check", onboarding.Checks[:]...),
		"provider": note("The provider that answers for it"),
		"lists":    note("The policy's lists that name it, such as require_any or confirm"),
		"received": note("When the last report that was applied was received"),
		"status":   words("What was made of it", onboarding.Statuses[:]...),
		"rule":     note("By which rule, in words"),
		"waitsFor": note("What the check waits for, in words"),
		"api":      note("What came of asking the provider's API; null where none answers for this check"),
	},
	"APIExplanation": {
		"last":        note("Its last answer; null when it never gave one"),
		"unconfirmed": note("Whether the provider's webhook passed the check and the API has not said so yet"),
		"said":        note("What it said against the provider's webhooks; null when no second answer has to agree"),
		"agreeAt":     note("From when on a second answer counts"),
		"waiting":     note("Whether a question waits to be asked or answered"),
		"lastTry":     note("What came of the last attempt to ask that failed"),
	},
	"AnswerView": {
		"asked": note("When it was asked"),
		"http":  note("The answer's HTTP status"),
		"kind": words("What was made of it", onboarding.AnswerStatus, onboarding.AnswerNotVerified,
			onboarding.AnswerUnknown, onboarding.AnswerUnusable),
		"code":    note("The provider's own code, or http_404 and the like"),
		"outcome": words("What became of it", outcomes...),
		"reason":  note("The rules' reason for the outcome"),
		"seq":     note("Number of its log entry"),
	},
	"Words": {
		"providerStatus": note("The provider's own word"),
		"attempt":        note("P100: the attempt's own word"),
		"processing":     note("XGateway: the word of the review in progress"),
		"reasons":        note("Reason codes of the provider"),
		"docsMissing":    note("Documents the provider misses"),
	},
	"Deadline": {
		"kind": words("What becomes due", onboarding.DeadlineRemind, onboarding.DeadlineEscalate, onboarding.DeadlineAbandon,
			onboarding.DeadlineReconcile, onboarding.DeadlineAgree, onboarding.DeadlineOverride, onboarding.DeadlineProposal),
		"check": words("The check that it is about, if any", onboarding.Checks[:]...),
		"step":  note("Which step of the policy's list, from 0"),
		"due":   note("When"),
	},
}
