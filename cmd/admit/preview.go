package main

import (
	"admit/activities"
	"admit/cmd/admit/cli"
	"admit/onboarding"
)

// Where the link in a message leads that nobody gets: of one to a user, and of one to
// reviewers.
const (
	samplePlace  = "https://app.example/resume"
	sampleReview = "https://admin.example/users/{userId}"
)

// previews puts into words what users are told, for an operator to look at: with
// the texts that are built in or the merchant's own, and nothing else.
func previews() cli.Notify {
	return cli.Notify{
		Preview: func(r cli.PreviewRequest) (onboarding.Rendered, error) {
			voice, err := activities.NewVoice(activities.VoiceConfig{TemplatesDir: r.TemplatesDir}, nil)
			if err != nil {
				return onboarding.Rendered{}, err
			}
			if r.Last {
				r.Template += ".last"
			}
			place := samplePlace
			if r.ToReviewers() {
				place = sampleReview
			}
			return voice.Preview(activities.PreviewRequest{
				Template: r.Template, Language: r.Language, Checks: r.Checks, Reasons: r.Reasons, Stage: r.Stage, Number: r.Number, URL: place,
			})
		},
		Reasons: func(templatesDir, language string) ([]cli.ReasonLine, error) {
			texts, err := activities.LoadTemplates(templatesDir, "")
			if err != nil {
				return nil, err
			}
			var lines []cli.ReasonLine
			for _, l := range texts.Reasons(language) {
				lines = append(lines, cli.ReasonLine{Code: l.Code, Class: string(l.Speech), Sentence: l.Sentence})
			}
			return lines, nil
		},
	}
}
