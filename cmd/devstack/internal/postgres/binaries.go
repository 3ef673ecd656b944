package postgres

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// systemDirs is where Debian and its kin keep the server's programs, off PATH.
const systemDirs = "/usr/lib/postgresql/*/bin"

// FindBinaries returns the directory of the machine's own PostgreSQL programs,
// or "" when it has none. major, when not empty, is the version that data at
// hand needs: a matching one wins over one that is found earlier.
func FindBinaries(ctx context.Context, major string) string {
	var first string
	for _, dir := range candidates(ctx) {
		if !complete(dir) {
			continue
		}
		if major == "" || majorOf(ctx, dir) == major {
			return dir
		}
		if first == "" {
			first = dir
		}
	}
	return first
}

// candidates lists where to look, best first.
func candidates(ctx context.Context) []string {
	var dirs []string
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	if found, err := filepath.Glob(systemDirs); err == nil {
		slices.SortFunc(found, func(a, b string) int { return number(b) - number(a) })
		dirs = append(dirs, found...)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		dirs = append(dirs, filepath.Dir(path))
	}
	return dirs
}

// number is the version in /usr/lib/postgresql/16/bin, 0 when it is none.
func number(dir string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	if err != nil {
		return 0
	}
	return n
}

// complete reports whether dir has the programs that devstack runs. A machine
// with only the client has pg_config and psql but not these.
func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// majorOf returns the major version of the programs in dir, "" when they do
// not say.
func majorOf(ctx context.Context, dir string) string {
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return ""
	}
	// postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)
	_, version, _ := strings.Cut(string(out), ") ")
	end := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		return version
	}
	return version[:end]
}
