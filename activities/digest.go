package activities

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"admit/onboarding"
)

// maxDigestLines is how many users a digest names; of the rest it says how many.
const maxDigestLines = 300

// DigestData is what the template digest is executed with.
type DigestData struct {
	Users  int    // who need a reviewer
	Until  string // in words: when the digest was closed
	Groups []DigestGroup
	Sender string // who signs; may be ""
}

// DigestGroup is a cause and the users it is about, the rarest cause first: a
// flood of one cause hides no other.
type DigestGroup struct {
	CauseData
	Count int
	Lines []DigestLine
	More  int // users who are not in Lines
}

// DigestLine is one user, in words.
type DigestLine struct{ UserID, Stage, BlockedOn, URL string }

// digestItem is a user with the causes that were collected, as the last of them
// left the user.
type digestItem struct {
	user      string
	stage     onboarding.Stage
	blockedOn onboarding.Party
	causes    []string
}

// collect makes one item of each user. An entry that cannot be read is a cause of
// its own, so that it is not passed over in silence.
func collect(entries []onboarding.DigestEntry) []digestItem {
	var items []digestItem
	at := map[string]int{}
	for _, e := range entries {
		var p onboarding.Payload
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			p = onboarding.Payload{Data: onboarding.PayloadData{Causes: []string{"unreadable_escalation"}}}
		}
		i, known := at[e.UserID]
		if !known {
			i = len(items)
			at[e.UserID] = i
			items = append(items, digestItem{user: e.UserID})
		}
		item := &items[i]
		item.stage, item.blockedOn = cmp.Or(p.Data.Stage, item.stage), cmp.Or(p.Data.BlockedOn, item.blockedOn)
		for _, c := range p.Data.Causes {
			if !slices.Contains(item.causes, c) {
				item.causes = append(item.causes, c)
			}
		}
	}
	return items
}

// digest returns what a mail about many users says, with at most as many users
// named as there are lines.
func (v reviewView) digest(items []digestItem, until time.Time, lines int) DigestData {
	d := DigestData{Users: len(items), Until: inWords(v.languages[0], until.In(v.zone), false), Sender: v.texts.sender}
	groups := map[string][]digestItem{}
	for _, item := range items {
		for _, c := range item.causes {
			groups[c] = append(groups[c], item)
		}
	}
	codes := sortedKeys(groups)
	slices.SortStableFunc(codes, func(a, b string) int { return cmp.Compare(len(groups[a]), len(groups[b])) })
	for _, code := range codes {
		g := DigestGroup{CauseData: v.cause(code, "USER"), Count: len(groups[code])}
		for _, item := range groups[code][:min(lines, g.Count)] {
			g.Lines = append(g.Lines, DigestLine{
				UserID: shown(item.user), Stage: v.word("stage", string(item.stage)),
				BlockedOn: v.word("party", string(item.blockedOn)), URL: v.link(item.user),
			})
		}
		lines -= len(g.Lines)
		g.More = g.Count - len(g.Lines)
		d.Groups = append(d.Groups, g)
	}
	return d
}
