package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"admit/worker"
	"admit/workflows"
)

// defaultReplays is how many histories are replayed unless --limit says otherwise.
const defaultReplays = 1000

// progressEvery is how often long work says how far it is.
const progressEvery = time.Second

const replayAbout = `admit replay-histories [--query Q] [--limit N]: replay the histories of Temporal against this
build, before a rollout

A history that does not replay is one whose workflow this build would block until
the build is mended; each is named with the reason, and the exit code is 1.
Nothing is changed. Open workflows come first, the newest of them first.

`

// replayCommand replays live histories against this build.
func replayCommand(ctx context.Context, p process) int {
	flags := flag.NewFlagSet("admit replay-histories", flag.ContinueOnError)
	query := flags.String("query", worker.DefaultQuery, "replay the workflows that `Q` finds, as in the search of the Temporal UI")
	limit := flags.Int("limit", defaultReplays, "replay `N` at most, 0 for all")
	if code, done := p.parse(flags, replayAbout); done {
		return code
	}
	if flags.NArg() > 0 || *limit < 0 {
		say(p.err, "admit replay-histories: it takes --query and --limit, which is 0 or more\n")
		return exitUsage
	}
	codec, err := worker.NewCodec(environment(p.environ)("ADMIT_ENCRYPTION_KEYS"))
	if err != nil {
		say(p.err, "admit: ADMIT_ENCRYPTION_KEYS: %v\n", err)
		return exitUsage
	}
	options, err := temporalOptions(codec)
	if err != nil {
		say(p.err, "admit: %v\n", err)
		return exitUsage
	}
	options.Logger = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)) // what goes wrong is returned
	c, err := client.NewLazyClient(options)
	if err != nil {
		say(p.err, "admit: prepare the Temporal client: %v\n", err)
		return exitUsage
	}
	defer c.Close()
	return replayHistories(ctx, p, worker.ReplayOptions{
		Client: c, Workflow: workflows.Workflow{}.Onboarding, Query: *query, Limit: *limit,
		DataConverter: options.DataConverter, FailureConverter: options.FailureConverter,
	})
}

// replayHistories replays, tells each history that fails, and sums up.
func replayHistories(ctx context.Context, p process, o worker.ReplayOptions) int {
	shown := progress{to: p.err, limit: o.Limit, now: time.Now, last: time.Now()}
	o.Progress = func(r worker.Replayed, counts worker.ReplayCounts) {
		if r.Reason != "" {
			say(p.out, "%s (run %s) does not replay: %s\n", r.WorkflowID, r.RunID, r.Reason)
		}
		shown.show(counts)
	}
	counts, err := worker.Replay(ctx, o)
	if err != nil {
		say(p.err, "admit replay-histories: stopped after %d histories: %v\n", counts.Done(), err)
		return exitFailed
	}
	say(p.out, "%s\n", replaySummary(counts, buildVersion()))
	if counts.Failed > 0 {
		return exitFailed
	}
	return exitOK
}

func replaySummary(c worker.ReplayCounts, build string) string {
	if c.Done() == 0 {
		return "no workflow was found: nothing was replayed"
	}
	text := fmt.Sprintf("%d of %d histories replay on build %s", c.Replayed, c.Replayed+c.Failed, build)
	if c.Skipped > 0 {
		text += fmt.Sprintf("; %d had nothing to replay", c.Skipped)
	}
	if left := c.Found - int64(c.Done()); left > 0 {
		text += fmt.Sprintf("; some %d more were found: --limit 0 takes all", left)
	}
	return text
}

// progress says now and then how far the replay is.
type progress struct {
	to    io.Writer
	limit int // 0 for all
	now   func() time.Time
	last  time.Time // when it last spoke
}

func (s *progress) show(c worker.ReplayCounts) {
	now := s.now()
	if now.Sub(s.last) < progressEvery {
		return
	}
	s.last = now
	total := c.Found
	if s.limit > 0 {
		total = min(total, int64(s.limit))
	}
	say(s.to, "replayed %d of %d, %d failed\n", c.Done(), max(total, int64(c.Done())), c.Failed)
}
