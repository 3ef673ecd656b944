package worker

import (
	"context"
	"errors"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// DataConverter returns what a client and its workers convert values with.
//
// A worker that lacks a key must not answer for a workflow that it cannot read, for
// the SDK would fail the run over an argument. So inside a workflow a payload that
// cannot be decrypted fails the workflow task, which the engine gives out again,
// until a worker has the key: processes may be given a key one after the other.
// What the workflow asks for raw comes from anybody, and its error is returned.
func (c Codec) DataConverter() converter.DataConverter {
	return decrypting{converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), c)}
}

// FailureConverter returns what failures are converted with: with keys, messages
// and stack traces are encrypted too. The types of errors are not.
func (c Codec) FailureConverter() converter.FailureConverter {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: c.DataConverter(), EncodeCommonAttributes: c.Encrypts(),
	})
}

// decrypting is a data converter that is another one inside workflows.
type decrypting struct{ converter.DataConverter }

var _ workflow.ContextAware = decrypting{}

// WithWorkflowContext implements workflow.ContextAware.
func (d decrypting) WithWorkflowContext(workflow.Context) converter.DataConverter {
	return blocking(d)
}

// WithContext implements workflow.ContextAware.
func (d decrypting) WithContext(context.Context) converter.DataConverter { return d }

// blocking panics where a value cannot be decrypted, which fails the workflow task
// and nothing else.
type blocking struct{ converter.DataConverter }

// FromPayload implements converter.DataConverter.
func (b blocking) FromPayload(p *commonpb.Payload, to any) error {
	return block(b.DataConverter.FromPayload(p, to), to)
}

// FromPayloads implements converter.DataConverter.
func (b blocking) FromPayloads(p *commonpb.Payloads, to ...any) error {
	return block(b.DataConverter.FromPayloads(p, to...), to...)
}

func block(err error, to ...any) error {
	var unreadable *KeyError
	ours := func(v any) bool {
		_, raw := v.(*converter.RawValue)
		return !raw
	}
	if errors.As(err, &unreadable) && slices.ContainsFunc(to, ours) {
		panic(unreadable)
	}
	return err
}
