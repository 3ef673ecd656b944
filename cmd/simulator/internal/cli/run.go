package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"admit/cmd/simulator/internal/client"
	"admit/cmd/simulator/internal/story"
)

const (
	readyWithin = 90 * time.Second
	readyEvery  = 50 * time.Millisecond
)

// run starts everything, plays, and stays until ctx ends, or with once not even
// that long.
func run(ctx context.Context, o options, env environment, std streams) (code int) {
	stage, err := prepare(o, env, std)
	if err != nil {
		return std.fail(err)
	}
	defer stage.close()
	typed, err := newConsole(o, env, stage.plan)
	if err != nil {
		return std.fail(err)
	}
	running, err := startAll(ctx, o, env, stage.plan)
	if err != nil {
		return std.fail(err)
	}
	defer func() {
		if err := running.stop(); err != nil {
			code = std.fail(err)
		}
	}()
	if err := ready(running.ctx, stage.admin(), std); err != nil {
		return ended(ctx, o, err, running, std)
	}
	name := runName(time.Now())
	result, err := stage.play(running.ctx, name, typed, std)
	if err != nil {
		return ended(ctx, o, err, running, std)
	}
	if len(result.Problems) > 0 {
		code = exitFailed
	}
	more := stage.typed(name, result)
	if o.once {
		if err := typed.all(running.ctx, more); err != nil {
			return ended(ctx, o, err, running, std)
		}
		if code != exitOK {
			running.tell(std)
		}
		return code
	}
	stage.look(o, env, name, more, std)
	<-running.ctx.Done()
	return ended(ctx, o, context.Cause(running.ctx), running, std)
}

// ready waits until Admit is ready.
func ready(ctx context.Context, admin client.Admin, std streams) error {
	std.say(std.out, "waiting until Admit is ready\n")
	timeout := time.NewTimer(readyWithin)
	defer timeout.Stop()
	ticker := time.NewTicker(readyEvery)
	defer ticker.Stop()
	for {
		ok, why := admin.Ready(ctx)
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timeout.C:
			return fmt.Errorf("no readiness within %s: %s", readyWithin, why)
		case <-ticker.C:
		}
	}
}

// play plays the users and prints the table, and what is not as it must be.
func (s *scenery) play(ctx context.Context, name string, typed console, std streams) (story.Result, error) {
	player := &story.Player{
		Public: client.Public{URL: s.Public}, Admin: s.admin(), Downstream: s.sink, Provider: s.p100, Console: typed,
		Say: func(format string, args ...any) { std.say(std.out, format+"\n", args...) },
	}
	cast := story.Cast(name, story.Secrets{P100: p100Token, XGateway: xgatewaySecret}, s.CRM)
	result, err := player.Play(ctx, cast)
	if len(result.Lines) > 0 {
		std.say(std.out, "\n%s\n", story.Table(result.Lines))
	}
	if err != nil {
		return result, err
	}
	for _, note := range result.Notes {
		std.say(std.out, "%s\n", note)
	}
	for _, problem := range result.Problems {
		std.say(std.err, "NOT AS IT MUST BE: %s\n", problem)
	}
	if len(result.Problems) == 0 {
		std.say(std.out, "All is as it must be, and the hooks agree with Admit on who is let in.\n")
	}
	return result, nil
}

// ended tells why it is over and returns the exit code. To be asked to end is no
// failure, unless a verdict was asked for that there is none of now.
func ended(ctx context.Context, o options, err error, running *processes, std streams) int {
	if ctx.Err() != nil {
		std.say(std.out, "\nending\n")
		if o.once {
			return exitFailed
		}
		return exitOK
	}
	running.tell(std)
	return std.fail(err)
}

// runName returns a suffix that no earlier run on the same data has.
func runName(now time.Time) string { return strconv.FormatInt(now.Unix(), 36) }
