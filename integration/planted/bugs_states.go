package planted

// stateBugs are about how a replica comes by what it missed: batches, states of checkpoints, and what its own disk vouches for.
var stateBugs = []bug{
	{
		name: "return without the batches", breaks: "an enclave takes over what others certified once its host has the batches",
		file: "bftcore/rejoin/batches.go", line: "			if d.lacking(told, chosen[0].Certificate.Founding) == 0 {", instead: "			if d.lacking(told, chosen[0].Certificate.Founding) >= 0 {",
		pkg: "bftcore/rejoin", test: "TestRecoveryWaitsForBatches",
	},
	{
		name: "founding without the batches", breaks: "an enclave joins a founding once its host has the batches",
		file: "bftcore/rejoin/found.go", line: "d.lacking(told, newest) > 0 {", instead: "d.lacking(told, newest) < 0 {",
		pkg: "bftcore/rejoin", test: "TestFoundingWaitsForBatches",
	},
	{
		name: "questions that nobody can answer", breaks: "batches that peers speak of no more make room for others",
		file: "bftcore/rejoin/batches.go", line: "gone := func(e wire.Entry) bool { return !spoken[e] }", instead: "gone := func(e wire.Entry) bool { return !spoken[e] && e.Order == 0 }",
		pkg: "bftcore/rejoin", test: "TestRecoveryForgetsWhatPeersForgot",
	},
	{
		name: "state that is not held", breaks: "a state is asked for before the long beginning of its transfer",
		file: "bftcore/node/take.go", line: "	n.hold(s)", instead: "",
		pkg: "bftcore/node", test: "TestStateIsHeldBeforeItIsBegun",
	},
	{
		name: "room for questions that is never given up", breaks: "what was asked of all in vain gives way to what was not asked for",
		file: "bftcore/rejoin/batches.go", line: "case w.checking || b.asked[x] < b.asked[e]+d.rounds():", instead: "case w.checking || b.asked[x] < 1<<30:",
		pkg: "bftcore/rejoin", test: "TestQuestionsTakeTurns",
	},
	{
		name: "peer that dribbles a way", breaks: "a peer has so long for a piece of a way, whatever it gives meanwhile",
		file: "bftcore/retrace.go", line: " || c.now >= t.until {", instead: " {",
		pkg: "bftcore", test: "TestRetraceLeavesWhoDribbles",
	},
	{
		name: "way that runs ahead of its host", breaks: "no more is handed out than a host may be behind",
		file: "bftcore/retrace.go", line: "t.to = min(t.done+MaxFetchOrders,", instead: "t.to = min(t.next+MaxFetchOrders,",
		pkg: "bftcore", test: "TestRetraceWaitsForTheHost",
	},
	{
		name: "way that may lead anywhere", breaks: "a copy of the store takes its place when it has the root that f+1 attested",
		file: "cmd/internal/host/retrace.go", line: "|| w.machine.Root() != s.Root {", instead: "|| s.Order == 0 {",
		pkg: "cmd/internal/host", test: "TestWayToACheckpoint",
	},
	{
		name: "way that nobody begins", breaks: "a state that nobody gives is retraced",
		file: "bftcore/jump.go", line: "	c.beginRetrace()", instead: "",
		pkg: "integration/sim", test: "TestWaysAreRetraced",
	},
	{
		name: "way that is not told", breaks: "who retraces is told what earlier foundings committed",
		file: "bftcore/evidence.go", line: "c.proof(order, records, true); ok && err == nil {", instead: "c.proof(order, records, false); ok && err == nil {",
		pkg: "integration/sim", test: "TestWaysAreRetraced",
	},
	{
		name: "one way for ever", breaks: "who tells a wrong way, or none, is left",
		file: "bftcore/retrace.go", line: "r := (t.turn + i) % c.n", instead: "r := i % c.n",
		pkg: "bftcore", test: "TestRetraceGoesToAnother",
	},
	{
		name: "store that its newest Frontier alone vouches for", breaks: "a store is as far as any of its log's Frontiers shows",
		file: "bftcore/testament.go", line: "k.order = max(k.order, m.Disclosure.Stable.Order)", instead: "k.order = m.Disclosure.Stable.Order",
		pkg: "cmd/internal/host", test: "TestFormerFrontierVouchesForTheStore",
	},
	{
		name: "unverified PREPARE in the log", breaks: "a batch that a view begins with is logged as no certificate",
		file: "bftcore/holdings.go", line: "c.record(RecordBatch, e.Order, x.batch.Raw)", instead: "c.record(RecordPrepare, e.Order, x.batch.Raw)",
		pkg: "bftcore", test: "TestBatchInTheLogIsNoPrepare",
	},
	{
		name: "unproven batch passed on", breaks: "a version that the own enclave has not found genuine is not passed on",
		file: "bftcore/needed.go", line: "case x != nil && (x.genuine || c.proven(x)):", instead: "case x != nil:",
		pkg: "bftcore", test: "TestUnprovenVersionsStay",
	},
	{
		name: "state held for nobody", breaks: "a peer holds the state that it asked for last, and no other",
		file: "cmd/internal/host/keeping.go", line: "	k.readers[by] = reader{order: order, at: now}", instead: "	if _, held := k.readers[by]; !held {\n		k.readers[by] = reader{order: order, at: now}\n	}",
		pkg: "cmd/internal/host", test: "TestPeerHoldsWhatItAskedForLast",
	},
	{
		name: "state held for any growth", breaks: "a state is let go when the file has grown by a gibibyte for its sake",
		file: "cmd/internal/host/keeping.go", line: " || x.Grown() > k.most {", instead: " {",
		pkg: "cmd/internal/host", test: "TestNoStateIsKeptForAnyGrowth",
	},
	{
		name: "newer state for want of patience", breaks: "sources that are slow are waited for",
		file: "mailstore/transfer/progress.go", line: "(s.restTo <= now || !s.gone && s.slow < slowLimit)", instead: "s.restTo <= now",
		pkg: "mailstore/transfer", test: "TestSlowSourcesAreWaitedFor",
	},
	{
		name: "transfer that waits for who is silent", breaks: "a state that nobody has gives way to a newer one",
		file: "bftcore/node/take.go", line: "		fruitless := !t.gaveWay && f.Fruitless()", instead: "		fruitless := false",
		pkg: "bftcore/node", test: "TestFruitless",
	},
	{
		name: "transfer that gives way for ever", breaks: "sources that answer late are waited for",
		file: "bftcore/node/take.go", line: "		fruitless := !t.gaveWay && f.Fruitless()", instead: "		fruitless := f.Fruitless()",
		pkg: "bftcore/node", test: "TestTransferBeside",
	},
	{
		name: "transfer that one without the state ends", breaks: "who may be about to answer is waited for",
		file: "mailstore/transfer/progress.go", line: "!s.liar && !s.gone && s.slow == 0 {", instead: "!s.liar && !s.gone && s.slow < 0 {",
		pkg: "mailstore/transfer", test: "TestFruitless",
	},
	{
		name: "pause that counts for each question", breaks: "a source that paused is not away",
		file: "mailstore/transfer/fetch.go", line: "s := &f.sources[a.to]; s.restTo <= now {", instead: "s := &f.sources[a.to]; s.restTo <= now+s.restTo {",
		pkg: "mailstore/transfer", test: "TestOnePause",
	},
	{
		name: "silent source that is asked first", breaks: "sources that answered of late are asked first",
		file: "mailstore/transfer/choose.go", line: "cmp.Or(cmp.Compare(s.slow, other.slow), cmp.Compare(s.asks, other.asks)) < 0", instead: "cmp.Compare(s.asks, other.asks) < 0",
		pkg: "mailstore/transfer", test: "TestEverythingArrives",
	},
	{
		name: "deadline of who has nothing", breaks: "a caller has something to do at its deadline",
		file: "mailstore/transfer/fetch.go", line: "f.couldAsk(wire.ReplicaID(r)) {", instead: "r != int(f.self) && !s.liar && s.asks < maxAsks {",
		pkg: "mailstore/transfer", test: "TestDeadline",
	},
	{
		name: "look through the former store that counts", breaks: "a checkpoint is attested when all bodies are on the own disk",
		file: "cmd/internal/host/fill.go", line: "	if f.replacing || f.epoch != epoch {", instead: "	if false {",
		pkg: "cmd/internal/host", test: "TestFormerStore",
	},
	{
		name: "store that is ahead of its log", breaks: "a store is believed as far as its log vouches for it",
		file: "cmd/internal/host/open.go", line: "	if err != nil || vouches {", instead: "	if err != nil || vouches || true {",
		pkg: "cmd/internal/host", test: "TestStoreAheadOfItsLogIsGivenUp",
	},
	{
		name: "bodies collected by a store that is behind", breaks: "what orders name that a store lacks is not collected",
		file: "cmd/internal/host/collect.go", line: "if h.machine().Applied() < stable {", instead: "if false {",
		pkg: "cmd/internal/host", test: "TestNothingGoesBehindTheCheckpoint",
	},
}
