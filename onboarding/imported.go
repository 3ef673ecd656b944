package onboarding

// imported folds a user who was verified before Admit came: the checks count as
// passed since then, in the provider's own words, so that a report which repeats
// them is a duplicate. Of a user who is known already it is noted.
func (f *fold) imported() Verdict {
	if f.before.Version != 0 {
		return Verdict{Outcome: Noted, Reason: "exists"}
	}
	since := stamp(f.in.Import.Since)
	if since.IsZero() || since.After(f.in.Received) {
		since = f.in.Received
	}
	for _, check := range f.in.Import.Checks {
		word := passWord(check)
		if word == "" {
			continue
		}
		c := f.s.Checks.At(check)
		c.ProviderStatus, c.ReportedAt = word, since
		c.become(StatusPassed, since, false)
	}
	f.s.StartedAt = since
	return Verdict{Outcome: Applied}
}

// passWord returns the provider's word that passes a check, "" for a check that
// never passes.
func passWord(c Check) string {
	switch c {
	case KYC:
		return wordVerified
	case POA:
		return "APPROVED"
	case HighRisk:
		return "OK"
	case Account:
		return "ACTIVE"
	case SEPAKYC:
		return "FULL_USER"
	}
	return ""
}
