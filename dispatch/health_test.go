package dispatch_test

import (
	"context"
	"net"
	"testing"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"admit/dispatch"
)

// frontend answers every health check with one code, and the client's greeting as
// an old server does.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	healthpb.UnimplementedHealthServer
	code codes.Code
}

func (f *frontend) Check(context.Context, *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	if f.code != codes.OK {
		return nil, status.Error(f.code, "for the test")
	}
	return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING}, nil
}

// TestHealthOfServersThatRefuseTheCheck holds that no is an answer: else one failed
// ring would end all rings where health checks are not allowed.
func TestHealthOfServersThatRefuseTheCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		code    codes.Code
		answers bool
	}{
		{codes.OK, true},
		{codes.PermissionDenied, true},
		{codes.Unauthenticated, true},
		{codes.Unimplemented, true},
		{codes.NotFound, true},
		{codes.Unavailable, false},
		{codes.DeadlineExceeded, false},
	}
	for _, tt := range tests {
		t.Run(tt.code.String(), func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s, f := grpc.NewServer(), &frontend{code: tt.code}
			workflowservice.RegisterWorkflowServiceServer(s, f)
			healthpb.RegisterHealthServer(s, f)
			go func() { _ = s.Serve(l) }() // ends with Stop
			t.Cleanup(s.Stop)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := (dispatch.Temporal{Client: dial(t, l.Addr().String())}).Health(ctx); (err == nil) != tt.answers {
				t.Errorf("Health = %v, want that it answers: %v", err, tt.answers)
			}
		})
	}
}
