package main

import (
	"context"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"admit/postgres"
)

var (
	descHookFailing = prometheus.NewDesc("admit_hook_failing", "1 while a hook takes nothing any more; access says whether it opens or shuts access.", []string{"hook", "access"}, nil)
	descHookWaiting = prometheus.NewDesc("admit_hook_waiting", "Effects that wait for a target, counted up to 100001.", []string{"target"}, nil)
	descHookAge     = prometheus.NewDesc("admit_hook_oldest_seconds", "Age of the oldest effect that waits for a target, since it was decided or last sent again, 0 for none.", []string{"target"}, nil)
	descHookPollers = prometheus.NewDesc("admit_hook_pollers", "Workers that lately polled the task queue of a hook; 0 means that nobody does its work.", []string{"hook"}, nil)
)

// hooks shows how it goes with each configured target.
func (g gauges) hooks(s postgres.Stats, send func(*prometheus.Desc, float64, ...string)) {
	for _, t := range g.targets {
		send(descHookAge, s.Oldest[t.Name].Seconds(), t.Name)
		if failing, hook := s.Failing[t.Name]; hook {
			value := 0.0
			if failing {
				value = 1
			}
			send(descHookFailing, value, t.Name, strconv.FormatBool(t.Access()))
		}
	}
}

// queues shows who polls other teams' task queues. Of one that Temporal says
// nothing of there is no value.
func (g gauges) queues(ctx context.Context, send func(*prometheus.Desc, float64, ...string)) {
	var asked sync.WaitGroup
	defer asked.Wait()
	for _, t := range g.targets {
		if t.TaskQueue == "" {
			continue
		}
		asked.Go(func() {
			n, _, err := g.pollers(ctx, t.TaskQueue)
			if err != nil {
				g.logger.Warn("metrics: who polls a task queue is not known", "hook", t.Name, "error", err)
				return
			}
			send(descHookPollers, float64(n), t.Name)
		})
	}
}
