package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"admit/onboarding"
)

// attributes lists the search attributes of the workflow, their types, and a
// value to ask for.
var attributes = []struct {
	name  string
	kind  enumspb.IndexedValueType
	value string
}{
	{onboarding.AttributeStage, enumspb.INDEXED_VALUE_TYPE_KEYWORD, "''"},
	{onboarding.AttributeBlockedOn, enumspb.INDEXED_VALUE_TYPE_KEYWORD, "''"},
	{onboarding.AttributeKYC, enumspb.INDEXED_VALUE_TYPE_KEYWORD, "''"},
	{onboarding.AttributeSEPAKYC, enumspb.INDEXED_VALUE_TYPE_KEYWORD, "''"},
	{onboarding.AttributePOA, enumspb.INDEXED_VALUE_TYPE_KEYWORD, "''"},
	{onboarding.AttributeHighRisk, enumspb.INDEXED_VALUE_TYPE_KEYWORD, "''"},
	{onboarding.AttributeStalled, enumspb.INDEXED_VALUE_TYPE_BOOL, "true"},
	{onboarding.AttributeReversed, enumspb.INDEXED_VALUE_TYPE_BOOL, "true"},
	{onboarding.AttributeStageSince, enumspb.INDEXED_VALUE_TYPE_DATETIME, "'2000-01-01T00:00:00Z'"},
	{onboarding.AttributeDeadline, enumspb.INDEXED_VALUE_TYPE_DATETIME, "'2000-01-01T00:00:00Z'"},
}

const (
	checkTimeout = 10 * time.Second
	firstBackoff = time.Second
	maxBackoff   = 10 * time.Second

	// maxUncounted is how often in a row the visibility store may fail to answer
	// before the list of search attributes alone is believed.
	maxUncounted = 3
)

// errUncounted says that the server lists every search attribute with its type,
// and that its visibility store is away. Polling needs no such store.
var errUncounted = errors.New("the visibility store does not answer")

// awaitAttributes returns true once the search attributes are usable, false when
// ctx has ended before. It says in the log what is missing, once per reason.
func (w *Worker) awaitAttributes(ctx context.Context) bool {
	said, uncounted := "", 0
	for attempt := 0; ctx.Err() == nil; attempt++ {
		err := w.checkAttributes(ctx)
		if err == nil {
			return true
		}
		if !errors.Is(err, errUncounted) {
			uncounted = 0
		} else if uncounted++; uncounted == maxUncounted && ctx.Err() == nil {
			w.log.Warn("the worker polls although the search attributes are only listed", "namespace", w.o.Namespace, "error", err)
			return true
		}
		w.setReady(err)
		if ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			w.log.Warn("the worker does not poll yet", "namespace", w.o.Namespace, "error", err)
		}
		sleep(ctx, backoff(attempt))
	}
	return false
}

// checkAttributes says why the search attributes cannot be used yet. Where the
// server does not let everybody list them, as a hosted one may not, asking for
// workflows by each of them tells as well which are missing. An errUncounted means
// that they are listed, and that nothing was found against them.
func (w *Worker) checkAttributes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	listed, err := w.listAttributes(ctx)
	if err != nil {
		return err
	}
	var missing []string
	for _, a := range attributes {
		_, err := w.o.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: w.o.Namespace, Query: a.name + " = " + a.value,
		})
		var invalid *serviceerror.InvalidArgument
		switch {
		case errors.As(err, &invalid):
			missing = append(missing, a.name)
		case listed && len(missing) == 0 && isAway(err):
			return fmt.Errorf("%w: ask for workflows by %s: %w", errUncounted, a.name, err)
		case err != nil:
			return fmt.Errorf("ask for workflows by %s: %w", a.name, err)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("search attributes not usable yet: %s (admit setup creates them)", strings.Join(missing, ", "))
	}
	return nil
}

// isAway says whether a server has failed for now, without an answer to what it
// was asked.
func isAway(err error) bool {
	var unavailable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	var exhausted *serviceerror.ResourceExhausted
	return errors.As(err, &unavailable) || errors.As(err, &late) || errors.As(err, &exhausted) || errors.Is(err, context.DeadlineExceeded)
}

// listAttributes says why the search attributes that the server lists are not the
// workflow's; false without an error means that it lists them to nobody here.
func (w *Worker) listAttributes(ctx context.Context) (bool, error) {
	has, err := w.o.Client.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: w.o.Namespace})
	var denied *serviceerror.PermissionDenied
	var absent *serviceerror.Unimplemented
	switch {
	case errors.As(err, &denied), errors.As(err, &absent):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("list the search attributes: %w", err)
	}
	var missing []string
	for _, a := range attributes {
		kind, there := has.GetCustomAttributes()[a.name]
		switch {
		case !there:
			missing = append(missing, a.name)
		case kind != a.kind:
			missing = append(missing, fmt.Sprintf("%s (is %s, must be %s)", a.name, kind, a.kind))
		}
	}
	if len(missing) > 0 {
		return false, fmt.Errorf("search attributes missing: %s (admit setup creates them)", strings.Join(missing, ", "))
	}
	return true, nil
}

// backoff returns the wait after the given number of failures before this one.
func backoff(failures int) time.Duration {
	return min(maxBackoff, firstBackoff<<min(failures, 10))
}

// sleep waits for d; false means that ctx has ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
