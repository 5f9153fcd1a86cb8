package planted

const (
	scenarios = "integration/scenario"
	votes     = "enclave/troxy/vote.go"
)

// scriptBugs are taken out one script each: the case that tells of the rule has to fail without it.
var scriptBugs = []bug{
	{
		name: "script T10: an entry left out", breaks: "a VIEW-CHANGE says what its enclave certified",
		file: counterState + "view.go", line: "m := wire.ViewChange{Disclosure: s.Disclosure()}", instead: "m := wire.ViewChange{Disclosure: wire.Disclosure{Stable: s.stable}}",
		pkg: scenarios, test: "TestScenarios/t10_",
	},
	{
		name: "script T11: PREPARE before its NEW-VIEW", breaks: "a leader certifies nothing in a view that has not begun",
		file: counterState + "normal.go", line: "case pos.View != s.current.View || !s.inView:", instead: "case pos.View != s.current.View:",
		pkg: scenarios, test: "TestScenarios/t11_",
	},
	{
		name: "script T12: NEW-VIEW of f", breaks: "a NEW-VIEW rests on f+1 VIEW-CHANGEs",
		file: counterState + "view.go", line: "chosen, ok := quorum.Holds(ws, s.cfg.Group.Size())", instead: "chosen, ok := quorum.Holds(ws, s.cfg.Group.F())",
		pkg: scenarios, test: "TestScenarios/t12_",
	},
	{
		name: "script T13: second NEW-VIEW", breaks: "an enclave begins a view once",
		file: counterState + "view.go", line: "s.current != wire.Position{View: view} || s.inView || s.newView > view", instead: "s.current.View != view",
		pkg: scenarios, test: "TestScenarios/t13_",
	},
	{
		name: "script T13: view led again after a restart", breaks: "an incarnation that came back leads no view that it read",
		file: counterState + "recovery.go", line: "r.recovery = r.current.View + 1", instead: "r.recovery = r.current.View",
		pkg: scenarios, test: "TestScenarios/t13_",
	},
	{
		name: "script T16: late COMMIT beside who knows better", breaks: "certificates in a quorum are consistent in their incarnations",
		file: "bftcore/quorum/consistent.go", line: "return int(b.Replica) >= len(a.Vector) || a.Vector[b.Replica] > b.Incarnation", instead: "return int(b.Replica) >= len(a.Vector)",
		pkg: scenarios, test: "TestScenarios/t16_",
	},
	{
		name: "script T17: counter taken from a log", breaks: "nothing that a host shows makes an enclave ACTIVE",
		file: counterState + "restore.go", line: "	r.standing = wire.Recovering\n", instead: "	if r.standing = wire.Recovering; r.number > 0 {\n		r.standing = wire.Active\n	}\n",
		pkg: scenarios, test: "TestScenarios/t17_",
	},
	{
		name: "script T18: voice in the old view", breaks: "an enclave that came back is mute in views that it read",
		file: counterState + "recovery.go", line: "r.recovery = r.current.View + 1", instead: "r.recovery, r.inView = r.current.View, true",
		pkg: scenarios, test: "TestScenarios/t18_",
	},
	{
		name: "script T18: recovery that forgets", breaks: "an enclave that comes back takes over what others certified",
		file: counterState + "recovery.go", line: "r.stable, r.entries = d.Stable, d.Entries", instead: "r.stable = d.Stable",
		pkg: scenarios, test: "TestScenarios/t18_",
	},
	{
		name: "script T19: old VIEW-CHANGE counted", breaks: "VIEW-CHANGEs of a NEW-VIEW are consistent in their incarnations",
		file: "bftcore/quorum/consistent.go", line: "return a.Founding == b.Founding && !outdates(a, b) && !outdates(b, a)", instead: "return a.Founding == b.Founding",
		pkg: scenarios, test: "TestScenarios/t19_",
	},
	{
		name: "script T20: votes of the dead", breaks: "a voter that was restarted counts beside nobody who knows",
		file: "bftcore/quorum/consistent.go", line: "return a.Founding == b.Founding && !outdates(a, b) && !outdates(b, a)", instead: "return a.Founding == b.Founding",
		pkg: scenarios, test: "TestScenarios/t20_",
	},
	{
		name: "script T21: one number for two copies", breaks: "an incarnation number is granted to one nonce",
		file: counterState + "recovery.go", line: "case x < s.vector[k] || x == s.vector[k] && s.grants[k] != req.Nonce:", instead: "case x < s.vector[k]:",
		pkg: scenarios, test: "TestScenarios/t21_",
	},
	{
		name: "script T22: grant of an older attempt", breaks: "grants count for the attempt that they name",
		file: counterState + "recovery.go", line: "m.For == s.cfg.Self && m.Nonce == s.nonce && m.Granted", instead: "m.For == s.cfg.Self && m.Granted",
		pkg: scenarios, test: "TestScenarios/t22_",
	},
	{
		name: "script T22: grant by one that is not ACTIVE", breaks: "only ACTIVE enclaves grant",
		file: counterState + "recovery.go", line: "	case s.standing != wire.Active:\n		return nil, nil, ErrInactive\n", instead: "	case s.standing == wire.Booted:\n		return nil, nil, ErrInactive\n",
		pkg: scenarios, test: "TestScenarios/t22_",
	},
	{
		name: "script T23: statements for another nonce", breaks: "statements count for the nonce that they name",
		file: counterState + "founding.go", line: "if statements[i].Asked != s.nonce {", instead: "if false {",
		pkg: scenarios, test: "TestScenarios/t23_",
	},
	{
		name: "script T23: founding without all JOINs", breaks: "a founding begins when all members joined it",
		file: counterState + "founding.go", line: "if m.Replica != s.cfg.Self && !slices.ContainsFunc(joins", instead: "if m.Replica == wire.MaxReplicas && !slices.ContainsFunc(joins",
		pkg: scenarios, test: "TestScenarios/t23_",
	},
	{
		name: "script T24: resigned for one", breaks: "it takes f+1 others in need to make an enclave resign",
		file: counterState + "founding.go", line: "len(replicas) < s.cfg.Group.Size()", instead: "len(replicas) < 1",
		pkg: scenarios, test: "TestScenarios/t24_",
	},
	{
		name: "script T24: founding on the own word", breaks: "a founding selects from all members",
		file: counterState + "founding.go", line: "selection: Select(told)", instead: "selection: s.Disclosure()",
		pkg: scenarios, test: "TestScenarios/t24_",
	},
	{
		name: "script T27: reply that no enclave gave", breaks: "replies have the MAC of an enclave",
		file: votes, line: "	if !c.replies.Verify(set.Signed, set.MAC) {", instead: "	if false {",
		pkg: scenarios, test: "TestScenarios/t27_",
	},
	{
		name: "script T28: the own host's word", breaks: "f+1 equal replies decide",
		file: votes, line: "if _, ok := quorum.Holds(c.same, c.group.Size()); !ok {", instead: "if _, ok := quorum.Holds(c.same, c.group.F()); !ok {",
		pkg: scenarios, test: "TestScenarios/t28_",
	},
	{
		name: "script T29: older than the peer's", breaks: "versions are compared",
		file: indexRules, line: "	case e.Version > asked.Version:\n		return wire.VerdictNewer\n", instead: "	case e.Version > asked.Version:\n		return wire.VerdictEqual\n",
		pkg: scenarios, test: "TestScenarios/t29_",
	},
	{
		name: "script T30: reads that raise nothing", breaks: "an authenticated read raises the versions of its keys",
		file: "enclave/replica/validate.go", line: "	return w.reads.index.Claims(order", instead: "	if q.ReadOnly() {\n		return nil\n	}\n	return w.reads.index.Claims(order",
		pkg: scenarios, test: "TestScenarios/t30_",
	},
	{
		name: "script T30: key kept that a reply does not name", breaks: "a reply that names no digest of a key makes it unknown",
		file: indexRules, line: "	return Entry{Version: order}\n", instead: "	return e\n",
		pkg: scenarios, test: "TestScenarios/t30_",
	},
	{
		name: "script T31: unversioned fill", breaks: "a vote below the version of a key fills nothing",
		file: indexRules, line: "	if f.Order < e.Version {\n		return e\n	}\n	return Entry{Version: f.Order, Known: true", instead: "	return Entry{Version: f.Order, Known: true",
		pkg: scenarios, test: "TestScenarios/t31_",
	},
	{
		name: "script T32: votes without their order", breaks: "the order is voted, too",
		file: votes, line: "return v.order == o.order && v.result", instead: "return v.result",
		pkg: scenarios, test: "TestScenarios/t32_",
	},
	{
		name: "script T32: order that nobody committed", breaks: "an enclave answers for orders that it saw committed",
		file: "enclave/replica/frames.go", line: "	if e.Order > w.counter.Committed() {", instead: "	if false {",
		pkg: scenarios, test: "TestScenarios/t32_",
	},
	{
		name: "script T32: two values of one order", breaks: "an enclave authenticates one digest of a key at an order",
		file: indexRules, line: "		if e.Digest != f.Digest {\n			return e, ErrConflict\n		}", instead: "		e.Digest = f.Digest",
		pkg: scenarios, test: "TestScenarios/t32_",
	},
	{
		name: "script T33: answer to another question", breaks: "an answer names the question",
		file: decider, line: "	r := a.rounds[m.Query]\n", instead: "	r := a.rounds[m.Query]\n	for _, x := range a.rounds {\n		r = x\n	}\n",
		pkg: scenarios, test: "TestScenarios/t33_",
	},
	{
		name: "script T33: answer of a stale copy", breaks: "f+1 that validate a read are consistent in their incarnations",
		file: decider, line: "	if _, ok := quorum.Holds(witnesses, f+1); !ok {", instead: "	if false {",
		pkg: scenarios, test: "TestScenarios/t33_",
	},
	{
		name: "script T34: reads that wait for ever", breaks: "nobody is asked while fewer than f peers answer",
		file: "cache/validate/asker.go", line: "(!a.peers.enough(a.now, a.o.Group.F()) || ", instead: "(false || ",
		pkg: scenarios, test: "TestScenarios/t34_",
	},
	{
		name: "script T36: two answers to one request", breaks: "an enclave gives one answer to one request",
		file: "enclave/troxy/said.go", line: "case at.sequence == id.Sequence && *at != now:", instead: "case at.sequence == id.Sequence+1 && *at != now:",
		pkg: scenarios, test: "TestScenarios/t36_",
	},
	{
		name: "script T36: write that is a new one each time", breaks: "a write keeps its id while it is sent again",
		file: "enclave/troxy/client.go", line: "case s.flags&wire.FlagReadOnly != 0 && now >= s.renewAt && c.Room():", instead: "case now >= s.renewAt-900*int64(time.Millisecond) && c.Room():",
		pkg: scenarios, test: "TestScenarios/t36_",
	},
	{
		name: "script T37: writes that nobody made", breaks: "only authentic requests raise the index",
		file: "enclave/troxy/replier.go", line: "	digest, genuine := r.requests.Verify(c.Header, c.MAC)", instead: "	digest, genuine := wire.Sum(c.Header), true",
		pkg: scenarios, test: "TestScenarios/t37_",
	},
	{
		name: "short request remembered by its MAC alone", breaks: "a MAC that was checked is one of that header alone",
		file: "enclave/troxy/requests.go", line: " && bytes.Equal(g.short[:g.size], header)", instead: " && bytes.Equal(nil, nil)",
		pkg: "enclave/troxy", test: "TestRequestsRemember",
	},
	{
		name: "short request remembered by its header alone", breaks: "a MAC that was checked is that MAC alone",
		file: "enclave/troxy/requests.go", line: "g.size > 0 && subtle.ConstantTimeCompare(g.mac[:], m[:]) == 1", instead: "g.size > 0",
		pkg: "enclave/troxy", test: "TestRequestsRemember",
	},
	{
		name: "request remembered by its MAC alone", breaks: "a MAC that was checked is one of that header alone",
		file: "enclave/troxy/requests.go", line: " && g.header == digest", instead: "",
		pkg: "enclave/troxy", test: "TestRequestsRemember",
	},
	{
		name: "request remembered by its header alone", breaks: "a MAC that was checked is that MAC alone",
		file: "enclave/troxy/requests.go", line: "subtle.ConstantTimeCompare(g.mac[:], m[:]) == 1 && g.header", instead: "g.header",
		pkg: "enclave/troxy", test: "TestRequestsRemember",
	},
	{
		name: "script FENCE: session that does not wait", breaks: "an incarnation's first command is a FENCE",
		file: "enclave/replica/do.go", line: "	case w.client == nil || !w.fence.Serves():", instead: "	case w.client == nil:",
		pkg: scenarios, test: "TestScenarios/fence",
	},
	{
		name: "script FENCE: command of a former life", breaks: "nothing of a former incarnation executes behind its FENCE",
		file: "mailstore/state/life.go", line: "	case id.Generation < l.Generation || id.Incarnation < l.Incarnation:", instead: "	case id.Generation < l.Generation:",
		pkg: scenarios, test: "TestScenarios/fence",
	},
}
