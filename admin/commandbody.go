package admin

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

type commandInput struct {
	UserID userID `path:"userId"`
	Body   commandBody
}

type commandBody struct {
	Command   commandName `json:"command" doc:"What to do"`
	Reason    string      `json:"reason" minLength:"1" maxLength:"500" doc:"Why; it stands in the audit. One line, not blank" example:"chargeback under investigation"`
	RequestID string      `json:"requestId,omitempty" pattern:"^[A-Za-z0-9._:-]{1,128}$" doc:"Unique per user, made up when left out. The same command with the same ID is done once and answered alike"`
	Approves  string      `json:"approves,omitempty" pattern:"^[A-Za-z0-9._:-]{1,128}$" doc:"The request ID of another person's proposal, which this command approves"`

	Check  checkName  `json:"check,omitempty" doc:"Of override_check and lift_override: the check"`
	Status statusName `json:"status,omitempty" doc:"Of override_check: what the check shall be"`
	Until  string     `json:"until,omitempty" format:"date-time" doc:"Of override_check: when it ends" example:"2030-01-31T12:00:00Z"`
	By     string     `json:"by,omitempty" minLength:"2" maxLength:"32" doc:"Of extend_deadline: how much later, at least 1s" example:"24h"`
}

// sentCommands are the commands that need no more than the role operate; the one
// that erases has a path of its own.
var sentCommands = slices.DeleteFunc(slices.Clone(onboarding.Commands[:]), func(c string) bool { return c == onboarding.CommandErase })

// overrides are the statuses that an operator can give a check.
var overrides = slices.DeleteFunc(slices.Clone(onboarding.Statuses[:]), func(s onboarding.Status) bool { return s == onboarding.StatusNone })

// commandName, checkName and statusName are words of onboarding in a body.
type (
	commandName string
	checkName   string
	statusName  string
)

// Schema implements huma.SchemaProvider.
func (commandName) Schema(huma.Registry) *huma.Schema { return enum(sentCommands) }

// Schema implements huma.SchemaProvider.
func (checkName) Schema(huma.Registry) *huma.Schema { return enum(onboarding.Checks[:]) }

// Schema implements huma.SchemaProvider.
func (statusName) Schema(huma.Registry) *huma.Schema { return enum(overrides) }

// commandFields names the fields of their own that commands need and may have.
// One that approves a proposal needs none: they are as they were proposed.
var commandFields = map[string]struct{ needs, may []string }{
	onboarding.CommandOverride:     {[]string{"check", "status"}, []string{"until"}},
	onboarding.CommandLiftOverride: {[]string{"check"}, nil},
	onboarding.CommandExtend:       {[]string{"by"}, nil},
}

// command returns what is asked for, or every mistake in it. Actor is left to the
// caller.
func (b commandBody) command() (onboarding.Command, []fault) {
	c := onboarding.Command{
		Name: string(b.Command), Reason: b.Reason, RequestID: b.RequestID, Approves: b.Approves,
		Check: onboarding.Check(b.Check), Status: onboarding.Status(b.Status),
	}
	var faults []fault
	if !slices.Contains(sentCommands, c.Name) {
		faults = append(faults, fault{Location: "body.command", Message: "must be one of " + strings.Join(sentCommands, ", ")})
	}
	faults = append(faults, signatureFaults("body.", b.Reason, b.RequestID, b.Approves)...)
	faults = append(faults, b.fieldFaults()...)
	if b.Until != "" {
		until, err := time.Parse(time.RFC3339, b.Until)
		if err != nil {
			faults = append(faults, fault{Location: "body.until", Message: "must be a time as in 2030-01-31T12:00:00Z"})
		}
		// As exact as the database is.
		c.Until = until.UTC().Truncate(time.Microsecond)
	}
	if b.By != "" {
		by, err := time.ParseDuration(b.By)
		if err != nil || by < time.Second {
			faults = append(faults, fault{Location: "body.by", Message: "must be a duration of at least 1s, such as 24h or 1h30m"})
		}
		c.By = onboarding.Duration(by)
	}
	return c, faults
}

// fieldFaults says which of the command's own fields are missing, and which are
// another command's.
func (b commandBody) fieldFaults() []fault {
	var faults []fault
	rule := commandFields[string(b.Command)]
	for _, f := range []struct {
		name  string
		given bool
	}{{"check", b.Check != ""}, {"status", b.Status != ""}, {"until", b.Until != ""}, {"by", b.By != ""}} {
		needed := slices.Contains(rule.needs, f.name)
		switch {
		case f.given && !needed && !slices.Contains(rule.may, f.name):
			faults = append(faults, fault{Location: "body." + f.name, Message: "is no field of " + string(b.Command) + "; leave it out"})
		case !f.given && needed && b.Approves == "":
			faults = append(faults, fault{Location: "body." + f.name, Message: "is missing: " + string(b.Command) + " needs it"})
		}
	}
	return faults
}

var requestID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)

// maxReason is the length of the longest reason, in characters.
const maxReason = 500

// importPrefix begins the request IDs that imports have in the store.
const importPrefix = "import:"

// signatureFaults returns every mistake in what all commands have: place is where
// they stand.
func signatureFaults(place, reason, id, approves string) []fault {
	var faults []fault
	if strings.TrimSpace(reason) == "" || utf8.RuneCountInString(reason) > maxReason || !plain(reason) {
		faults = append(faults, fault{Location: place + "reason", Message: "must be one line of 1 to 500 characters, not all blank"})
	}
	switch {
	case id != "" && !requestID.MatchString(id):
		faults = append(faults, fault{Location: place + "requestId", Message: "must match [A-Za-z0-9._:-]{1,128}"})
	case strings.HasPrefix(id, importPrefix):
		faults = append(faults, fault{Location: place + "requestId", Message: "must not begin with " + importPrefix + ", as those of imports do"})
	}
	if approves != "" && !requestID.MatchString(approves) {
		faults = append(faults, fault{Location: place + "approves", Message: "must match [A-Za-z0-9._:-]{1,128}"})
	}
	return faults
}
