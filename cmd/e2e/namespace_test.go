package e2e_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"
)

// namespaceTime bounds how long Temporal may take until a new namespace can be
// worked with: its services read the list of namespaces now and then.
const namespaceTime = 40 * time.Second

// newNamespace registers a namespace in the Temporal at TEMPORAL_ADDRESS, with
// the search attributes that admit setup creates. So tests at the same time
// share neither workflows nor task queues.
func newNamespace(t *testing.T) string {
	t.Helper()
	name := "e2e-" + strings.ToLower(rand.Text()[:12])
	c := dial(t, os.Getenv("TEMPORAL_ADDRESS"), client.DefaultNamespace)
	ctx, cancel := context.WithTimeout(context.Background(), namespaceTime)
	defer cancel()
	_, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil {
		t.Fatalf("register namespace %s: %v", name, err)
	}
	env := []string{"TEMPORAL_ADDRESS=" + os.Getenv("TEMPORAL_ADDRESS"), "TEMPORAL_NAMESPACE=" + name}
	eventually(t, "admit setup", func() error {
		if code, out, errs := runOnce(t, world.admit, env, "setup"); code != 0 {
			return fmt.Errorf("exit code %d: %s%s", code, out, errs)
		}
		return nil
	})
	return name
}

// dial connects to a namespace of a Temporal.
func dial(t *testing.T, address, namespace string) client.Client {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: address, Namespace: namespace, Logger: silent{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// silent drops what Temporal's client has to say: the tests look at what it
// returns.
type silent struct{}

var _ log.Logger = silent{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
