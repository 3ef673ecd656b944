package activities

import (
	"context"
	"encoding/json"

	"admit/onboarding"
)

// body returns what is posted: the payload as it was decided and, beside it, the
// words that are never kept with a decision, as they are now. So the body of a
// later attempt may say other words under the same ID. A non-nil Attempt stands for
// one that was not made.
func (h *Hook) body(ctx context.Context, d onboarding.Delivery) ([]byte, *onboarding.Attempt) {
	var p onboarding.Payload
	err := json.Unmarshal(d.Payload, &p)
	message := onboarding.Effect{Name: d.Name}.Notify()
	switch {
	case message && (err != nil || p.Data.Message == nil):
		return nil, instead(unsendable("unreadable message"))
	case err != nil, !message && p.Data.Details == nil:
		return d.Payload, nil // as it is, byte by byte
	}
	if p.Data.Details != nil {
		if tried := h.detail(ctx, d, &p.Data); tried != nil {
			return nil, tried
		}
	}
	if message {
		if tried := h.speak(ctx, d, p.Data.Message); tried != nil {
			return nil, tried
		}
	}
	body, err := json.Marshal(p)
	if err != nil {
		return nil, instead(unsendable("unwritable payload")) // it was read from JSON: never seen
	}
	return body, nil
}

// detail fills in the providers' texts, or takes their words out again where the
// hook is no longer told them.
func (h *Hook) detail(ctx context.Context, d onboarding.Delivery, data *onboarding.PayloadData) *onboarding.Attempt {
	if !h.full {
		data.Details = nil
		return nil
	}
	if h.Texts == nil {
		return instead(unsent("texts not configured here"))
	}
	recipient, err := h.Texts.Recipient(ctx, d.UserID, true)
	if err != nil {
		h.logger().Warn("texts could not be read", "target", d.Target, "id", d.ID, "error", err)
		return instead(unsent("texts could not be read"))
	}
	for c, view := range map[onboarding.Check]*onboarding.CheckView{
		onboarding.KYC: data.Details.KYC, onboarding.KYCFiles: data.Details.KYCFiles, onboarding.POA: data.Details.POA,
		onboarding.HighRisk: data.Details.HighRisk, onboarding.Account: data.Details.Account, onboarding.SEPAKYC: data.Details.SEPAKYC,
	} {
		if view != nil {
			view.Message = recipient.Texts[c]
		}
	}
	return nil
}

// speak puts a message to the user into words. The hook is a channel to the user, so
// of the codes it gets those that may be said.
func (h *Hook) speak(ctx context.Context, d onboarding.Delivery, m *onboarding.Message) *onboarding.Attempt {
	if h.Voice == nil {
		// Another process may know how: a configuration is being rolled out.
		return instead(unsent("messages not configured here"))
	}
	spoken, tried := h.Voice.Speak(ctx, d, *m, false)
	if tried != nil {
		return tried
	}
	*m = sayable(*m)
	m.Rendered = &spoken.Rendered
	return nil
}

func instead(a onboarding.Attempt) *onboarding.Attempt { return &a }
