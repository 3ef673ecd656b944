package activities

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode"

	"admit/onboarding"
)

// ReviewData is what the templates review and surge are executed with.
type ReviewData struct {
	UserID    string
	Stage     string      // in words, as all that follows
	BlockedOn string      // who has to move next
	Access    string      // what downstream was told
	Checks    []CheckData // those that are not none
	Causes    []CauseData // why a reviewer is told; of a surge none
	At        string      // when it was decided
	Number    int         // of a surge: the users reversed in an hour
	Limit     int         // of a surge: how many the policy allows
	User      string      // the user ID as an argument in a shell
	URL       string      // where to look, "" where the settings name no place
	Sender    string      // who signs; may be ""
}

// CheckData is a check and its status in words.
type CheckData struct{ Check, Status string }

// CauseData is why a reviewer is told of a user: what happened, what to do next,
// and the commands for it. Next may be "", and Commands empty.
type CauseData struct {
	Says     string
	Next     string
	Commands []string
}

// reviewView is how reviewers read: in which language, with times in which zone,
// and where to look.
type reviewView struct {
	texts     *Templates
	languages []string
	url       string // with {userId} in it
	zone      *time.Location
}

// placeUser is where the user ID goes in a URL and in a command.
const (
	placeUserID = "{userId}"
	placeUser   = "{user}"
)

func (t *Templates) view(language, url string, zone *time.Location) reviewView {
	return reviewView{texts: t, languages: fallbacks(language), url: url, zone: zone}
}

// template returns the template of a mail to reviewers, which English always has,
// and the view for what is said in it.
func (v reviewView) template(name string) (*template.Template, reviewView) {
	for _, l := range v.languages {
		if parsed := v.texts.mails[l][name]; parsed != nil {
			v.languages = speaking(v.languages, l)
			return parsed, v
		}
	}
	return nil, v
}

// review returns what a mail about one user says.
func (v reviewView) review(p onboarding.Payload) ReviewData {
	d := p.Data
	r := ReviewData{
		UserID: shown(d.UserID), Stage: v.word("stage", string(d.Stage)), BlockedOn: v.word("party", string(d.BlockedOn)),
		Access: v.word("access", string(d.Access)), At: inWords(v.languages[0], p.Timestamp.In(v.zone), false),
		Number: d.Number, Limit: d.Limit, User: shellWord(d.UserID), URL: v.link(d.UserID), Sender: v.texts.sender,
	}
	for _, c := range onboarding.Checks {
		if status := statusOf(d.Checks, c); status != "" {
			r.Checks = append(r.Checks, CheckData{Check: v.word("check", string(c)), Status: v.word("status", string(status))})
		}
	}
	for _, code := range d.Causes {
		r.Causes = append(r.Causes, v.cause(code, r.User))
	}
	return r
}

// statusOf returns the status of a check, "" for one that is none.
func statusOf(s onboarding.CheckStatuses, c onboarding.Check) onboarding.Status {
	return map[onboarding.Check]onboarding.Status{
		onboarding.KYC: s.KYC, onboarding.KYCFiles: s.KYCFiles, onboarding.POA: s.POA,
		onboarding.HighRisk: s.HighRisk, onboarding.Account: s.Account, onboarding.SEPAKYC: s.SEPAKYC,
	}[c]
}

// cause reads a cause "name[:what[:detail]]" for a reviewer. What has no sentence
// is shown as it is: a newer build may have written it.
func (v reviewView) cause(code, user string) CauseData {
	name, what, detail := parts(code)
	// The most special sentence first: "stalled:on_hold", "api_contradicts::other", "stalled".
	keys := []string{code, name + ":" + what, name + "::" + detail, name}
	fill := strings.NewReplacer(placeCheck, v.word("check", what), placeStage, v.word("stage", what), placeDetail, shown(detail))
	c := CauseData{Says: shown(code)}
	for _, key := range keys {
		if s := v.texts.sentence(v.languages, causesFile, key); s != "" {
			c.Says = fill.Replace(s)
			break
		}
	}
	for _, key := range keys {
		if s := v.texts.sentence(v.languages, causesFile, key+nextSuffix); s != "" {
			c.Next = fill.Replace(s)
			break
		}
	}
	for _, key := range keys {
		if commands, ok := nextCommands[key]; ok {
			fill := strings.NewReplacer(placeUser, user, placeCheck, what)
			for _, command := range commands {
				c.Commands = append(c.Commands, fill.Replace(command))
			}
			break
		}
	}
	return c
}

// parts cuts a cause into its name, what it is about and the rest.
func parts(code string) (name, what, detail string) {
	name, rest, _ := strings.Cut(code, ":")
	what, detail, _ = strings.Cut(rest, ":")
	return name, what, detail
}

// word returns how a code is read; one that has no word is shown as it is.
func (v reviewView) word(group, code string) string {
	return cmp.Or(v.texts.sentence(v.languages, wordsFile, group+"."+code), shown(code))
}

// link returns where to look for a user.
func (v reviewView) link(userID string) string {
	// Fits in a path and in a query.
	escaped := strings.ReplaceAll(url.QueryEscape(userID), "+", "%20")
	return strings.ReplaceAll(v.url, placeUserID, escaped)
}

// shown returns a code or a user ID as a mail may hold it: what is not printable
// or could turn the line around is escaped.
func shown(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.QuoteToASCII(text)
	}
	return text
}

// shellWord returns a user ID as one word of a POSIX shell's command line.
func shellWord(userID string) string {
	plain := func(r rune) bool { return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	if userID != "" && !strings.ContainsFunc(userID, func(r rune) bool { return !plain(r) && !strings.ContainsRune("._-@+:,/%=", r) }) {
		return userID
	}
	return "'" + strings.ReplaceAll(userID, "'", `'\''`) + "'"
}
