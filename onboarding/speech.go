package onboarding

import "slices"

// Speech is how a reason may be spoken of to the user.
type Speech string

// The three ways to speak. Say: in a sentence of its own. Neutral: only that
// something was wrong, for a user under suspicion is not tipped off. Silent: no
// message goes out because of it.
const (
	SpeechSay     Speech = "say"
	SpeechNeutral Speech = "neutral"
	SpeechSilent  Speech = "silent"
)

// Admit's own reason codes, beside those of the providers. All but ReasonOther
// are written as no kept code of a provider is, so that no provider can silence
// Admit.
const (
	ReasonOther            = "OTHER" // a provider's reason that is no code
	ReasonHighRiskReview   = "high_risk_review"
	ReasonHighRiskRejected = "high_risk_rejected"
)

// Reason is a code and how it may be spoken of.
type Reason struct {
	Code   string
	Speech Speech
}

// reasons lists the codes that are known to occur. P100 publishes one of its
// own (NO_FACE_FOUND); the rest of its vocabulary is expected to be that of the
// vendor behind it. XGateway's labels are open; two are documented.
var reasons = []Reason{
	// Faces that another photo mends.
	{"NO_FACE_FOUND", SpeechSay},
	{"TOO_MANY_FACES", SpeechSay},
	{"FACE_TOO_BLURRY", SpeechSay},
	{"FACE_GLARED", SpeechSay},
	{"FACE_ERROR", SpeechSay},
	{"FACE_NOT_ANALYSED", SpeechSay},
	{"FACE_NOT_CHECKED", SpeechSay},
	// Faces that raise a suspicion.
	{"FACE_MISMATCH", SpeechNeutral},
	{"FACE_UNCERTAIN", SpeechNeutral},
	{"FAKE_FACE", SpeechNeutral},
	{"FACE_SUSPECTED", SpeechNeutral},
	{"FACE_BLACKLISTED", SpeechNeutral},
	// Documents that another photo or another document mends.
	{"DOC_NOT_FOUND", SpeechSay},
	{"DOC_NOT_FULLY_VISIBLE", SpeechSay},
	{"DOC_NOT_SUPPORTED", SpeechSay},
	{"DOC_FACE_NOT_FOUND", SpeechSay},
	{"DOC_TOO_BLURRY", SpeechSay},
	{"DOC_EXPIRED", SpeechSay},
	{"DOC_DAMAGED", SpeechSay},
	{"DOC_ERROR", SpeechSay},
	{"DOC_NAME_ERROR", SpeechSay},
	{"DOC_SURNAME_ERROR", SpeechSay},
	{"DOC_EXPIRY_ERROR", SpeechSay},
	{"DOC_DOB_ERROR", SpeechSay},
	{"DOC_PERSONAL_NUMBER_ERROR", SpeechSay},
	{"DOC_NUMBER_ERROR", SpeechSay},
	{"MRZ_NOT_FOUND", SpeechSay},
	{"MRZ_OCR_READING_ERROR", SpeechSay},
	{"COUNTRY_MISMATCH", SpeechSay},
	// Documents that raise a suspicion.
	{"DOC_INFO_MISMATCH", SpeechNeutral},
	{"DOC_FAKE", SpeechNeutral},
	{"AUTO_UNVERIFIABLE", SpeechNeutral},
	// XGateway.
	{"BAD_SELFIE", SpeechSay},
	{"BAD_PASSPORT", SpeechSay},
	// Admit's own.
	{ReasonOther, SpeechNeutral},
	{ReasonHighRiskReview, SpeechSilent},
	{ReasonHighRiskRejected, SpeechNeutral},
}

// ReasonCodes returns every known code with its speech, grouped by subject.
func ReasonCodes() []Reason { return append([]Reason(nil), reasons...) }

// SpeechOf says how a reason code may be spoken of; an unknown one is neutral.
func SpeechOf(code string) Speech {
	for _, r := range reasons {
		if r.Code == code {
			return r.Speech
		}
	}
	return SpeechNeutral
}

// silent says whether one of the codes forbids a message.
func silent(codes []string) bool {
	return slices.ContainsFunc(codes, func(c string) bool { return SpeechOf(c) == SpeechSilent })
}
