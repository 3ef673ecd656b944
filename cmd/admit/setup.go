package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"

	"admit/onboarding"
	"admit/postgres"
	"admit/worker"
)

// attributeTypes lists the search attributes of the workflow with their types.
var attributeTypes = []struct {
	name string
	kind enumspb.IndexedValueType
}{
	{onboarding.AttributeStage, enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	{onboarding.AttributeBlockedOn, enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	{onboarding.AttributeKYC, enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	{onboarding.AttributeSEPAKYC, enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	{onboarding.AttributePOA, enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	{onboarding.AttributeHighRisk, enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	{onboarding.AttributeStalled, enumspb.INDEXED_VALUE_TYPE_BOOL},
	{onboarding.AttributeReversed, enumspb.INDEXED_VALUE_TYPE_BOOL},
	{onboarding.AttributeStageSince, enumspb.INDEXED_VALUE_TYPE_DATETIME},
	{onboarding.AttributeDeadline, enumspb.INDEXED_VALUE_TYPE_DATETIME},
}

// temporalClient prepares a client by Temporal's own variables. It connects at
// the first call, so that a process starts while Temporal is away. codec reads and
// writes what Temporal keeps.
func temporalClient(logger *slog.Logger, codec worker.Codec) (client.Client, string, error) {
	options, err := temporalOptions(codec)
	if err != nil {
		return nil, "", err
	}
	options.Logger = sdklog.NewStructuredLogger(logger)
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, "", fmt.Errorf("prepare the Temporal client: %w", err)
	}
	return c, options.Namespace, nil
}

// temporalOptions reads Temporal's own variables.
func temporalOptions(codec worker.Codec) (client.Options, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return client.Options{}, fmt.Errorf("the TEMPORAL_ variables: %w", err)
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	options.DataConverter, options.FailureConverter = codec.DataConverter(), codec.FailureConverter()
	return options, nil
}

// setupTimeout bounds all of admit setup.
const setupTimeout = 30 * time.Second

func setupCommand(ctx context.Context, p process) int {
	if code, done := p.noArguments("setup", "create the search attributes in Temporal's namespace, or say what is missing"); done {
		return code
	}
	logger := slog.New(slog.NewTextHandler(p.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	c, namespace, err := temporalClient(logger, worker.Codec{}) // it looks at no payload
	if err != nil {
		say(p.err, "admit: %v\n", err)
		return exitUsage
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	created, err := setup(ctx, c, namespace)
	if err != nil {
		say(p.err, "admit setup: %v\n", err)
		return exitFailed
	}
	if len(created) == 0 {
		say(p.out, "namespace %s has every search attribute\n", namespace)
		return exitOK
	}
	say(p.out, "namespace %s: created %s\n", namespace, strings.Join(created, ", "))
	return exitOK
}

// setup creates the search attributes that the namespace lacks and returns their
// names. One that is there with another type is an error, as is a namespace that
// does not exist: creating it is a decision about retention.
func setup(ctx context.Context, c client.Client, namespace string) ([]string, error) {
	var notFound *serviceerror.NamespaceNotFound
	if _, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace}); errors.As(err, &notFound) {
		return nil, fmt.Errorf("namespace %s does not exist; create it with: temporal operator namespace create -n %s --retention 720h", namespace, namespace)
	} else if err != nil {
		return nil, fmt.Errorf("ask Temporal for namespace %s: %w", namespace, err)
	}
	has, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, fmt.Errorf("list the search attributes: %w", err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	var names []string
	for _, a := range attributeTypes {
		kind, there := has.GetCustomAttributes()[a.name]
		switch {
		case !there:
			missing[a.name], names = a.kind, append(names, a.name)
		case kind != a.kind:
			return nil, fmt.Errorf("search attribute %s has the type %s, and must have %s: remove it first", a.name, kind, a.kind)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing})
	if err != nil {
		return nil, fmt.Errorf("create the search attributes %s (where this is not allowed, as on a hosted Temporal, create them there): %w", strings.Join(names, ", "), err)
	}
	return names, nil
}

func migrateCommand(ctx context.Context, p process) int {
	if code, done := p.noArguments("migrate", "bring the database of DATABASE_URL to this build's schema"); done {
		return code
	}
	url := environment(p.environ)("DATABASE_URL")
	if url == "" {
		say(p.err, "admit: DATABASE_URL: is needed: the PostgreSQL to use\n")
		return exitUsage
	}
	store, err := postgres.Open(ctx, postgres.Options{URL: url})
	if err != nil {
		say(p.err, "admit: DATABASE_URL: %v\n", err)
		return exitUsage
	}
	defer store.Close()
	if err := store.Migrate(ctx); err != nil {
		say(p.err, "admit migrate: %v\n", err)
		return exitFailed
	}
	say(p.out, "the database has this build's schema\n")
	return exitOK
}
