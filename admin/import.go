package admin

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"admit/onboarding"
)

// importInput has the body as it came: what is wrong with it is told by line.
type importInput struct {
	RawBody []byte `contentType:"application/json"`
}

type importBody struct {
	ID         string       `json:"id" pattern:"^[A-Za-z0-9._:-]{1,100}$" doc:"Names the whole import, however many calls it takes; sent again, it imports nobody twice" example:"2026-01-customers"`
	DryRun     bool         `json:"dryRun,omitempty" doc:"Say what would be done, and do nothing"`
	SendAccess bool         `json:"sendAccess,omitempty" doc:"Tell the hooks of the access that these users have; else they are taken to know"`
	Users      []importUser `json:"users" minItems:"1" maxItems:"1000" nullable:"false" doc:"All are imported, or none"`
}

type importUser struct {
	Line    int           `json:"line" minimum:"1" maximum:"2147483647" doc:"Where the user stands in the imported file; what is wrong is told by it"`
	UserID  string        `json:"userId" doc:"The merchant's own ID of the user" example:"user-1"`
	Checks  []importCheck `json:"checks" minItems:"1" uniqueItems:"true" nullable:"false" doc:"Those that have passed"`
	Since   string        `json:"since" format:"date-time" doc:"When the last of them did; from 2000 on, and not to come" example:"2024-05-31T12:00:00Z"`
	Contact *contactBody  `json:"contact,omitempty" doc:"How the user is reached"`
}

// importable are the checks that can pass.
var importable = slices.DeleteFunc(slices.Clone(onboarding.Checks[:]), func(c onboarding.Check) bool { return c == onboarding.KYCFiles })

// importCheck is one of importable.
type importCheck string

// Schema implements huma.SchemaProvider.
func (importCheck) Schema(huma.Registry) *huma.Schema { return enum(importable) }

type importOutput struct {
	Body importAnswer
}

type importAnswer struct {
	Accepted int `json:"accepted" doc:"Users accepted now, or with dryRun those who would be"`
	Repeated int `json:"repeated" doc:"Users whom this import had accepted before"`
}

func (s *Server) registerImport(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	op := s.operation("import-users", http.MethodPost, "/v1/imports", RoleAdmin, schemas, http.StatusConflict)
	op.Summary, op.Tags = "Import verified users", []string{tagOnboardings}
	op.Description = "Makes users known who were verified before Admit came: their checks count as passed. At most 1,000 users and 1 MiB in a call. " +
		"All of them are stored in one transaction, or none. Their workflows start when something happens to them or becomes due. " +
		"Every mistake is answered at once, 422, with the user's line. Users who exist already, and not by this import, are answered 409 with the code import_exists and their lines."
	op.MaxBodyBytes, op.SkipValidateBody = MaxImportBody+1, true
	op.RequestBody = &huma.RequestBody{}
	op.Responses["200"] = &huma.Response{Description: "Stored, or with dryRun looked at"}
	s.importSchema, s.schemas = schemas.Schema(reflect.TypeFor[importBody](), true, ""), schemas
	huma.Register(api, op, s.imports)
	op.RequestBody.Content["application/json"].Schema = s.importSchema
}

func (s *Server) imports(ctx context.Context, in *importInput) (*importOutput, error) {
	body, why := s.readImport(in.RawBody)
	if why != nil {
		return nil, why
	}
	x := exchangeOf(ctx)
	ctx, cancel := context.WithTimeout(ctx, s.limits.Import)
	defer cancel()
	done, err := s.store.Import(ctx, body.list(), body.DryRun, x.actor)
	switch {
	case err != nil:
		return nil, failed(ctx, err)
	case len(done.Existing) > 0:
		return nil, body.exists(done.Existing)
	}
	x.users = done.Accepted
	// Those who are not folded yet are rung by the sweep, at its own rate, so that
	// those whose webhooks come in meanwhile do not wait behind a thousand.
	return &importOutput{importAnswer{done.Accepted, done.Repeated}}, nil
}

// list returns the users of a body without mistakes.
func (b importBody) list() []onboarding.ImportUser {
	users := make([]onboarding.ImportUser, len(b.Users))
	for i, u := range b.Users {
		checks := make([]onboarding.Check, len(u.Checks))
		for j, c := range u.Checks {
			checks[j] = onboarding.Check(c)
		}
		// importFaults has read it before.
		since, _ := time.Parse(time.RFC3339, u.Since)
		users[i] = onboarding.ImportUser{UserID: u.UserID, Contact: u.Contact.contact(), Import: onboarding.Import{
			ID: b.ID, Line: u.Line, Checks: checks, Since: since.UTC().Truncate(time.Microsecond), SendAccess: b.SendAccess}}
	}
	return users
}

// exists refuses an import for the users on these lines.
func (b importBody) exists(lines []int) *refusal {
	f := &refusal{status: http.StatusConflict, code: "import_exists",
		detail: "Some of the users exist already, and not by this import with the same data; nobody was imported. Take out the lines that errors names, and send the rest."}
	for i, u := range b.Users {
		if slices.Contains(lines, u.Line) {
			f.faults = append(f.faults, fault{Location: place(i) + ".userId", Message: "exists already, by something else than this line of this import", Line: u.Line})
		}
	}
	return f
}
