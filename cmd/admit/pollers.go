package main

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
)

const (
	// describeTimeout bounds one question about a task queue.
	describeTimeout = 2 * time.Second
	// polledLately is how long ago a worker may have asked for work and still count.
	// One that waits for work asks anew each minute; Temporal remembers it for five.
	polledLately = 150 * time.Second
)

// describer describes task queues: the part of a Temporal client that pollers need.
type describer interface {
	DescribeTaskQueue(ctx context.Context, taskqueue string, kind enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error)
}

// pollers knows who asks a task queue for activities.
type pollers struct {
	temporal describer
	clock    func() time.Time
}

// Pollers returns how many workers polled the queue lately, and when the last one
// did as far as Temporal remembers; the zero time for nobody.
func (p pollers) Pollers(ctx context.Context, taskQueue string) (n int, last time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	queue, err := p.temporal.DescribeTaskQueue(ctx, taskQueue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("describe the task queue %q: %w", taskQueue, err)
	}
	for _, poller := range queue.GetPollers() {
		at := poller.GetLastAccessTime().AsTime()
		if at.After(last) {
			last = at
		}
		if p.clock().Sub(at) < polledLately {
			n++
		}
	}
	return n, last, nil
}
