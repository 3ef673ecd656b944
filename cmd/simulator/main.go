// Command simulator shows Admit at work: it runs the real program, plays both
// providers through real HTTP, receives the hooks, and prints what became of
// every webhook.
package main

import (
	"os"

	"admit/cmd/simulator/internal/cli"
)

func main() {
	os.Exit(cli.Run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
