package onboarding

import "slices"

// meaning is what a provider's words say of a check.
type meaning struct {
	known      bool   // the overall status word is one that this build knows
	odd        bool   // a word beside it is not; it counts as work in progress
	says       bool   // the report says something; false for XGateway's null alone
	status     Status // of the check, with the attempt that is kept
	inProgress bool   // the report tells of work in progress
	harmless   bool   // however late it comes, it does not reverse a pass
}

// P100's words for the overall KYC status and for one attempt.
const (
	wordVerified    = "VERIFIED"
	wordNotVerified = "NOT_VERIFIED"
	wordExpired     = "EXPIRED"

	attemptPending      = "PENDING"
	attemptVerification = "VERIFICATION"
	attemptSuccessful   = "SUCCESSFUL"
	attemptRejected     = "REJECTED_BY_PROVIDER"
)

// wordFlagged stands in high_risk's words while an operator's flag does.
const wordFlagged = "FLAGGED"

// XGateway's words for what it is doing.
var knownProcessing = [...]string{
	"USER_CREATION_IN_PROGRESS", "APPLICANT_CREATION_IN_PROGRESS", "DOCUMENT_UPLOAD_IN_PROGRESS", "VERIFICATION_IN_PROGRESS",
}

// meaningOf reads a report. attempt is the attempt that counts for the check
// once the report is applied: the report's own, or the one that is kept.
func meaningOf(r Report, attempt string) meaning {
	switch r.Check {
	case KYC:
		return kycMeaning(r, attempt)
	case KYCFiles:
		return oneOf(r.Status, wordMeaning{"ADDED", StatusInReview}, wordMeaning{"ERROR", StatusActionRequired})
	case POA:
		m := oneOf(r.Status, wordMeaning{"WAITING", StatusInReview}, wordMeaning{"APPROVED", StatusPassed},
			wordMeaning{"REJECTED", StatusActionRequired}, wordMeaning{"QUESTIONED", StatusActionRequired})
		m.inProgress = m.status == StatusInReview
		m.harmless = m.inProgress // a renewal is being looked at
		return m
	case HighRisk:
		return oneOf(r.Status, wordMeaning{"OK", StatusPassed}, wordMeaning{"REJECTED", StatusFailed})
	case Account:
		return oneOf(r.Status, wordMeaning{"ACTIVE", StatusPassed})
	case SEPAKYC:
		return sepaMeaning(r)
	}
	return meaning{}
}

type wordMeaning struct {
	word   string
	status Status
}

func oneOf(word string, vocabulary ...wordMeaning) meaning {
	for _, v := range vocabulary {
		if v.word == word {
			return meaning{known: true, says: true, status: v.status}
		}
	}
	return meaning{}
}

func kycMeaning(r Report, attempt string) meaning {
	m := oneOf(r.Status, wordMeaning{wordVerified, StatusPassed}, wordMeaning{wordNotVerified, StatusAwaitingUser}, wordMeaning{wordExpired, StatusExpired})
	if !m.known {
		return m
	}
	m.odd = r.Attempt != "" && !knownAttempt(r.Attempt)
	if m.status == StatusPassed {
		return m // the overall status rules, whatever the attempt
	}
	m.inProgress = r.Attempt != "" && r.Attempt != attemptRejected
	m.harmless = r.Status == wordNotVerified && r.Attempt == attemptSuccessful
	switch attempt {
	case "":
	case attemptRejected:
		m.status = StatusActionRequired
	default:
		m.status = StatusInReview
	}
	return m
}

func knownAttempt(a string) bool {
	return a == attemptPending || a == attemptVerification || a == attemptSuccessful || a == attemptRejected
}

func sepaMeaning(r Report) meaning {
	if r.Null {
		working := r.Processing != ""
		return meaning{
			known: true, says: working, odd: working && !processingKnown(r.Processing),
			status: StatusInReview, inProgress: working, harmless: true,
		}
	}
	m := oneOf(r.Status, wordMeaning{"CREATED", StatusAwaitingUser}, wordMeaning{"KYC_NEEDED", StatusAwaitingUser},
		wordMeaning{"PENDING_KYC_DATA", StatusAwaitingUser}, wordMeaning{"KYC_PENDING", StatusInReview},
		wordMeaning{"SOFT_KYC_FAILED", StatusActionRequired}, wordMeaning{"HARD_KYC_FAILED", StatusFailed}, wordMeaning{"FULL_USER", StatusPassed})
	if !m.known {
		return m
	}
	m.odd = r.Processing != "" && !processingKnown(r.Processing)
	m.inProgress = m.status == StatusAwaitingUser || m.status == StatusInReview
	if m.status == StatusAwaitingUser && r.Processing != "" {
		m.status = StatusInReview
	}
	return m
}

func processingKnown(p string) bool { return slices.Contains(knownProcessing[:], p) }
