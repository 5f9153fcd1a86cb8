# make test is everything that must hold before a change is merged; the other targets are its parts, and
# what a person runs by hand. Needs Go, the programs that deploy/dev/install-clients.sh installs, and root with /dev/fuse
# for disks, networks and small file systems of the tests' own.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.1

# Tests that start the program and real clients, in two lanes: they wait more than they work. The second lane ends with
# some of the first one's package, so that both take about as long.
BLACKBOX := ./integration/clients ./integration/canary ./integration/ledger ./integration/transfer ./integration/admin \
	./integration/linear
SECOND_LANE := ^(TestPowerLoss|TestMadeClustersSurvivePowerLoss|TestFailedSyncs|TestPartitions)$$
PURE := bftcore(/quorum|/rejoin|/wire.*)?|mailstore/(command|digesttree.*|state)|mail/(message|adminapi)|enclave/(mac|counter|rr|troxy)|cache/(index|lag|mailtree|validate)
# Packages with goroutines, and those that hold what goroutines share: tested with the race detector, and only so.
RACE := $$(go list ./bftcore/... ./enclave/... ./cache/... ./mail/... ./mailstore/... ./cmd/... | grep -vE '^troxymail/($(PURE))$$')
UNIT := $$(go list ./... | grep -E '^troxymail/($(PURE)|integration/.*)$$' | grep -vE '/integration/(admin|clients|ledger|canary|processes|transfer|planted|linear)$$')
# Tests of single goroutines, of memory and of very large mailboxes among them, which the detector makes very slow: tested
# without it.
HEAVY := ^(TestDiskAndMemoryStayBounded|TestFloods|TestCancelledBodiesCount|TestByteFlips|TestChunksStayWithinTheSet|TestChunksAreCommands|TestNewsBeyondTheHorizon|TestBeyondTheExpungeHorizon|TestReserve)$$
# Seconds of fuzzing, shared among all targets.
FUZZ_BUDGET ?= 100
# How long make soak and make sim go on.
DURATION ?= 30m
sim: DURATION = 60s

# How many faults powerloss, syncs, leaders, partitions and histories apply.
ROUNDS ?= 300

.PHONY: test build lint unit check planted race fuzz minute sim blackbox clients demo soak powerloss syncs leaders partitions histories

test: build lint unit planted race fuzz minute blackbox
	@echo "make test: all passed"

build:
	go build ./...

lint:
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "run gofmt -w on: $$unformatted" >&2; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

unit:
	go test -timeout 5m $(UNIT)
	go test -timeout 5m -run '$(HEAVY)' ./cmd/internal/goheap ./cmd/internal/host ./enclave/replica ./mail/session
	go test -count=1 -run TrustedBase -v ./integration/tidy | grep 'trusted base'
	cd integration/bench && go vet ./... && go test ./...

# The explicit-state checker beyond what every day has time for: make check STATES=5000000.
STATES ?= 1000000
check:
	go test -count=1 -timeout 0 -v -run 'TestFar' ./integration/check/ordering -states $(STATES)
	go test -count=1 -timeout 0 -v ./integration/check/reads -deep

# Each rule taken out of the program in turn: some test has to notice.
planted:
	go test -count=1 -timeout 15m -v ./integration/planted | grep -E 'caught|FAIL|^ok'

race:
	go test -race -timeout 10m -skip '$(HEAVY)' $(RACE)

fuzz:
	BUDGET=$(FUZZ_BUDGET) deploy/dev/fuzz.sh

# A minute of the deterministic simulator, over seeds that were clean before: what fails is what was changed.
minute:
	go test -count=1 -timeout 5m -v -run 'TestDuration$$' ./integration/sim -args -duration=60s -seed=7000000000

# The simulator over new seeds for a while, on all processors: make sim DURATION=60s.
sim:
	go test -count=1 -timeout 0 -v -run 'TestDuration$$' ./integration/sim -args -duration=$(DURATION) -seed=$$(date +%s)000000

# The demo's real clients, restarts, bad input, SIGKILL under load, and the search for plaintext.
blackbox:
	@mkdir -p bin; rm -f bin/clients.md
	go test -count=1 -timeout 20m -skip '$(SECOND_LANE)' ./integration/processes & first=$$!; \
	second=0; TROXYMAIL_CLIENT_TABLE=$(CURDIR)/bin/clients.md go test -count=1 -p 1 -timeout 20m $(BLACKBOX) || second=1; \
	go test -count=1 -timeout 20m -run '$(SECOND_LANE)' ./integration/processes || second=1; \
	wait $$first && exit $$second
	@cat bin/clients.md

# Six processes under random kills, stops, damage and rollbacks, one replica at a time, for DURATION; prints
# figures.
soak:
	CHAOS_DURATION=$(DURATION) go test -count=1 -timeout 0 -v -run TestChaos ./integration/processes

# Six processes on disks that forget what was not synced: the power of all goes, or of one, ROUNDS times. Prints figures;
# needs root and /dev/fuse, as the tests do.
powerloss:
	POWER_ROUNDS=$(ROUNDS) go test -count=1 -timeout 0 -v -run 'TestPowerLoss$$' ./integration/processes | grep -v 'faults 0$$'

# The same with one sync that fails at a time, and the power of all afterwards.
syncs:
	SYNC_ROUNDS=$(ROUNDS) go test -count=1 -timeout 0 -v -run 'TestFailedSyncs$$' ./integration/processes | grep -v 'faults 0$$'

# The leader of six processes killed, or stopped for up to 30 s, ROUNDS times.
leaders:
	LEADER_ROUNDS=$(ROUNDS) go test -count=1 -timeout 0 -v -run 'TestLeaderReplaced$$' ./integration/processes | grep -v 'faults 0$$'

# Six processes in network namespaces, parted for up to 25 s, ROUNDS times.
partitions:
	PARTITION_ROUNDS=$(ROUNDS) go test -count=1 -timeout 0 -v -run 'TestPartitions$$' ./integration/processes | grep -v 'faults 0$$'

# Histories of IMAP clients while leaders are killed, hosts and enclaves restarted, replicas parted: ROUNDS of each kind of
# fault, and ROUNDS/20 beside each lie of a host. Prints figures; what fails is kept in a folder that is named.
histories:
	go test -count=1 -timeout 0 -v -run 'TestFaults|TestLies' ./integration/linear -histories $(ROUNDS) \
		| grep -E 'histories (of|beside)|FAIL|seed .*:|again:|kept in|^ok|line [0-9]+:|operations are'

clients:
	deploy/dev/install-clients.sh

demo:
	go run ./cmd/troxymail demo
