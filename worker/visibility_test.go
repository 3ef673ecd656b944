package worker_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/grpc"

	"admit/worker"
)

// TestVisibilityAway holds that a worker polls without the visibility store when
// the search attributes are listed, and only then.
func TestVisibilityAway(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		list, count error
		polls       bool
	}{
		{name: "unavailable", count: serviceerror.NewUnavailable("for the test"), polls: true},
		{name: "late", count: serviceerror.NewDeadlineExceeded("for the test"), polls: true},
		{name: "late here", count: context.DeadlineExceeded, polls: true},
		{name: "exhausted", count: serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_SYSTEM_OVERLOADED, "for the test"), polls: true},
		{name: "another failure", count: serviceerror.NewInternal("for the test")},
		{name: "not usable yet", count: serviceerror.NewInvalidArgument("for the test")},
		{name: "not listed", list: serviceerror.NewPermissionDenied("for the test", ""), count: serviceerror.NewUnavailable("for the test")},
		{name: "list away too", list: serviceerror.NewUnavailable("for the test"), count: serviceerror.NewUnavailable("for the test")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int64
			o := options(t)
			// In front of the SDK's own interceptors, which would try again.
			o.ConnectionOptions.DialOptions = []grpc.DialOption{grpc.WithUnaryInterceptor(
				func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, next grpc.UnaryInvoker, opts ...grpc.CallOption) error {
					switch {
					case strings.HasSuffix(method, "/ListSearchAttributes"):
						tries.Add(1)
						if tt.list != nil {
							return tt.list
						}
					case strings.HasSuffix(method, "/CountWorkflowExecutions"):
						return tt.count
					}
					return next(ctx, method, req, reply, cc, opts...)
				})}
			queue := "worker-" + rand.Text()
			r := run(t, worker.Options{
				Client: dial(t, o), Namespace: os.Getenv("TEMPORAL_NAMESPACE"), TaskQueue: queue, HooksTaskQueue: queue + "-hooks",
				Workflow: everything(queue + "-hooks"), Activities: (&calls{seen: map[string]int{}}).activities(), StopTimeout: time.Second,
			})
			if tt.polls {
				until(t, "ready", func() bool { return r.w.Ready() == nil })
				if got := tries.Load(); got != 3 {
					t.Errorf("polls after %d tries, want 3", got)
				}
			} else {
				until(t, "another try", func() bool { return tries.Load() > 3 })
				if err := r.w.Ready(); err == nil || errors.Is(err, worker.ErrStarting) {
					t.Errorf("Ready = %v after %d tries", err, tries.Load())
				}
			}
			r.stop()
			if err := r.ended(t); err != nil {
				t.Errorf("Run returned %v", err)
			}
		})
	}
}
