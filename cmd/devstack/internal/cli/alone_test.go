package cli_test

import (
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/operatorservice/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func startWorkflow(t *testing.T, address, id string) {
	t.Helper()
	_, err := workflowservice.NewWorkflowServiceClient(dial(t, address)).StartWorkflowExecution(t.Context(),
		&workflowservice.StartWorkflowExecutionRequest{
			Namespace: "default", WorkflowId: id, RequestId: id,
			WorkflowType: &commonpb.WorkflowType{Name: "any"},
			TaskQueue:    &taskqueuepb.TaskQueue{Name: "any"},
		})
	if err != nil {
		t.Fatal(err)
	}
}

func hasWorkflow(t *testing.T, address, id string) bool {
	t.Helper()
	_, err := workflowservice.NewWorkflowServiceClient(dial(t, address)).DescribeWorkflowExecution(t.Context(),
		&workflowservice.DescribeWorkflowExecutionRequest{
			Namespace: "default", Execution: &commonpb.WorkflowExecution{WorkflowId: id},
		})
	if status.Code(err) == codes.NotFound {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// startAlone starts one service and returns what says takes out of its output.
func startAlone(t *testing.T, says *regexp.Regexp, args ...string) (*devstack, string) {
	t.Helper()
	d := start(t, args...)
	var found []string
	eventually(t, "word that it is ready", func() bool {
		select {
		case <-d.done:
			t.Fatalf("devstack ended early:\n%s", d.output())
		default:
		}
		found = says.FindStringSubmatch(d.output())
		return found != nil
	})
	return d, found[1]
}

var (
	temporalSays = regexp.MustCompile(`Temporal is ready on (\S+)\n`)
	postgresSays = regexp.MustCompile(`PostgreSQL is ready at (\S+)\n`)
)

// TestTemporalIsStoppedAndStartedAlone does to the server what a test of the
// product does: it kills it and has it back at the same address.
func TestTemporalIsStoppedAndStartedAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sub", "100% temporal?.db")
	first, address := startAlone(t, temporalSays, "temporal", "--port", "0", "--db", file)
	checkTemporal(t, address)
	startWorkflow(t, address, "kept")
	first.signal(syscall.SIGKILL)
	first.wait()

	second, again := startAlone(t, temporalSays, "temporal", "--port", port(t, address), "--db", file)
	if again != address {
		t.Errorf("the server came back at %s, not %s", again, address)
	}
	if !hasWorkflow(t, address, "kept") {
		t.Errorf("the workflow was not kept")
	}
	end(t, second)
}

// TestTemporalGainsSearchAttributes opens a database of before one was added.
func TestTemporalGainsSearchAttributes(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "temporal.db")
	first, address := startAlone(t, temporalSays, "temporal", "--port", "0", "--db", file)
	_, err := operatorservice.NewOperatorServiceClient(dial(t, address)).RemoveSearchAttributes(t.Context(),
		&operatorservice.RemoveSearchAttributesRequest{Namespace: "default", SearchAttributes: []string{"OnboardingPoa"}})
	if err != nil {
		t.Fatal(err)
	}
	end(t, first)
	second, address := startAlone(t, temporalSays, "temporal", "--port", "0", "--db", file)
	checkTemporal(t, address)
	end(t, second)
}

func TestPostgresAlone(t *testing.T) {
	t.Parallel()
	dir := enterable(t)
	first, url := startAlone(t, postgresSays, "postgres", "--port", "0", "--dir", dir)
	mustQuery(t, url, "create table kept(); select 1")
	second := start(t, "postgres", "--port", "0", "--dir", dir)
	if code := second.wait(); code != 1 {
		t.Errorf("a second server on the same data: exit code %d, want 1", code)
	}
	end(t, first)
	third, url := startAlone(t, postgresSays, "postgres", "--port", "0", "--dir", dir)
	if got := mustQuery(t, url, "select count(*) from kept"); got != "0" {
		t.Errorf("kept has %s rows", got)
	}
	end(t, third)
}
