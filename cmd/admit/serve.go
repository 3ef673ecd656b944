package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"go.temporal.io/sdk/client"

	"admit/activities"
	"admit/admin"
	"admit/cmd/admit/settings"
	"admit/dispatch"
	"admit/ingress"
	"admit/onboarding"
	"admit/postgres"
	"admit/providers"
	"admit/worker"
	"admit/workflows"
)

func serveCommand(ctx context.Context, p process) int {
	return p.serve(ctx, "serve", settings.Role{Ingress: true, Worker: true})
}

func ingressCommand(ctx context.Context, p process) int {
	return p.serve(ctx, "ingress", settings.Role{Ingress: true})
}

func workerCommand(ctx context.Context, p process) int {
	return p.serve(ctx, "worker", settings.Role{Worker: true})
}

// serve runs the parts of a role until ctx ends or a part fails.
func (p process) serve(ctx context.Context, name string, role settings.Role) int {
	if code, done := p.noArguments(name, "run until SIGTERM; settings are environment variables"); done {
		return code
	}
	s, logger, ok := p.load(ctx, role)
	if !ok {
		return exitUsage
	}
	sys, err := newSystem(ctx, s, role, logger)
	if err != nil {
		say(p.err, "admit: %v\n", err)
		return exitUsage
	}
	defer sys.close()
	tune(environment(p.environ))
	logger.Info("admit starts", "role", name, "build", s.Build, "policy", s.Policy.Hash(), "shadow", s.Shadow)
	if err := sys.run(ctx); err != nil {
		logger.Error("admit stops", "error", err)
		return exitFailed
	}
	logger.Info("admit has stopped")
	return exitOK
}

// system is one process of Admit: the packages, introduced to each other.
type system struct {
	settings settings.Settings
	role     settings.Role
	logger   *slog.Logger
	metrics  *metrics
	store    *postgres.Store
	temporal client.Client
	dispatch *dispatch.Dispatcher
	worker   *worker.Worker      // nil where the role has none
	digests  *activities.Digests // nil where nobody reviews, or the role does not send
	admin    *admin.Server
	senders  map[string]activities.Sender
}

// newSystem makes everything and starts nothing. An error is a mistake in the
// settings.
func newSystem(ctx context.Context, s settings.Settings, role settings.Role, logger *slog.Logger) (*system, error) {
	sys := &system{settings: s, role: role, logger: logger, metrics: newMetrics(s, role)}
	tokens, err := admin.ParseTokens(s.AdminTokens)
	if err != nil {
		return nil, fmt.Errorf("ADMIT_ADMIN_TOKENS: %w", err)
	}
	if len(tokens) == 0 && role.Worker {
		logger.Warn("ADMIT_ADMIN_TOKENS is empty: nobody can use the admin API")
	}
	if !role.Worker {
		tokens = nil // the ingress's admin listener is for health and metrics
	}
	codec, err := worker.NewCodec(s.EncryptionKeys)
	if err != nil {
		return nil, fmt.Errorf("ADMIT_ENCRYPTION_KEYS: %w", err)
	}
	var namespace string
	if sys.temporal, namespace, err = temporalClient(logger, codec); err != nil {
		return nil, err
	}
	sys.store, err = postgres.Open(ctx, postgres.Options{
		URL: s.DatabaseURL, Policy: s.Policy, Targets: s.Targets(), Decoder: providers.Set{}, Shadow: s.Shadow,
		Digest: s.Reviewers != nil && s.Reviewers.Digest != "",
		Build:  s.Build, Logger: logger, OnBatch: sys.metrics.batch, OnFold: sys.metrics.fold,
	})
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	if err = sys.introduce(logger); err != nil {
		return nil, err
	}
	rings := dispatch.Temporal{Client: sys.temporal}
	sys.dispatch = dispatch.New(dispatch.Options{
		Starter: rings, Source: sys.store, Health: rings.Health, Logger: logger,
		OnRing: sys.metrics.ring, OnPause: sys.metrics.paused,
	})
	if role.Worker {
		if sys.worker, err = sys.newWorker(namespace); err != nil {
			return nil, err
		}
		if sys.digests, err = sys.newDigests(); err != nil {
			return nil, err
		}
	}
	sys.metrics.registry.MustRegister(gauges{
		ping: sys.store.Ping, stats: sys.store.Stats, waiting: sys.store.Waiting, parked: sys.store.Parked,
		temporal: rings.Health, pollers: pollers{sys.temporal, time.Now}.Pollers,
		targets: s.Targets(), reversals: s.Policy.ReversalsPerHour, logger: logger,
	})
	sys.admin, err = admin.New(admin.Options{
		Tokens: tokens, Store: sys.store, Ringer: sys.dispatch, Engine: rings.Health, Ready: sys.ready, Metrics: sys.metrics.handler(logger), Logger: logger,
		Commander: commander{updates: sys.temporal, store: sys.store, rings: sys.dispatch},
		Hooks:     sys.store, Contacts: sys.store, Tester: activities.Tester{Senders: sys.senders, Logger: logger}, Pollers: pollers{sys.temporal, time.Now},
		Decoder: codec, CodecOrigin: s.CodecOrigin,
	})
	return sys, err
}

func (sys *system) newWorker(namespace string) (*worker.Worker, error) {
	acts := &activities.Activities{
		Advancer: sys.store, Ledger: sys.store, Senders: sys.senders, Identity: identity(),
		Logger: sys.logger, Observe: sys.metrics.attempt,
	}
	return worker.New(worker.Options{
		Client: sys.temporal, Namespace: namespace, Build: sys.settings.Build, Logger: sys.logger, Workflow: workflows.Workflow{}.Onboarding,
		Activities: map[string]any{
			onboarding.ActivityAdvance: acts.Advance, onboarding.ActivityDeliver: acts.Deliver,
			onboarding.ActivityTake: acts.TakeEffect, onboarding.ActivityRecord: acts.RecordAttempt,
		},
	})
}

// close gives back what newSystem took, after everything has stopped.
func (sys *system) close() {
	for _, s := range sys.senders {
		switch s := s.(type) {
		case *activities.Hook:
			s.Close()
		case *activities.Question:
			if api, ok := s.API.(asker); ok {
				api.Close()
			}
		}
	}
	sys.temporal.Close()
	sys.store.Close()
}

// run listens, brings the schema up to date and runs the parts. They stop from
// the outside in: first no more webhooks, then no more rings, then the worker.
func (sys *system) run(ctx context.Context) error {
	adminListener, err := net.Listen("tcp", sys.settings.AdminListen)
	if err != nil {
		return fmt.Errorf("ADMIT_ADMIN_LISTEN: %w", err)
	}
	parts := []part{{"the admin listener", true, func(ctx context.Context) error { return sys.admin.Run(ctx, adminListener) }}}
	var publicListener net.Listener
	if sys.role.Ingress {
		if publicListener, err = net.Listen("tcp", sys.settings.Listen); err != nil {
			return errors.Join(fmt.Errorf("ADMIT_LISTEN: %w", err), adminListener.Close())
		}
	}
	if sys.role.Worker {
		// Before the worker, for it stops behind it: what still folds has its policy alive.
		parts = append(parts, part{"the policy's beat", false, sys.store.KeepBeating}, part{"the worker", false, sys.worker.Run})
	}
	if sys.digests != nil {
		parts = append(parts, part{"the reviewers' digest", false, sys.digests.Run})
	}
	parts = append(parts, part{"the dispatcher", false, sys.dispatch.Run})
	if sys.role.Ingress {
		public := sys.newIngress()
		parts = append(parts, part{"the public listener", true, func(ctx context.Context) error { return public.Run(ctx, publicListener) }})
		sys.logger.Info("webhooks are taken", "address", publicListener.Addr().String())
	}
	sys.logger.Info("the admin API answers", "address", adminListener.Addr().String())
	return runParts(ctx, sys.logger, parts, sys.prepare)
}

func (sys *system) newIngress() *ingress.Server {
	on := map[string]ingress.Provider{
		"p100":     providers.P100{Tokens: sys.settings.P100Tokens},
		"xgateway": providers.XGateway{Secrets: sys.settings.XGateway},
	}
	var list []ingress.Provider
	for _, name := range sys.settings.Providers {
		list = append(list, on[name])
		sys.metrics.takes(on[name])
	}
	return ingress.New(ingress.Options{
		Providers: list, Acceptor: sys.store, Ringer: sys.dispatch, Logger: sys.logger, Observe: sys.metrics.webhook,
	})
}

// Between two attempts to reach a database that is away at the start.
const (
	firstPrepareWait = 500 * time.Millisecond
	maxPrepareWait   = 10 * time.Second
)

// prepare sees to it that the database has this build's schema. A database that
// is away is waited for; any other failure is final.
func (sys *system) prepare(ctx context.Context) error {
	for wait := firstPrepareWait; ; wait = min(2*wait, maxPrepareWait) {
		var err error
		if sys.settings.Migrate {
			err = sys.store.Migrate(ctx)
		} else {
			err = sys.store.CheckSchema(ctx)
		}
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if !errors.Is(err, onboarding.ErrUnavailable) {
			return fmt.Errorf("prepare the database: %w", err)
		}
		sys.logger.Warn("waiting for the database", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}
