package run

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"admit/cmd/bench/internal/child"
	"admit/cmd/bench/internal/lab"
)

// Options are what a run is told.
type Options struct {
	Admit       string   // the product's binary
	Self        string   // this program, which is the baselines too
	Environ     []string // for the processes; it says where Temporal is
	DatabaseURL string
	Plan        Plan
	Log         io.Writer // what is going on, for a person
}

// bench is a run.
type bench struct {
	Options
	id     string
	token  string
	server *lab.Server

	children []*child.Child
	// A database for each process that stores, so that none finds what another
	// left.
	ingressDB, serveDB, baseDB *lab.Database
	serve                      *process
	weight                     weight // of admit serve
}

// process is a started process and where it listens.
type process struct {
	*child.Child
	addr    string
	metrics string // a URL
}

// Run measures and returns the report.
func Run(ctx context.Context, o Options) (report Report, err error) {
	id := make([]byte, 4)
	// It cannot fail.
	_, _ = rand.Read(id)
	b := &bench{Options: o, id: hex.EncodeToString(id), token: rand.Text()}
	if b.server, err = lab.Open(ctx, o.DatabaseURL, "bench_"+b.id+"_"); err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, b.server.Close()) }()
	defer func() { err = errors.Join(err, b.stop()) }()

	settings, err := b.server.Settings(ctx)
	if err != nil {
		return report, err
	}
	if err := b.databases(ctx); err != nil {
		return report, err
	}
	began := time.Now()
	if b.serve, err = b.admit(ctx, "serve", b.serveDB, nil); err != nil {
		return report, err
	}
	folds, err := b.folds(ctx)
	if err != nil {
		return report, b.explained(err)
	}
	b.weigh(ctx)
	calm := b.weight
	answers, err := b.answers(ctx)
	if err != nil {
		return report, b.explained(err)
	}
	report = newReport(settings, o.Plan, answers, folds)
	b.weigh(ctx)
	report.memory(calm, b.weight)
	report.Took = time.Since(began).Seconds()
	return report, nil
}

func (b *bench) databases(ctx context.Context) (err error) {
	for _, d := range []struct {
		name string
		to   **lab.Database
	}{{"ingress", &b.ingressDB}, {"serve", &b.serveDB}, {"base", &b.baseDB}} {
		if *d.to, err = b.server.Create(ctx, d.name); err != nil {
			return err
		}
	}
	return b.baseDB.PrepareBaseline(ctx)
}

// say tells a person what is going on.
func (b *bench) say(format string, args ...any) {
	// The measurement goes on when nobody listens.
	_, _ = fmt.Fprintf(b.Log, format+"\n", args...)
}

// explained adds to an error what the processes had to say.
func (b *bench) explained(err error) error {
	for _, c := range b.children {
		if said := strings.TrimSpace(c.Said()); said != "" {
			err = fmt.Errorf("%w\n--- %s said:\n%s", err, c.Name(), said)
		}
	}
	return err
}

// stop ends the processes, the last started first.
func (b *bench) stop() error {
	var errs []error
	for i := len(b.children) - 1; i >= 0; i-- {
		errs = append(errs, b.children[i].Stop())
	}
	return errors.Join(errs...)
}

// admit starts the product. Of the environment's own settings of Admit none is
// passed on.
func (b *bench) admit(ctx context.Context, command string, db *lab.Database, extra []string) (*process, error) {
	listen, err := child.FreeAddress()
	if err != nil {
		return nil, err
	}
	admin, err := child.FreeAddress()
	if err != nil {
		return nil, err
	}
	env := append(b.environ(),
		"DATABASE_URL="+db.URL, "ADMIT_LISTEN="+listen, "ADMIT_ADMIN_LISTEN="+admin,
		"ADMIT_PROVIDERS=p100", "ADMIT_P100_TOKENS="+b.token, "ADMIT_ADMIN_TOKENS=bench:admin:"+b.token, "ADMIT_LOG_LEVEL=warn")
	return b.start(ctx, child.Spec{
		Name: "admit " + command, Path: b.Admit, Args: []string{command}, Env: append(env, extra...),
		Ready: "http://" + admin + "/readyz",
	}, listen, "http://"+admin+"/metrics")
}

// baseline starts this program as one of the baselines.
func (b *bench) baseline(ctx context.Context, kind, queue string) (*process, error) {
	listen, err := child.FreeAddress()
	if err != nil {
		return nil, err
	}
	return b.start(ctx, child.Spec{
		Name: "baseline " + kind, Path: b.Self, Args: []string{"baseline", kind, "--listen", listen, "--task-queue", queue},
		Env:   append(b.environ(), "DATABASE_URL="+b.baseDB.URL, "BENCH_TOKEN="+b.token),
		Ready: "http://" + listen + "/webhook/health",
	}, listen, "http://"+listen+"/metrics")
}

func (b *bench) start(ctx context.Context, s child.Spec, addr, metrics string) (*process, error) {
	c, err := child.Start(ctx, s)
	if err != nil {
		return nil, err
	}
	b.children = append(b.children, c)
	return &process{Child: c, addr: addr, metrics: metrics}, nil
}

// environ returns the environment without settings of Admit's.
func (b *bench) environ() []string {
	var out []string
	for _, e := range b.Environ {
		if !strings.HasPrefix(e, "ADMIT_") && !strings.HasPrefix(e, "DATABASE_URL=") {
			out = append(out, e)
		}
	}
	return out
}

// nowhere returns an environment in which Temporal cannot be reached.
func nowhere() ([]string, error) {
	addr, err := child.FreeAddress()
	if err != nil {
		return nil, err
	}
	return []string{"TEMPORAL_ADDRESS=" + addr}, nil
}
