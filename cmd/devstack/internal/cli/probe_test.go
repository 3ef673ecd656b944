package cli_test

import (
	"context"
	"database/sql"
	"errors"
	"net/smtp"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	_ "github.com/lib/pq"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// attributes are those that workflows of the product are found by.
var attributes = map[string]string{
	"OnboardingStage": "Keyword", "OnboardingBlockedOn": "Keyword", "OnboardingKyc": "Keyword",
	"OnboardingSepaKyc": "Keyword", "OnboardingPoa": "Keyword", "OnboardingHighRisk": "Keyword",
	"OnboardingStalled": "Bool", "OnboardingReversed": "Bool", "OnboardingDeadline": "Datetime",
	"OnboardingStageSince": "Datetime",
}

// query runs a statement that gives one value.
func query(t *testing.T, databaseURL, statement string) (string, error) {
	t.Helper()
	db, err := sql.Open("postgres", databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	var value string
	err = db.QueryRowContext(t.Context(), statement).Scan(&value)
	return value, errors.Join(err, db.Close())
}

// mustQuery is query that must succeed.
func mustQuery(t *testing.T, databaseURL, statement string) string {
	t.Helper()
	value, err := query(t, databaseURL, statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return value
}

func dial(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// checkTemporal holds that the server serves, that every search attribute is
// there with its type, and that a query may name it.
func checkTemporal(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn := dial(t, address)
	health, err := healthpb.NewHealthClient(conn).Check(ctx,
		&healthpb.HealthCheckRequest{Service: "temporal.api.workflowservice.v1.WorkflowService"})
	if err != nil || health.Status != healthpb.HealthCheckResponse_SERVING {
		t.Fatalf("health %s, %v", health.GetStatus(), err)
	}
	known, err := operatorservice.NewOperatorServiceClient(conn).ListSearchAttributes(ctx,
		&operatorservice.ListSearchAttributesRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	for name, kind := range attributes {
		if got := known.CustomAttributes[name].String(); got != kind {
			t.Errorf("search attribute %s is %s, want %s", name, got, kind)
		}
		if _, err := workflowservice.NewWorkflowServiceClient(conn).CountWorkflowExecutions(ctx,
			&workflowservice.CountWorkflowExecutionsRequest{Namespace: "default", Query: name + " is not null"}); err != nil {
			t.Errorf("query by %s: %v", name, err)
		}
	}
	namespace, err := workflowservice.NewWorkflowServiceClient(conn).DescribeNamespace(ctx,
		&workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	if got := namespace.Config.WorkflowExecutionRetentionTtl.AsDuration().Hours(); got != 30*24 {
		t.Errorf("retention is %v hours", got)
	}
}

func sendMail(t *testing.T, address, subject string) {
	t.Helper()
	raw := "Subject: " + subject + "\r\n\r\nbody\r\n"
	if err := smtp.SendMail(address, nil, "from@example.com", []string{"to@example.com"}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
}

// mails counts the kept mails.
func mails(t *testing.T, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// serverPID is the process id of the stack's PostgreSQL.
func serverPID(t *testing.T, databaseURL string) int {
	t.Helper()
	data := mustQuery(t, databaseURL, "show data_directory")
	raw, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func port(t *testing.T, raw string) string {
	t.Helper()
	if !strings.Contains(raw, "//") {
		raw = "tcp://" + raw
	}
	parsed, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Port()
}
