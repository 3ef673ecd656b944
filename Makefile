# make help lists the targets. make run and make test need Go, make and
# PostgreSQL's server binaries, and nothing else that is running.

SHELL := /bin/bash
.DEFAULT_GOAL := help

STATICCHECK   := honnef.co/go/tools/cmd/staticcheck@v0.8.2
WORKFLOWCHECK := go.temporal.io/sdk/contrib/tools/workflowcheck@v0.6.0

# The modules of this repository: the product, and what stands beside it so that
# the product's dependencies stay few.
MODULES := $(patsubst %/go.mod,%,go.mod $(wildcard cmd/*/go.mod))
MODULES := $(patsubst go.mod,.,$(MODULES))
BESIDE  := $(filter-out .,$(MODULES))

# What the audit names this build.
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)

# The race detector needs a C compiler.
RACE := $(shell command -v "$$(go env CC)" >/dev/null 2>&1 && echo -race)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: run
run: build ## run the whole system, play sample users, stay up until Ctrl-C
	@bin/devstack up -- bin/simulator run --admit bin/admit --example-worker bin/exampleworker

.PHONY: demo
demo: build ## what make run does, on data that is thrown away; ends after the table
	bin/devstack exec -- bin/simulator run --admit bin/admit --example-worker bin/exampleworker --once

.PHONY: test
test: packages bin/devstack typescript-worker ## run every test on a real PostgreSQL and a real Temporal
	bin/devstack exec -- go test $(RACE) -timeout 15m $$(go list ./... | grep -v /cmd/e2e)
	@# By itself, for it floods and kills, and others look at the clock.
	bin/devstack exec -- go test $(RACE) -timeout 25m ./cmd/e2e
	@# Never out of the cache, which does not see the files of other modules that they read.
	@for m in $(filter-out cmd/devstack cmd/uitest,$(BESIDE)); do echo "== $$m"; (cd $$m && go test $(RACE) -count=1 -timeout 15m ./...) || exit 1; done
	@# Without the race detector, for which the Temporal server would be compiled a second time.
	cd cmd/devstack && go test -timeout 15m ./...
	@# A screenshot of what fails is left in bin/_artifacts.
	cd cmd/uitest && $(CURDIR)/bin/devstack exec -- go test -timeout 12m -artifacts -outputdir $(CURDIR)/bin ./...

.PHONY: packages
packages: ## install what the tests use beside Go, with apt-get, where it is missing
	@.ci/packages

.PHONY: ci
ci: format vet staticcheck workflowcheck build test demo ## all that must hold before a change lands

.PHONY: build
build: bin/devstack ## put bin/admit, bin/devstack and the rest in place
	go build -ldflags "-X main.version=$(VERSION)" -o bin/admit ./cmd/admit
	go build -o bin/exampleworker ./cmd/exampleworker
	cd cmd/simulator && go build -o ../../bin/simulator .

bin/devstack: $(shell find cmd/devstack -name '*.go' -o -name '*.html' -o -name 'go.*')
	@[ -x $@ ] || echo "building the embedded Temporal server: the first time takes some minutes"
	cd cmd/devstack && go build -o ../../bin/devstack .

.PHONY: typescript-worker
typescript-worker: ## build the example worker in TypeScript, where it changed
	@examples/typescript-worker/build.sh

.PHONY: format
format: ## fail where a file is not formatted
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); [ -z "$$unformatted" ] || { echo "gofmt -w these files:"; echo "$$unformatted"; exit 1; }

.PHONY: vet
vet: ## go vet in every module
	@for m in $(MODULES); do (cd $$m && go vet ./...) || exit 1; done

.PHONY: staticcheck
staticcheck: bin/tools/staticcheck ## staticcheck in every module
	@for m in $(MODULES); do (cd $$m && $(CURDIR)/bin/tools/staticcheck ./...) || exit 1; done

.PHONY: workflowcheck
workflowcheck: bin/tools/workflowcheck ## fail where workflow code is not deterministic
	bin/tools/workflowcheck ./workflows/... ./onboarding/...

bin/tools/staticcheck: Makefile
	GOBIN=$(CURDIR)/bin/tools go install $(STATICCHECK) && touch $@

bin/tools/workflowcheck: Makefile
	GOBIN=$(CURDIR)/bin/tools go install $(WORKFLOWCHECK) && touch $@

.PHONY: diagram
diagram: ## draw the state diagram in the README anew
	go test ./onboarding -run TestDiagramIsFresh -update

.PHONY: record-histories
record-histories: bin/devstack ## record the workflow histories that the replay test reads
	bin/devstack exec -- go test ./workflows -run TestRecord -record

.PHONY: bench
bench: build ## measure Admit against something simpler beside it, on a PostgreSQL that waits for the disk
	cd cmd/bench && go build -o ../../bin/bench .
	bin/devstack up --dir .devstack/bench --fresh --pg-port 0 --temporal-port 0 --ui-port 0 --smtp-port 0 --mail-port 0 -- bin/bench --admit bin/admit

.PHONY: clean
clean: ## remove what was built and the development data
	@# Where PostgreSQL's user could not enter, its data is beside the temporary files.
	@for link in .devstack/postgres/elsewhere .devstack/*/postgres/elsewhere; do [ ! -L "$$link" ] || rm -rf "$$(readlink "$$link")"; done
	rm -rf bin .devstack
