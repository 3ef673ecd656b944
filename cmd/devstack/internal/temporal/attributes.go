package temporal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// pollInterval is short because a start waits for it.
const pollInterval = 20 * time.Millisecond

// frontendService is the name under which the frontend answers for its health.
const frontendService = "temporal.api.workflowservice.v1.WorkflowService"

// SearchAttributes are those by which Admit's workflows are found.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	return map[string]enumspb.IndexedValueType{
		"OnboardingStage":      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"OnboardingBlockedOn":  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"OnboardingKyc":        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"OnboardingSepaKyc":    enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"OnboardingPoa":        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"OnboardingHighRisk":   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"OnboardingStalled":    enumspb.INDEXED_VALUE_TYPE_BOOL,
		"OnboardingReversed":   enumspb.INDEXED_VALUE_TYPE_BOOL,
		"OnboardingStageSince": enumspb.INDEXED_VALUE_TYPE_DATETIME,
		"OnboardingDeadline":   enumspb.INDEXED_VALUE_TYPE_DATETIME,
	}
}

// serving waits until the frontend says that it serves.
func serving(ctx context.Context, address string) error {
	return poll(ctx, address, func(ctx context.Context, conn *grpc.ClientConn) error {
		answer, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{Service: frontendService})
		if err != nil {
			return err
		}
		if answer.Status != healthpb.HealthCheckResponse_SERVING {
			return fmt.Errorf("the frontend is %s", answer.Status)
		}
		return nil
	})
}

// addMissing adds the search attributes that the namespace lacks and reports
// whether there were any.
func addMissing(ctx context.Context, address string) (added bool, err error) {
	err = poll(ctx, address, func(ctx context.Context, conn *grpc.ClientConn) error {
		operator := operatorservice.NewOperatorServiceClient(conn)
		known, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: Namespace})
		if err != nil {
			return err
		}
		missing := SearchAttributes()
		for name := range known.CustomAttributes {
			delete(missing, name)
		}
		if len(missing) == 0 {
			return nil
		}
		if _, err := operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace:        Namespace,
			SearchAttributes: missing,
		}); err != nil {
			return err
		}
		added = true
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("add search attributes: %w", err)
	}
	return added, nil
}

// usable waits until a query may name every search attribute.
func usable(ctx context.Context, address string) error {
	var terms []string
	for _, name := range slices.Sorted(maps.Keys(SearchAttributes())) {
		terms = append(terms, name+" is null")
	}
	query := strings.Join(terms, " and ")
	err := poll(ctx, address, func(ctx context.Context, conn *grpc.ClientConn) error {
		_, err := workflowservice.NewWorkflowServiceClient(conn).CountWorkflowExecutions(ctx,
			&workflowservice.CountWorkflowExecutionsRequest{Namespace: Namespace, Query: query})
		return err
	})
	if err != nil {
		return fmt.Errorf("query by search attribute: %w", err)
	}
	return nil
}

// poll calls try until it succeeds or its time is up, when the last failure is
// returned.
func poll(ctx context.Context, address string, try func(context.Context, *grpc.ClientConn) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("connect to %s: %w", address, err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		failure := try(ctx, conn)
		if failure == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), failure)
		case <-ticker.C:
		}
	}
}
