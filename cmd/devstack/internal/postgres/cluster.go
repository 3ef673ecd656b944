package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"admit/cmd/devstack/internal/proc"
)

// Name is both the database and its owner, who may do everything.
const Name = "admit"

// versionOf returns the major version that wrote the data, "" when there is
// none yet.
func versionOf(data string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the data's version: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// create makes a database cluster with the database in it. It is built beside
// data and renamed, so an interrupted one is never taken for a whole one.
func (s *Server) create(ctx context.Context, data string) error {
	building := data + ".new"
	if err := os.RemoveAll(building); err != nil {
		return fmt.Errorf("remove an unfinished cluster: %w", err)
	}
	if err := os.Mkdir(building, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	if err := s.config.Account.own(building); err != nil {
		return err
	}
	args := []string{"-D", building, "-U", Name, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions"}
	if !s.config.Durable {
		args = append(args, "--no-sync")
	}
	if err := s.run(ctx, building, "", "initdb", args...); err != nil {
		return err
	}
	statement := "CREATE DATABASE " + Name + ";\n"
	if err := s.run(ctx, building, statement, "postgres", "--single", "-D", building, "-c", "fsync=off", "postgres"); err != nil {
		return err
	}
	if err := os.Rename(building, data); err != nil {
		return fmt.Errorf("put the new cluster in place: %w", err)
	}
	return nil
}

// run runs one of PostgreSQL's programs to its end. Its output is part of the
// error when it fails.
func (s *Server) run(ctx context.Context, dir, input, name string, args ...string) error {
	var output bytes.Buffer
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = dir
	cmd.Env = environment()
	cmd.Stdin = strings.NewReader(input)
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = s.config.Account.attributes()
	if err := proc.Run(ctx, cmd); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, bytes.TrimSpace(output.Bytes()))
	}
	return nil
}

// environment is this process's without what would steer PostgreSQL's programs,
// and with messages in the language that devstack reads.
func environment() []string {
	var kept []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "PG") && !strings.HasPrefix(pair, "LC_") && !strings.HasPrefix(pair, "LANG") {
			kept = append(kept, pair)
		}
	}
	return append(kept, "LC_ALL=C")
}
