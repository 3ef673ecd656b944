package worker_test

import (
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"admit/dispatch"
	"admit/onboarding"
	"admit/worker"
)

// maxServerSummary is the longest payload of a summary that the server takes.
const maxServerSummary = 400

// TestSummariesFit holds that the longest summaries are short enough when they are
// encrypted under the longest ID: that of a start, and the labels of the package
// workflows, whose own tests hold that they have at most 100 bytes.
func TestSummariesFit(t *testing.T) {
	t.Parallel()
	c := codec(t, strings.Repeat("1", 32)+":"+secret(1)).DataConverter()
	summaries := []string{strings.Repeat("l", 100)}
	for _, part := range []string{"u", "ü", "<", "\u2028", `"`, "€", "😀", "u<"} {
		summaries = append(summaries, dispatch.StartOptions(strings.Repeat(part, 255/len(part))).StaticSummary)
	}
	for _, s := range summaries {
		p, err := c.ToPayload(s)
		if err != nil || proto.Size(p) > maxServerSummary {
			t.Errorf("%d bytes for %q, %v", proto.Size(p), s, err)
		}
	}
}

// greeted is a workflow that has to read its argument.
func greeted(ctx workflow.Context, name string) (string, error) {
	return "hello " + name, nil
}

// TestAMissingKeyBlocks holds that a worker without the key leaves a run alone, and
// that one with the key takes it up.
func TestAMissingKeyBlocks(t *testing.T) {
	t.Parallel()
	f := newFleetWithout(t)
	withKeys := func(c worker.Codec) client.Client {
		o := options(t)
		o.DataConverter, o.FailureConverter = c.DataConverter(), c.FailureConverter()
		return dial(t, o)
	}
	with, without := withKeys(codec(t, "1:"+secret(1))), withKeys(worker.Codec{})
	run, err := with.ExecuteWorkflow(f.ctx(), client.StartWorkflowOptions{
		ID: f.prefix + "run", TaskQueue: f.queue, WorkflowTaskTimeout: time.Second,
	}, onboarding.WorkflowType, "user-1")
	if err != nil {
		t.Fatal(err)
	}
	stop := build(t, without, f.queue, "without", greeted)
	until(t, "the worker without the key fails at it", func() bool {
		return f.last(enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED) != nil
	})
	stop()
	if f.last(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED) != nil {
		t.Error("the run has failed")
	}
	build(t, with, f.queue, "with", greeted)
	var got string
	if err := run.Get(f.ctx(), &got); err != nil || got != "hello user-1" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestWhatIsReadRaw holds that what anybody may send blocks nothing.
func TestWhatIsReadRaw(t *testing.T) {
	t.Parallel()
	sealed, err := codec(t, "1:"+secret(1)).DataConverter().ToPayloads("forged")
	if err != nil {
		t.Fatal(err)
	}
	aware, ok := (worker.Codec{}).DataConverter().(workflow.ContextAware)
	if !ok {
		t.Fatal("the converter is the same in workflows")
	}
	inside := aware.WithWorkflowContext(nil)
	var raw converter.RawValue
	if err := inside.FromPayloads(sealed, &raw); err == nil || !strings.Contains(err.Error(), `the key "1"`) {
		t.Errorf("read raw: %v", err)
	}
	if err := inside.FromPayloads(sealed); err == nil {
		t.Error("what nobody asked for is readable")
	}
	defer func() {
		if recover() == nil {
			t.Error("a value that the workflow needs does not block it")
		}
	}()
	var text string
	_ = inside.FromPayloads(sealed, &text) // it panics
}
