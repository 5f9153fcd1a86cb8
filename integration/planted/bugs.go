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
		name: "proof that nobody syncs", breaks: "what proves an order is synced",
		file: "bftcore/execute.go", line: "c.out.Sync = c.out.Sync || c.records > c.synced", instead: "c.out.Sync = c.out.Sync || false",
		pkg: "bftcore", test: "TestOneSyncForAnOrder",
	},
	{
		name: "more asked for than is taken", breaks: "who is far behind streams what it misses",
		file: "bftcore/fetch.go", line: "f.to = min(order+maxProofs-1, p.claim, c.horizon())", instead: "f.to = min(order+MaxFetchOrders-1, p.claim, c.horizon())",
		pkg: "bftcore", test: "TestNoMoreIsAskedForThanIsTaken",
	},
	{
		name: "lesson that nobody syncs", breaks: "what proves an order is synced, when it is in the log already too",
		file: "bftcore/learn.go", line: "c.proved(order)", instead: "c.proofs = append(c.proofs, proof{record: c.records, order: order})",
		pkg: "bftcore", test: "TestLoggedLessonAsksForASync",
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
		file: "enclave/replica/do.go", line: "w.r.watches.fire(s.writes())", instead: "_ = s.writes",
		pkg: "enclave/replica", test: "TestWatch",
	},
	{
		name: "scan that counts every piece", breaks: "who reads a message in pieces uses it once",
		file: "mail/session/letter.go", line: "return s.server.cache.Again(d)", instead: "return s.server.cache.Get(d)",
		pkg: "mail/session", test: "TestADownloadDisplacesNobodysMail",
	},
}
