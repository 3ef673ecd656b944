package workflows_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// parallel is how many tests run at once unless -parallel says otherwise: most of
// them wait for timers most of the time.
const parallel = "6"

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", parallel); err != nil {
			fmt.Fprintln(os.Stderr, "workflows:", err)
			return 1
		}
	}
	return m.Run()
}
