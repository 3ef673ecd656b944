// Command simulator shows Admit at work: it runs the real program, plays both
// providers and their APIs through real HTTP, types what operators type, receives
// the hooks, and prints what became of each.
package main

import (
	"os"

	"admit/cmd/simulator/internal/cli"
)

func main() {
	os.Exit(cli.Run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
