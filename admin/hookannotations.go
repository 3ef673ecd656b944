package admin

import "admit/onboarding"

// attemptResults are those that an attempt to deliver can have.
var attemptResults = []onboarding.AttemptResult{onboarding.AttemptDelivered, onboarding.AttemptRefused, onboarding.AttemptFailed,
	onboarding.AttemptUnsendable, onboarding.AttemptDeferred, onboarding.AttemptMoot}

// hookAnnotations are those of what shows hooks.
var hookAnnotations = map[string]map[string]annotation{
	"HookItem": {
		"name":          note("Its name in the configuration"),
		"kind":          words("What it is", kindHTTP, kindTaskQueue, kindMail, kindReviewers, kindAPI),
		"events":        note("The events that it is told of"),
		"access":        note("Whether it opens and shuts access; such a one is never switched off"),
		"taskQueue":     note("Of task_queue: the queue"),
		"state":         words("failing: it takes nothing", onboarding.HookWorking, onboarding.HookFailing),
		"failingFrom":   note("When it was found to be failing; null while it works"),
		"failedSince":   note("The first attempt that failed since the last delivery; null for none"),
		"failures":      note("Attempts that failed since the last delivery"),
		"lastAnswer":    note("What the last attempt that failed, or the last test, came to"),
		"lastDelivered": note("When it last took something, to the minute; null for never"),
		"nextTry":       note("Of a failing one that is not for access: when it is tried next"),
		"waiting":       note("Effects that wait to be sent"),
		"oldestWaiting": note("Since when the oldest of them waits: when it was decided, or last sent again; null for none"),
		"parked":        note("Effects that were given up on, to be replayed"),
		"pollers":       note("Of task_queue: how many workers polled lately, 0 for nobody; null of others, and where the engine does not say"),
		"lastPolled":    note("Of task_queue: when the last one polled; null where none did"),
	},
	"FailedEffect": {
		"id":         note("Its ID in the ledger"),
		"key":        note("The idempotency key"),
		"userId":     note("The user whom it is about"),
		"effect":     note("Its name, such as access.granted"),
		"created":    note("When it was decided"),
		"parkedAt":   note("When it was given up on"),
		"attempts":   note("How often it was tried"),
		"lastAnswer": note("What the last attempt came to"),
	},
	"HookTryAnswer": {
		"result": words("delivered: it was taken; refused: a definite no; else it failed", attemptResults...),
	},
}
