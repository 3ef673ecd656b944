// Command examplereceiver is a small system that lets users in while Admit's hooks
// say so. It is an example to copy: it imports nothing of Admit, and is proven against
// it by Admit's tests. docs/hooks.md holds the contract.
//
// In Admit's configuration it is hooked up by
//
//	hooks:
//	  - {name: core, url: "http://127.0.0.1:8090/hooks/admit", secrets_env: CORE_HOOK_SECRETS, events: ["access.*"], allow_private: true}
//
// and it is run, with the same secrets, by
//
//	ACCESS_HOOK_SECRETS=whsec_… go run ./cmd/examplereceiver -listen 127.0.0.1:8090
//
// GET /access/{userId} tells what it holds. It keeps that in memory: a real one
// keeps it in a database.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"admit/cmd/examplereceiver/internal/access"
)

// Bounds of a connection and of the end.
const (
	readTime  = 5 * time.Second
	writeTime = 5 * time.Second
	idleTime  = 2 * time.Minute // longer than the sender keeps a connection
	stopTime  = 5 * time.Second
	maxHeader = 16 << 10
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "examplereceiver:", err)
		stop()
		os.Exit(1)
	}
}

// run serves until ctx ends. It writes where it listens to out, as one line
// "listening on http://ADDRESS", and its log to errs.
func run(ctx context.Context, args []string, env func(string) string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("examplereceiver", flag.ContinueOnError)
	flags.SetOutput(errs)
	listen := flags.String("listen", "127.0.0.1:8090", "the address to listen on; port 0 chooses one")
	if err := flags.Parse(args); err != nil {
		return err
	}
	verifier, err := access.NewVerifier(strings.FieldsFunc(env("ACCESS_HOOK_SECRETS"), func(c rune) bool { return strings.ContainsRune(", \t\r\n", c) }))
	if err != nil {
		return fmt.Errorf("ACCESS_HOOK_SECRETS: %w", err)
	}
	log := slog.New(slog.NewTextHandler(errs, nil))
	handler := access.Handler{Verifier: verifier, Store: &access.Memory{}, Logger: log}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{
		Handler: handler.Routes(), ReadTimeout: readTime, WriteTimeout: readTime + writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	if _, err := fmt.Fprintf(out, "listening on http://%s\n", listener.Addr()); err != nil {
		return errors.Join(fmt.Errorf("say where it listens: %w", err), listener.Close())
	}
	return serve(ctx, server, listener)
}

// serve serves until ctx ends, and lets the requests in flight come to their end.
func serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}
