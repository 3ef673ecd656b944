package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"admit/cmd/devstack/internal/ports"
	"admit/cmd/devstack/internal/postgres"
	"admit/cmd/devstack/internal/stack"
	"admit/cmd/devstack/internal/temporal"
)

// temporalAlone runs the Temporal server and, when it has a port, its UI until
// devstack is asked to end. The data outlives it, so a test can stop the server
// and start it again.
func temporalAlone(args []string, std streams) int {
	var verbose bool
	config := temporal.Config{Ports: &ports.Picker{}}
	flags := newFlags("temporal", std)
	flags.IntVar(&config.Port, "port", 7233, "the server's `PORT`; 0 for a free one")
	flags.IntVar(&config.UIPort, "ui-port", 0, "the Web UI's `PORT`; 0 for no UI")
	flags.StringVar(&config.Database, "db", temporal.InMemory, "keep the data in `FILE`; "+temporal.InMemory+" keeps none")
	flags.BoolVar(&verbose, "verbose", false, "show the server's warnings, which else go to FILE.log")
	if code, done := parse(flags, args, std); done {
		return code
	}
	if err := runTemporal(config, verbose, std); err != nil {
		return std.fail(exitFailed, err)
	}
	return exitOK
}

func runTemporal(config temporal.Config, verbose bool, std streams) (err error) {
	ctx, stop := untilSignal()
	defer stop()
	if config.Port, err = config.Ports.Exactly(config.Port); err != nil {
		return fmt.Errorf("--port: %w", err)
	}
	if config.UIPort != 0 {
		if _, err := config.Ports.Exactly(config.UIPort); err != nil {
			return fmt.Errorf("--ui-port: %w", err)
		}
	}
	if config.Database == temporal.InMemory {
		config.Log = os.DevNull
	} else if config.Database, err = prepareFile(config.Database); err != nil {
		return err
	} else {
		config.Log = config.Database + ".log"
	}
	if verbose {
		config.Log = ""
	}
	server, err := temporal.Start(ctx, config)
	if err != nil {
		return err
	}
	std.say(std.out, "Temporal is ready on %s\n", server.Address())
	if url := server.UIURL(); url != "" {
		std.say(std.out, "its Web UI is on %s\n", url)
	}
	<-ctx.Done()
	return server.Stop()
}

// prepareFile makes the directory of a file and returns its absolute path.
func prepareFile(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the database: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("make the database's directory: %w", err)
	}
	return path, nil
}

// postgresAlone runs PostgreSQL until devstack is asked to end. The data
// outlives it.
func postgresAlone(args []string, std streams) int {
	config := postgres.Config{Ports: &ports.Picker{}, Durable: true}
	flags := newFlags("postgres", std)
	flags.IntVar(&config.Port, "port", 5433, "the server's `PORT`; 0 for a free one")
	flags.StringVar(&config.Dir, "dir", "", "keep the data in `DIR` (required)")
	if code, done := parse(flags, args, std); done {
		return code
	}
	if config.Dir == "" {
		return std.fail(exitUsage, errors.New("postgres: --dir is missing"))
	}
	if err := runPostgres(config, std); err != nil {
		return std.fail(exitFailed, err)
	}
	return exitOK
}

func runPostgres(config postgres.Config, std streams) (err error) {
	ctx, stop := untilSignal()
	defer stop()
	if config.Port, err = config.Ports.Exactly(config.Port); err != nil {
		return fmt.Errorf("--port: %w", err)
	}
	if config.Dir, err = filepath.Abs(config.Dir); err != nil {
		return fmt.Errorf("find the data directory: %w", err)
	}
	if config.Account, err = postgres.ServerAccount(); err != nil {
		return err
	}
	asked := config.Dir
	if config.Dir, err = stack.DatabaseDir(asked, config.Account); err != nil {
		return err
	}
	if config.Dir != asked {
		sayElsewhere(std, config.Account, asked, config.Dir)
	}
	if err := stack.MakeDatabaseDir(config.Dir); err != nil {
		return err
	}
	server, err := postgres.Start(ctx, config)
	if err != nil {
		return err
	}
	std.say(std.out, "PostgreSQL is ready at %s\n", server.URL())
	select {
	case <-ctx.Done():
		return server.Stop()
	case <-server.Done():
		return errors.Join(errors.New("PostgreSQL ended"), server.Stop())
	}
}
