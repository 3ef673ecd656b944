// Command devstack runs everything Admit needs on a developer's machine and in
// tests: a Temporal server with its Web UI, a private PostgreSQL and a mail
// catcher. Nothing has to be installed beside Go and PostgreSQL's binaries.
package main

import (
	"os"

	"admit/cmd/devstack/internal/cli"
)

func main() {
	os.Exit(cli.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
