package admin

import "admit/onboarding"

type annotation struct {
	text string
	enum []any
}

func note(text string) annotation { return annotation{text: text} }

func words[T ~string](text string, words ...T) annotation {
	return annotation{text, enum(words).Enum}
}

// outcomes are those that an input can have.
var outcomes = []onboarding.Outcome{onboarding.Applied, onboarding.Duplicate, onboarding.Late, onboarding.Held,
	onboarding.Unrecognised, onboarding.Refused, onboarding.Noted}

// annotations say what the fields of the types in onboarding mean and hold.
var annotations = map[string]map[string]annotation{
	"Onboarding": {
		"userId":        note("The merchant's own ID of the user"),
		"stage":         words("Where the onboarding stands", onboarding.Stages[:]...),
		"blockedOn":     words("Who has to move next", onboarding.Parties[:]...),
		"access":        words("What the merchant's systems were told; none means nothing yet", onboarding.AccessNone, onboarding.AccessGranted, onboarding.AccessRevoked),
		"accessVersion": note("Grows with each grant and revoke"),
		"stalled":       note("Whether a reminder or an escalation was sent since the last progress"),
		"reversed":      note("Whether a check that had passed does so no longer"),
		"pending":       note("Events stored and not folded yet: the engine is behind"),
		"events":        note("Webhooks folded so far"),
		"lastSeq":       note("Number of the last log entry"),
		"version":       note("Counts the inputs that were no duplicates"),
		"held":          note("Checks with a held report since their last applied one"),
		"hasContact":    note("Whether it is known how the user is reached"),
		"startedAt":     note("When the first event was received"),
		"stageSince":    note("When the stage was entered"),
		"nextDeadline":  note("When something is due next; null when nothing is"),
		"proposals":     note("Commands that wait for a second person, oldest first"),
	},
	"Proposal": {
		"requestId": note("What another person's command gives as approves"),
		"command":   words("What was proposed", onboarding.Commands[:]...),
		"actor":     note("The name of the token that proposed it"),
		"check":     words("Of override_check and lift_override", onboarding.Checks[:]...),
		"status":    words("Of override_check", overrides...),
		"until":     note("Of override_check"),
		"by":        note("Of extend_deadline, such as 24h0m0s"),
		"expires":   note("Until when it can be approved"),
	},
	"CheckView": {
		"status":         words("What is known of the check", onboarding.Statuses[:]...),
		"since":          note("When the report that brought the status was received"),
		"providerStatus": note("The provider's own word"),
		"attempt":        note("P100: the attempt's own word"),
		"processing":     note("XGateway: the word of the review in progress"),
		"reasons":        note("Reason codes of the provider"),
		"docsMissing":    note("Documents the provider misses"),
		"message":        note("The provider's newest free text"),
		"unconfirmed":    note("Whether the provider's webhook passed the check and its API has not confirmed that yet"),
	},
	"OverrideView": {
		"until":    note("When it ends"),
		"provider": words("What the check is by the provider's words", onboarding.Statuses[:]...),
	},
	"TimelineEntry": {
		"kind":         words("What the entry is", "log", "pending", "effect"),
		"at":           note("When it was folded, decided or received"),
		"seq":          note("Of log: its number"),
		"input":        note("Of log and pending: what came in, such as p100/kyc-verification, operator/hold or deadline/remind"),
		"eventId":      note("Of log and pending: the event's ID"),
		"replayOf":     note("Of a replay: the ID of the event that it folds again"),
		"received":     note("Of log and pending: when the event was received"),
		"outcome":      words("Of log: what became of the input", outcomes...),
		"reason":       note("Of a command, or of erasing a contact: what the operator gave"),
		"code":         note("Of log: the rules' reason for the outcome"),
		"actor":        note("Of a command, a start or a replay: the token's name"),
		"requestId":    note("Of a command: its request ID"),
		"version":      note("Of log and effect: the user's version after the input"),
		"changes":      note("Of log: the fields of the state that changed"),
		"policyHash":   note("Of log: the policy that decided"),
		"build":        note("Of log: the build that decided"),
		"body":         note("Of log and pending: the event's body, where it is JSON and not erased"),
		"effectId":     note("Of effect: its ID in the ledger"),
		"effect":       note("Of effect: its name, such as access.granted"),
		"target":       note("Of effect: who is told"),
		"lane":         words("Of effect: the lane it waits in", onboarding.LaneAccess, onboarding.LaneRest, onboarding.LaneNotify),
		"key":          note("Of effect: the idempotency key"),
		"state":        words("Of effect: where it stands", onboarding.EffectWaiting, onboarding.EffectDelivered, onboarding.EffectSuperseded, onboarding.EffectParked, onboarding.EffectShadow, onboarding.EffectCollected),
		"attempts":     note("Of effect: how often it was tried"),
		"lastAnswer":   note("Of effect: what the last attempt came to"),
		"doneAt":       note("Of effect: when it was delivered, superseded or parked"),
		"nextTry":      note("Of effect: when it is tried next"),
		"about":        note("Of effect: the checks that it is about, separated by commas"),
		"replayedBy":   note("Of effect: the name of the token that last had it sent again"),
		"replayedAt":   note("Of effect: when that was"),
		"replayReason": note("Of effect: why, as it was given then"),
	},
	"EventView": {
		"id":         note("The event's ID"),
		"userId":     note("The user whom it is about; empty where a malformed one has no usable user ID"),
		"provider":   note("Who sent it"),
		"route":      note("Which webhook of the provider it is"),
		"received":   note("When it was received"),
		"state":      words("malformed: could not be read; unrecognised: folded, and not understood", onboarding.EventStates[:]...),
		"replayedBy": note("The ID of its newest replay, 0 for none"),
		"replay":     note("What became of the newest replay: an outcome, or pending; empty for none"),
	},
	"Change": {
		"path":   note("The field, such as stage or checks.kyc.status"),
		"before": note("Its value before, as JSON; null where there was none"),
		"after":  note("Its value after"),
	},
}
