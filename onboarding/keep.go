package onboarding

import (
	"slices"
	"strings"
)

// Limits of what is kept of a provider's words.
const (
	maxCode    = 64 // bytes of one code
	maxReasons = 32 // reasons, and documents, of one report
)

// merged returns the words of a check once the report r is applied.
func merged(c CheckState, r Report) Words {
	w := Words{ProviderStatus: r.Status, Processing: code(r.Processing), Reasons: codes(r.Reasons), DocsMissing: codes(r.DocsMissing)}
	if r.Null && r.Check == SEPAKYC {
		w.ProviderStatus = ""
	}
	if r.Check != KYC {
		return w
	}
	if r.Attempt != "" {
		w.Attempt = code(r.Attempt)
		return w
	}
	// Without an attempt the kept one stands, with its reason, unless the overall
	// status leaves VERIFIED or becomes EXPIRED: then that attempt is history.
	leaves := c.ProviderStatus == wordVerified && r.Status != wordVerified
	expires := c.ProviderStatus != wordExpired && r.Status == wordExpired
	w.Reasons = nil
	if !leaves && !expires {
		w.Attempt, w.Reasons = c.Attempt, c.Reasons
	}
	return w
}

// equal says whether two sets of words are the same, word by word.
func (w Words) equal(v Words) bool {
	return w.ProviderStatus == v.ProviderStatus && w.Attempt == v.Attempt && w.Processing == v.Processing &&
		slices.Equal(w.Reasons, v.Reasons) && slices.Equal(w.DocsMissing, v.DocsMissing)
}

// none says whether nothing was ever said.
func (w Words) none() bool { return w.equal(Words{}) }

// codes keeps what are codes, turns everything else into OTHER, and keeps at
// most maxReasons of them.
func codes(words []string) []string {
	var kept []string
	for _, word := range words {
		if strings.TrimSpace(word) == "" {
			continue
		}
		if len(kept) == maxReasons {
			break
		}
		kept = append(kept, code(word))
	}
	return kept
}

// code returns the word where it matches [A-Z0-9_]{1,64}, "" for "", else OTHER:
// free text, which may be about a person, is not kept outside the event's body.
func code(word string) string {
	if len(word) > maxCode {
		return ReasonOther
	}
	for i := range len(word) {
		if b := word[i]; b != '_' && (b < 'A' || b > 'Z') && (b < '0' || b > '9') {
			return ReasonOther
		}
	}
	return word
}
