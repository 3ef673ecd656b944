package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"admit/cmd/simulator/internal/child"
	"admit/cmd/simulator/internal/story"
)

const (
	endWithin   = 30 * time.Second
	tailLines   = 30
	searchLines = 500 // lines of a log's end in which what is wrong is looked for
)

// errEnded means that Admit, or the worker beside it, has ended by itself.
var errEnded = errors.New("has ended")

// processes are the programs that were started.
type processes struct {
	ctx     context.Context // ends when it is time to end, or one has ended
	cancel  context.CancelCauseFunc
	started []*child.Process // in the order of their start
}

// startAll starts Admit, and the worker where there is one.
func startAll(ctx context.Context, o options, env environment, p plan) (*processes, error) {
	running := &processes{}
	running.ctx, running.cancel = context.WithCancelCause(ctx)
	err := running.start(o.admit, []string{"serve"}, env.with(p.settings()), p.log())
	if err == nil && o.worker != "" {
		err = running.start(o.worker, []string{"-task-queue", story.CRM}, env.with(nil), p.workerLog())
	}
	if err != nil {
		return nil, errors.Join(err, running.stop())
	}
	return running, nil
}

func (r *processes) start(program string, args, environ []string, log string) error {
	c, err := child.Start(program, args, environ, log)
	if err != nil {
		return err
	}
	r.started = append(r.started, c)
	go func() {
		<-c.Done()
		r.cancel(fmt.Errorf("%s %w by itself: %v", program, errEnded, c.Err()))
	}()
	return nil
}

// stop ends the programs in the reverse order of their start.
func (r *processes) stop() error {
	var errs []error
	for i := len(r.started) - 1; i >= 0; i-- {
		errs = append(errs, r.started[i].Stop(endWithin))
	}
	r.cancel(nil)
	return errors.Join(errs...)
}

// tell shows the end of what the programs wrote: all of it when one has ended by
// itself, else only what is wrong, where there is such.
func (r *processes) tell(std streams) {
	died := errors.Is(context.Cause(r.ctx), errEnded)
	for _, c := range r.started {
		lines := c.Tail(searchLines)
		if wrong := slices.DeleteFunc(slices.Clone(lines), routine); !died && len(wrong) > 0 {
			lines = wrong
		}
		std.say(std.err, "\nthe end of %s:\n", c.Log)
		for _, line := range lines[max(0, len(lines)-tailLines):] {
			std.say(std.err, "  %s\n", line)
		}
	}
	std.say(std.err, "\n")
}

// routine says whether a line of a log tells of nothing that is wrong, or of what
// the simulator itself has asked.
func routine(line string) bool {
	return strings.Contains(line, "level=INFO") || strings.Contains(line, "level=DEBUG") || strings.Contains(line, `msg="admin request"`)
}
