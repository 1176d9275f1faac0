# What a developer types. `make help` lists it.
# Every target needs Go alone, but test-real and what has it in it (check), which say what they skipped and what for.

SHELL = /bin/bash
LINT  = bin/golangci-lint
# The race detector needs a C compiler; without one Go says so here.
RACE  = $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## the agent, as bin/jupyter-events-agent
	go build -o bin/jupyter-events-agent ./cmd/agent

.PHONY: demo
demo: ## twenty seconds of real-looking events, and what each destination gets of them
	go run ./cmd/agent demo

.PHONY: test
test: ## vet and every test that needs Go alone (about six minutes)
	go vet ./...
	$(if $(RACE),,@echo "no C compiler: testing without the race detector")
	go test $(RACE) ./...
	go test ./filters
	go test -run 'Alloc|Isolation' ./cmd/agent ./internal/validate

.PHONY: lint
lint: $(LINT) ## formatting, linters, and that other systems still compile
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt -w these:"; echo "$$unformatted"; exit 1; fi
	$(LINT) run ./...
	GOOS=darwin go build ./...
	GOOS=windows go build ./...

# A module of its own, so that what the linters need is none of the agent's dependencies.
$(LINT): internal/tools/go.mod
	go -C internal/tools build -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: fuzz
fuzz: ## each fuzz target for 20 seconds
	.ci/fuzz 20s

.PHONY: test-real
test-real: $(if $(CI),,loki) ## against real servers: Jupyter, Kafka, Elasticsearch, Loki (see CONTRIBUTING.md)
	.ci/real

.PHONY: check
check: ## what CI runs: everything a change must pass (within an hour; as root it installs packages: INSTALL=no)
	.ci/run

.PHONY: test-million
test-million: loki ## a million events to every destination, with outages, then with kills (about ten minutes)
	go test -tags real -count=1 -timeout 60m -v -run '^TestMillion' ./internal/realtest

.PHONY: fuzz-long
fuzz-long: ## each fuzz target for ten minutes
	.ci/fuzz 10m

PAIRS = 10000000
SEED  = $$RANDOM
.PHONY: noninterference
noninterference: ## ten million pairs that no output may tell apart (half an hour; PAIRS=100000 for fewer)
	go test -count=1 -timeout 3h -v -run '^TestGenerated$$' ./internal/noninterference -pairs $(PAIRS) -seed $(SEED)

SHARE = 1
.PHONY: seeds
seeds: ## plants faults into a copy of the source; fails where that test does not notice one (ten minutes; SHARE=4 for a quarter)
	go test -count=1 -timeout 1h -v -run '^TestSeeds$$' ./internal/noninterference -seeds $(SHARE)

# Its module is its own as well. Two at a time and nicely: about half an hour on two cores that are not in use otherwise;
# FILES="plan.go drop.go" takes only these.
bin/gremlins: internal/tools/mutation/go.mod
	go -C internal/tools/mutation build -o $(CURDIR)/$@ github.com/go-gremlins/gremlins/cmd/gremlins

.PHONY: mutate
mutate: bin/gremlins ## breaks filters/ one operator at a time; fails where no test notices (half an hour; FILES="plan.go" for less)
	nice go run ./internal/mutate $(FILES)

.PHONY: bench
bench: ## the agent beside a plain program, and each output; fails where a bar is missed (about five minutes)
	go test -run '^$$' -bench . -benchtime 1x ./cmd/agent
	go test -run '^$$' -bench 'Apply|Pseudonym' -benchtime 300ms ./filters
	go test -run '^$$' -bench Audit -benchtime 300x ./outputs/file
	go run ./internal/bench

# Its module is its own too: none of the collector's modules are the agent's.
bin/otelcol: internal/bench/collector/go.mod internal/bench/collector/main.go
	nice go -C internal/bench/collector build -o $(CURDIR)/$@ .

.PHONY: compare
compare: ## the agent beside other agents that are installed here; says which are not (docs/comparison.md)
	-$(MAKE) bin/otelcol # left out as well where it cannot be built
	go run ./internal/bench -only agents $(COMPARE)

.PHONY: bench-real
bench-real: loki ## what the outputs' own work takes with real servers (about five minutes)
	go test -tags real -run '^$$' -bench Real -benchtime 1x ./internal/bench

# CI builds it in the background instead, and does without where it takes too long.
.PHONY: loki
loki: ## the Loki of test-real, into the user's cache (about ten CPU minutes, once)
	nice -n 19 go run ./internal/servers/cmd/lokibuild

.PHONY: package
package: ## .deb and .rpm for amd64 and arm64 in dist/, with SHA256SUMS (packaging/README.md)
	packaging/build

.PHONY: release
release: ## tag and packages of VERSION=1.2.3, by MAINTAINER='Name <address>'; CHANGELOG.md must have it; pushes nothing
	packaging/release "$(VERSION)"
