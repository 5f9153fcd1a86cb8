# make test is everything that must hold before a change is merged; the other targets are its parts, and
# what a person runs by hand. Needs Go and the clients that deploy/dev/install-clients.sh installs.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.1

# Tests that start the program and real clients, one after the other.
BLACKBOX := ./integration/admin ./integration/clients ./integration/ledger ./integration/canary ./integration/processes
UNIT := $$(go list ./... | grep -vE '/integration/(admin|clients|ledger|canary|processes)$$')
# Packages with goroutines, and those that hold what goroutines share.
RACE := $$(go list ./bftcore/... ./enclave/... ./cache/... ./mail/... ./mailstore/... ./cmd/...)
# Seconds of fuzzing, shared among all targets.
FUZZ_BUDGET ?= 100
# How long make soak goes on.
DURATION ?= 30m

.PHONY: test build lint unit race fuzz sim blackbox clients demo soak

test: build lint unit race fuzz blackbox
	@echo "make test: all passed"

build:
	go build ./...

lint:
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "run gofmt -w on: $$unformatted" >&2; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

unit:
	go test -timeout 5m $(UNIT)
	go test -count=1 -run TrustedBase -v ./integration/tidy | grep 'trusted base'

race:
	go test -race -timeout 10m $(RACE)

fuzz:
	BUDGET=$(FUZZ_BUDGET) deploy/dev/fuzz.sh

# The deterministic simulator over new seeds for a while: make sim DURATION=60s.
DURATION ?= 60s
sim:
	go test -c -o bin/sim.test ./integration/sim
	@end=$$((SECONDS + $(DURATION:s=))); seed=$$(date +%s); runs=0; while [ $$SECONDS -lt $$end ]; do \
	  bin/sim.test -test.run 'TestSeed$$' -seed $$seed >bin/sim.out 2>&1 || { cat bin/sim.out; echo "seed $$seed" >&2; exit 1; }; \
	  seed=$$((seed + 1)); runs=$$((runs + 1)); \
	done; echo "sim: $$runs seeds without a fault, the last $$((seed - 1))"

# The demo's real clients, restarts, bad input, SIGKILL under load, and the search for plaintext.
blackbox:
	go test -count=1 -p 1 -timeout 15m $(BLACKBOX)

# Six processes under random kills and stops, one replica at a time, for DURATION; prints figures.
soak:
	CHAOS_DURATION=$(DURATION) go test -count=1 -timeout 0 -v -run TestChaos ./integration/processes

clients:
	deploy/dev/install-clients.sh

demo:
	go run ./cmd/troxymail demo
