package planted

// bug is one rule taken out.
type bug struct {
	name    string
	breaks  string // what the program no longer does
	file    string // from the module's folder
	line    string // stands there once
	instead string
	pkg     string // of the test that has to fail
	test    string // pattern of go test -run
	states  int    // argument of TestFar; 0 for its default
}

const (
	counterState = "enclave/counter/"
	checker      = "integration/check/ordering"
	forgetful    = "integration/forgetful" // power losses
)

var bugs = []bug{
	{
		name: "view change that discloses nothing", breaks: "a VIEW-CHANGE says what its enclave certified",
		file: counterState + "view.go", line: "m := wire.ViewChange{Disclosure: s.Disclosure()}", instead: "m := wire.ViewChange{Disclosure: wire.Disclosure{Stable: s.stable}}",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "vote that is not remembered", breaks: "an enclave remembers what it certified",
		file: counterState + "normal.go", line: "	s.certified(p.New, p.Digest)", instead: "	s.move(p.New.Order)",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "lowest rank selected", breaks: "a NEW-VIEW selects the entry of the highest rank",
		file: counterState + "view.go", line: "best.Rank.Less(e.Rank)", instead: "best.Rank == (wire.Rank{}) || e.Rank.Less(best.Rank)",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "leader that ignores the selection", breaks: "PREPAREs of a view follow its NEW-VIEW",
		file: counterState + "normal.go", line: "pos.Order <= s.selected && s.chosen(pos.Order) != digest", instead: "pos.Order < s.selected && s.chosen(pos.Order) != digest",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "quorum of f", breaks: "a quorum is f+1",
		file: "bftcore/quorum/config.go", line: "return c.F() + 1", instead: "return max(1, c.F())",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "second NEW-VIEW", breaks: "a leader begins a view once",
		file: counterState + "view.go", line: "s.current != wire.Position{View: view} || s.inView || s.newView > view", instead: "s.current.View != view",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "vote in a view that was left", breaks: "after its VIEW-CHANGE an enclave certifies nothing in older views",
		file: counterState + "normal.go", line: "case pos.View != s.current.View || !s.inView:", instead: "case pos.View > s.current.View:",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "follower that enters with nothing", breaks: "whoever enters a view takes its selection for its own",
		file: counterState + "view.go", line: "		if e.Order > s.stable.Order {\n			e.Rank", instead: "		if e.Order > s.stable.Order+1<<40 {\n			e.Rank",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "view entered again", breaks: "a view begins once at a follower",
		file: counterState + "view.go", line: "case view < s.current.View || view == s.current.View && s.inView:", instead: "case view < s.current.View:",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "old view entered", breaks: "views never fall",
		file: counterState + "view.go", line: "case view < s.current.View || view == s.current.View && s.inView:", instead: "case view == s.current.View && s.inView:",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "votes with gaps", breaks: "positions have no gaps",
		file: counterState + "normal.go", line: "case !s.due(pos.Order):", instead: "case s.passed(pos.Order):",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "voice where a former incarnation may have acted", breaks: "an enclave that came back is mute in views that it read",
		file: counterState + "recovery.go", line: "r.recovery = r.current.View + 1", instead: "r.recovery, r.inView = r.current.View, true",
		pkg: checker, test: "TestRestarts",
	},
	{
		name: "recovery that reads nothing", breaks: "an enclave that comes back takes over what others certified",
		file: counterState + "recovery.go", line: "r.stable, r.entries = d.Stable, d.Entries", instead: "r.stable, r.current = d.Stable, wire.Position{}\n	r.recovery = 0\n	r.inView = true",
		pkg: checker, test: "TestRestarts",
	},
	{
		name: "quorum of incarnations that know each other dead", breaks: "certificates in a quorum are consistent in their incarnations",
		file: "bftcore/quorum/consistent.go", line: "return int(b.Replica) >= len(a.Vector) || a.Vector[b.Replica] > b.Incarnation", instead: "return int(b.Replica) >= len(a.Vector)",
		pkg: checker, test: "TestRestarts",
	},
	{
		name: "NEW-VIEW by an instance known to be dead", breaks: "a NEW-VIEW's leader is of the newest incarnation known",
		file: counterState + "view.go", line: "case m.Certificate.Founding != s.founding || !quorum.Consistent(quorum.WitnessOf(&m.Certificate), s.own()):", instead: "case m.Certificate.Founding != s.founding:",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "one number for two copies", breaks: "an incarnation number is granted to one nonce",
		file: counterState + "recovery.go", line: "case x < s.vector[k] || x == s.vector[k] && s.grants[k] != req.Nonce:", instead: "case x < s.vector[k]:",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "answers to an older attempt", breaks: "grants count for the attempt that they name",
		file: counterState + "recovery.go", line: "m.For == s.cfg.Self && m.Nonce == s.nonce && m.Granted", instead: "m.For == s.cfg.Self && m.Granted",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "grants of two foundings", breaks: "all grants of one recovery are of one founding",
		file: counterState + "recovery.go", line: "m.Granted == s.wanted && c.Founding == s.wantedIn &&", instead: "m.Granted == s.wanted &&",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "founding by those who joined another", breaks: "a founding begins when all members joined the same",
		file: counterState + "founding.go", line: "j.Certificate.Replica == m.Replica && j.Certificate.Founding == s.founding", instead: "j.Certificate.Replica == m.Replica",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "return alone out of a founding", breaks: "after its COLD-STATE an enclave does not come back alone",
		file: counterState + "recovery.go", line: "return s.standing == wire.Recovering || s.standing == wire.Resigned", instead: "return s.standing == wire.Recovering || s.standing == wire.Resigned || s.standing == wire.InFounding",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "founding with too few", breaks: "a founding needs as many members as rr says",
		file: counterState + "founding.go", line: "case len(states) < enough && (len(states) <", instead: "case false && (len(states) <",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "certificates of an older generation", breaks: "certificates of another founding are nothing",
		file: counterState + "state.go", line: "if c.Founding == s.founding && (!own || quorum.Consistent(w, s.own())) {", instead: "if !own || quorum.Consistent(w, s.own()) {",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "huge view on f wishes", breaks: "a view change takes f+1 that want it",
		file: counterState + "view.go", line: "		if wants[i].View() >= view {", instead: "		if wants[i].View() >= view || true {",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "JOIN that raises ranks", breaks: "entries of a founding keep their rank until an ACTIVE enclave certifies them",
		file: counterState + "founding.go", line: "	r.stable, r.entries = b.selection.Stable, b.selection.Entries", instead: "	for i := range b.selection.Entries {\n		b.selection.Entries[i].Rank = wire.Rank{Generation: b.founding.Generation, View: b.view}\n	}\n	r.stable, r.entries = b.selection.Stable, b.selection.Entries",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "JOIN that launders a rollback", breaks: "a JOIN's frontier holds the whole selection",
		file: counterState + "founding.go", line: "selection: Select(told)", instead: "selection: s.Disclosure()",
		pkg: checker, test: "TestFoundings",
	},
	{
		name: "founding in one phase", breaks: "an enclave is ACTIVE when all members said that they joined the same",
		file: counterState + "founding.go", line: "if m.Replica != s.cfg.Self && !slices.ContainsFunc(joins", instead: "if m.Replica == wire.MaxReplicas && !slices.ContainsFunc(joins",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "return without the batches", breaks: "an enclave takes over what others certified once its host has the batches",
		file: "bftcore/rejoin/batches.go", line: "			if d.lacking(told) == 0 {", instead: "			if d.lacking(told) >= 0 {",
		pkg: "bftcore/rejoin", test: "TestRecoveryWaitsForBatches",
	},
	{
		name: "founding without the batches", breaks: "an enclave joins a founding once its host has the batches",
		file: "bftcore/rejoin/found.go", line: "|| d.lacking(told) > 0 {", instead: "|| d.lacking(told) < 0 {",
		pkg: "bftcore/rejoin", test: "TestFoundingWaitsForBatches",
	},
	{
		name: "questions that nobody can answer", breaks: "batches that peers speak of no more make room for others",
		file: "bftcore/rejoin/batches.go", line: "		if !spoken[e] {", instead: "		if !spoken[e] && e.Order == 0 {",
		pkg: "bftcore/rejoin", test: "TestRecoveryForgetsWhatPeersForgot",
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
		file: "cmd/internal/host/open.go", line: "stable = max(stable, f.Disclosure.Stable.Order)", instead: "stable = f.Disclosure.Stable.Order",
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
		name: "log that is never synced", breaks: "what Sync returned is on disk",
		file: "bftcore/hostlog/fs_linux.go", line: "return ignoringEINTR(func() error { return unix.Fdatasync(int(f.Fd())) })", instead: "return nil",
		pkg: forgetful, test: "TestStoresSurvivePowerLoss",
	},
	{
		name: "segment without a name", breaks: "a new segment's name is durable before records go there",
		file: "bftcore/hostlog/segment.go", line: "		err = fsys.SyncDir(dir)", instead: "		err = nil",
		pkg: forgetful, test: "TestStoresSurvivePowerLoss",
	},
	{
		name: "body that is not synced", breaks: "a body's bytes are durable before its name",
		file: "mailstore/blob/writer.go", line: "	if err := w.f.Sync(); err != nil {", instead: "	if err := error(nil); err != nil {",
		pkg: forgetful, test: "TestStoresSurvivePowerLoss",
	},
	{
		name: "body without a name", breaks: "a body's name is durable when it is confirmed",
		file: "mailstore/blob/writer.go", line: "return errors.Join(w.f.Close(), syncDir(folder))", instead: "return w.f.Close()",
		pkg: forgetful, test: "TestStoresSurvivePowerLoss",
	},
	{
		name: "store that is not synced", breaks: "a flush is synced",
		file: "mailstore/kv/open.go", line: "NoSync: o.noSync,", instead: "NoSync: true,",
		pkg: forgetful, test: "TestStoresSurvivePowerLoss",
	},
	{
		name: "folder without a mark", breaks: "a host's folder is made durably",
		file: "cmd/internal/host/mark.go", line: "return errors.Join(err, f.Sync(), f.Close(), syncFolder(dir))", instead: "return errors.Join(err, f.Close())",
		pkg: "cmd/internal/host", test: "TestPreparedFolderSurvivesPowerLoss",
	},
	{
		name: "full disk that goes unnoticed", breaks: "a host that cannot store a body stops",
		file: "bftcore/node/bodies_arrive.go", line: "			s.failed = err", instead: "			_ = err",
		pkg: "bftcore/node", test: "TestFullDiskStopsTheHost",
	},
	{
		name: "founding of fewer without an order", breaks: "fewer than all found only what an administrator ordered",
		file: counterState + "founding.go", line: "(len(states) < s.cfg.Model.Refounding() || s.ordered != b.founding)", instead: "len(states) < s.cfg.Model.Refounding()",
		pkg: "enclave/counter", test: "TestRefounding|TestOrderIsForOneBundle",
	},
	{
		name: "founding of fewer than can write", breaks: "f+1 members at least, whatever an administrator says",
		file: counterState + "founding.go", line: "len(states) < s.cfg.Model.Refounding() || s.ordered", instead: "s.ordered",
		pkg: "enclave/counter", test: "TestProposeRefuses",
	},
	{
		name: "order of another founding", breaks: "an order is for the bundle that was shown",
		file: counterState + "refounding.go", line: "s.plan == nil || s.plan.Founding != f", instead: "s.plan == nil",
		pkg: "enclave/counter", test: "TestOrderIsForOneBundle",
	},
	{
		name: "order that outlives its COLD-STATE", breaks: "a COLD-STATE for other members makes an order nothing",
		file: counterState + "founding.go", line: "	s.plan, s.ordered = nil, wire.Founding{} // of other members\n", instead: "",
		pkg: "enclave/counter", test: "TestOrderIsForOneBundle",
	},
	{
		name: "order that nobody signed", breaks: "an order counts by the administrator's signature alone",
		file: "enclave/refound/order.go", line: "!ed25519.Verify(key, o.statement(genesis), o.Signature[:])", instead: "false",
		pkg: "enclave/counter", test: "TestSignedOrder",
	},
	{
		name: "order of another group", breaks: "an order is for one genesis",
		file: "enclave/refound/order.go", line: "canon.AppendFixed(canon.AppendBytes(nil, []byte(orderTag)), genesis[:])", instead: "canon.AppendBytes(nil, []byte(orderTag))",
		pkg: "enclave/counter", test: "TestSignedOrder",
	},
	{
		name: "order that hides the loss", breaks: "the signed words are those that the enclave would say",
		file: "enclave/refound/order.go", line: `o.Loss == "" || o.Loss != p.Loss()`, instead: `o.Loss == "-"`,
		pkg: "enclave/refound", test: "TestOrderIsBoundToEverything|TestNoLossWithoutAPlan",
	},
	{
		name: "plan that rests on what nobody has", breaks: "a founding takes over no batch that its members do not have",
		file: "bftcore/rejoin/found.go", line: "|| d.lacking(told) > 0 {", instead: "|| d.lacking(told) > 1<<40 {",
		pkg: "bftcore/rejoin", test: "TestRefoundBesideOneThatWithholds|TestFoundingWaitsForBatches",
	},
	{
		name: "strict host that sends what it has read", breaks: "a strict host syncs what it reads from its log before that leaves",
		file: "bftcore/node/logging.go", line: "err == nil && len(records) > 0 && (n.o.Config.Strict", instead: "err == nil && len(records) > 1<<40 && (n.o.Config.Strict",
		pkg: "bftcore/node", test: "TestStrictHostSyncsWhatItLoads",
	},
	{
		name: "grant of a former life", breaks: "another number is asked for when who granted it has restarted",
		file: "bftcore/rejoin/recover.go", line: "				p.state.Certificate.Incarnation < p.info.Certificate.Incarnation))", instead: "				false))",
		pkg: "bftcore/rejoin", test: "TestOneReturnsWhileItsGrantersRestart",
	},
	{
		name: "mute replica that forwards to nobody", breaks: "clients of a replica that has come back do not wait for the next view",
		file: "bftcore/retransmit.go", line: "view < c.view {", instead: "view < 1<<62 {",
		pkg: "bftcore", test: "TestMuteHostForwards",
	},
	{
		name: "who is far behind replays", breaks: "who is far behind takes over the state",
		file: "bftcore/jump.go", line: "; !missing && !far {", instead: "; !missing && (!far || far) {",
		pkg: "bftcore", test: "TestStateIsTakenByWhoIsFarBehind",
	},
	{
		name: "patience that every batch sets back", breaks: "patience shrinks only when a view lasts",
		file: "bftcore/patience.go", line: "case g.done >= easeBatches ||", instead: "case g.done >= 1 ||",
		pkg: "integration/sim", test: "TestPatienceGrowsUntilViewsLast",
	},
	{
		name: "durable before it is synced", breaks: "a result is durable once its proof is synced",
		file: "bftcore/execute.go", line: "n < len(c.proofs) && c.proofs[n].record <= c.synced", instead: "n < len(c.proofs)",
		pkg: "bftcore", test: "TestScripts",
	},
	{
		name: "state that nobody validated", breaks: "a host's state counts when its digest was validated",
		file: "mail/session/refresh.go", line: "if p = held; p.digest != digest {", instead: "if p = held; false {",
		pkg: "mail/session", test: "TestLyingPeeks",
	},
	{
		name: "expunges that a host names", breaks: "a list of expunges leads from the digest of one state to that of the other",
		file: "mail/session/parts.go", line: "return gone, chain == p.State.Expunges, nil", instead: "return gone, true, nil",
		pkg: "mail/session", test: "TestLyingPeeks",
	},
	{
		name: "keywords that a host names", breaks: "a table of keywords has the digest that the state names",
		file: "mail/session/keywords.go", line: "digest != m.Table || len(table) != int(m.Keywords)", instead: "false",
		pkg: "mail/session", test: "TestLyingPeeks",
	},
	{
		name: "node that nothing names", breaks: "a node of a mailbox's tree has the digest that the node above it names",
		file: "cache/mailtree/take.go", line: "	if got != want {", instead: "	if false {",
		pkg: "cache/mailtree", test: "TestLyingAnswers",
	},
	{
		name: "messages that nothing names", breaks: "a block of messages has the digest that its node names",
		file: "cache/mailtree/take.go", line: "if b.Digest(x.tree.id) != c[i].Digest {", instead: "if false {",
		pkg: "cache/mailtree", test: "TestLyingAnswers",
	},
	{
		name: "tally that no digest covers", breaks: "a node's digest covers what is counted below it",
		file: "mailstore/digesttree/verify/tree.go", line: "			b = appendTally(b, c[i].Tally)", instead: "			b = appendTally(b, Tally{Messages: 1})",
		pkg: "mailstore/digesttree", test: "TestTallies",
	},
	{
		name: "bounded reads without an end", breaks: "content is shown for a bounded time after a validation",
		file: "mail/session/session.go", line: "age < 0 || age >= BoundedReads", instead: "age < 0",
		pkg: "mail/session", test: "TestBoundedReads",
	},
	{
		name: "bounded reads without a count", breaks: "a validation serves a bounded number of commands, whatever the clock says",
		file: "mail/session/session.go", line: "|| s.since >= MaxBoundedReads", instead: "",
		pkg: "mail/session", test: "TestBoundedReadsAreCounted",
	},
	{
		name: "closed account that one session saw", breaks: "what one session read of an account ends the bounded reads of all",
		file: "mail/session/session.go", line: "if s.account.latest() != s.epoch {", instead: "if false {",
		pkg: "mail/session", test: "TestBoundedReadsEndWithTheAccount",
	},
	{
		name: "outcome that no session hears of", breaks: "an own command's outcome hints at what it changed, whatever the host says",
		file: "enclave/replica/do.go", line: "w.r.watches.fire(p.writes)", instead: "_ = p.writes",
		pkg: "enclave/replica", test: "TestWatch",
	},
	{
		name: "scan that counts every piece", breaks: "who reads a message in pieces uses it once",
		file: "mail/session/letter.go", line: "return s.server.cache.Again(d)", instead: "return s.server.cache.Get(d)",
		pkg: "mail/session", test: "TestADownloadDisplacesNobodysMail",
	},
}
