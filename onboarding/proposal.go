package onboarding

import (
	"slices"
	"time"
)

// Why a proposal, or its approval, is refused.
const (
	RefusedSamePerson   = "same_person"
	RefusedNoProposal   = "no_such_proposal"
	RefusedDiffers      = "proposal_differs"
	RefusedProposed     = "already_proposed"
	RefusedManyProposed = "too_many_proposals"
)

// codeProposed is the reason of the verdict on a command that waits for a second
// person.
const codeProposed = "proposed"

// maxProposals bounds what waits for a second person.
const maxProposals = 20

// order folds an operator's command: the first call of one that needs two people
// is a proposal, and the second, by another person, does it.
func (f *fold) order() Verdict {
	cmd := f.in.Command
	refusal := ""
	switch {
	case cmd.Approves != "":
		refusal = f.approve()
	case slices.Contains(f.policy.FourEyes, cmd.Name):
		if refusal = f.propose(); refusal == "" {
			return Verdict{Outcome: Noted, Reason: codeProposed}
		}
	default:
		refusal = f.obey()
	}
	if refusal != "" {
		return Verdict{Outcome: Refused, Reason: refusal}
	}
	return Verdict{Outcome: Applied}
}

// propose keeps a command for a second person, unless it would be refused.
func (f *fold) propose() string {
	cmd := f.in.Command
	if cmd.Name == CommandOverride {
		cmd.Until = f.overrideUntil()
	}
	p := Proposal{
		RequestID: cmd.RequestID, Command: cmd.Name, Actor: cmd.Actor, Check: cmd.Check, Status: cmd.Status,
		Until: cmd.Until, By: cmd.By, Expires: f.in.Received.Add(ProposalFor),
	}
	trial := *f
	trial.s = f.s.own()
	if refusal := trial.obey(); refusal != "" {
		return refusal
	}
	if slices.ContainsFunc(f.s.Proposals, func(q Proposal) bool { return q.fits(cmd) && q.Expires.After(f.in.Received) }) {
		return RefusedProposed
	}
	if len(f.s.Proposals) >= maxProposals {
		return RefusedManyProposed
	}
	f.s.Proposals = append(f.s.Proposals, p)
	return ""
}

// approve does what another person proposed. What the approval leaves out is as it
// was proposed, and it counts when it was received in time.
func (f *fold) approve() string {
	cmd := f.in.Command
	i := slices.IndexFunc(f.s.Proposals, func(p Proposal) bool { return p.RequestID == cmd.Approves })
	if i < 0 || !f.s.Proposals[i].Expires.After(f.in.Received) {
		return RefusedNoProposal
	}
	p := f.s.Proposals[i]
	switch {
	case p.Actor == cmd.Actor:
		return RefusedSamePerson
	case !p.fits(cmd):
		return RefusedDiffers
	}
	f.in.Command.Check, f.in.Command.Status, f.in.Command.Until, f.in.Command.By = p.Check, p.Status, p.Until, p.By
	if refusal := f.obey(); refusal != "" {
		return refusal
	}
	f.s.Proposals = slices.Delete(f.s.Proposals, i, i+1)
	if len(f.s.Proposals) == 0 {
		f.s.Proposals = nil
	}
	return ""
}

// fits says whether a command is the one that was proposed.
func (p Proposal) fits(c Command) bool {
	return p.Command == c.Name && (c.Check == "" || c.Check == p.Check) && (c.Status == "" || c.Status == p.Status) &&
		(c.Until.IsZero() || stamp(c.Until).Equal(p.Until)) && (c.By == 0 || c.By == p.By)
}

// expireProposals drops what nobody approved in time.
func (f *fold) expireProposals() {
	f.s.Proposals = slices.DeleteFunc(f.s.Proposals, func(p Proposal) bool { return !p.Expires.After(f.now) })
	if len(f.s.Proposals) == 0 {
		f.s.Proposals = nil
	}
}

// overrideUntil returns when the override that is asked for ends.
func (f *fold) overrideUntil() time.Time {
	if f.in.Command.Until.IsZero() {
		return f.in.Received.Add(OverrideFor)
	}
	return stamp(f.in.Command.Until)
}
