package planted

const coreScripts = "bftcore"

// coreBugs are taken out one script of the cores each, and one of the sessions' door: see scriptBugs.
var coreBugs = []bug{
	{
		name: "script T1: counter that gives a value twice", breaks: "an order is certified once in a view",
		file: counterState + "normal.go", line: "	case s.passed(pos.Order) && s.contradicts(pos.Order, digest):\n		return ErrDigest\n	case !s.due(pos.Order):", instead: "	case pos.Order > s.current.Order+1:",
		pkg: coreScripts, test: "TestScripts/t01_",
	},
	{
		name: "script T2: gap that is voted over", breaks: "votes are given in order",
		file: "bftcore/order_vote.go", line: "	s := c.slots[order]\n	if s == nil || s.proposal == nil || s.missing > 0 || s.stage != stageIdle {", instead: "	s := c.slots[order]\n	for o := order + 1; s == nil && o < order+4; o++ {\n		s = c.slots[o]\n	}\n	if s == nil || s.proposal == nil || s.missing > 0 || s.stage != stageIdle {",
		pkg: coreScripts, test: "TestScripts/t02_",
	},
	{
		name: "script T3: bad request proposed for ever", breaks: "a request that the enclave refuses is forgotten",
		file: "bftcore/order_prepare.go", line: "case o == order && slices.Contains(invalid, i):", instead: "case o == order && slices.Contains(invalid, i+1<<20):",
		pkg: coreScripts, test: "TestScripts/t03_",
	},
	{
		name: "script T4: request proposed twice", breaks: "what waits is not taken in again",
		file: "bftcore/retransmit.go", line: "	if w := c.pending.byKey[requestKey{digest: q.Digest(), mac: q.MAC}]; w != nil {", instead: "	delete(c.pending.byKey, requestKey{digest: q.Digest(), mac: q.MAC})\n	if w := c.pending.byKey[requestKey{digest: q.Digest(), mac: q.MAC}]; w != nil {",
		pkg: coreScripts, test: "TestScripts/t04_",
	},
	{
		name: "script T5: censor that is not suspected", breaks: "a leader that serves others and passes over one is suspected",
		file: "bftcore/view_want.go", line: "c.now >= c.changing.progress+patience || c.changing.served > since+patience/2 || ", instead: "c.now >= c.changing.progress+patience || ",
		pkg: coreScripts, test: "TestScripts/t05_",
	},
	{
		name: "script T6: PREPARE that another sends unasked", breaks: "a PREPARE is its leader's, or was asked for",
		file: "bftcore/order_prepare.go", line: "	if from != x.Replica && !c.askedOf(from, order) {", instead: "	if false {",
		pkg: coreScripts, test: "TestScripts/t06_",
	},
	{
		name: "script T7: COMMIT for the leader alone", breaks: "COMMITs go to everybody",
		file: "bftcore/order_vote.go", line: "if p != c.cfg.Self && (c.peers[r]", instead: "if p == c.leader() && (c.peers[r]",
		pkg: coreScripts, test: "TestScripts/t07_",
	},
	{
		name: "script T8: vote without the body", breaks: "nothing is voted on before its bodies are on the own disk",
		file: "bftcore/order_vote.go", line: "s.proposal == nil || s.missing > 0 || s.stage", instead: "s.proposal == nil || s.stage",
		pkg: coreScripts, test: "TestScripts/t08_",
	},
	{
		name: "script T9: certificate that no enclave made", breaks: "certificates have the MAC of an enclave",
		file: counterState + "set.go", line: "	return s.auth.Verify(s.scratch, c.MAC)", instead: "	return true",
		pkg: coreScripts, test: "TestScripts/t09_forged$",
	},
	{
		name: "script T14: view that one wants", breaks: "a view is left for when f+1 want it",
		file: "bftcore/view_want.go", line: "_, ok := quorum.Holds(ws, c.cfg.Quorum.Size())", instead: "_, ok := quorum.Holds(ws, c.cfg.Quorum.F())",
		pkg: coreScripts, test: "TestScripts/t14_",
	},
	{
		name: "script T15: certificates of another founding", breaks: "certificates are of this founding",
		file: "bftcore/evidence.go", line: "return x.Founding == c.Founding && c.kin(x)", instead: "return c.kin(x)",
		pkg: coreScripts, test: "TestScripts/t15_",
	},
	{
		name: "script T25: checkpoint by one", breaks: "f+1 equal CHECKPOINTs are stable",
		file: "bftcore/checkpoint.go", line: "len(list) >= c.cfg.Quorum.Size()", instead: "len(list) >= c.cfg.Quorum.F()",
		pkg: coreScripts, test: "TestScripts/t25_checkpoint$",
	},
	{
		name: "script T26: transfer that nobody asks for", breaks: "a gap below the stable checkpoint is closed by its state",
		file: "bftcore/jump.go", line: "	c.out.Transfer = &Transfer{Stable: c.stable, From: from}\n", instead: "	_ = from\n",
		pkg: coreScripts, test: "TestScripts/t26_transfer$",
	},
	{
		name: "script T38: order beyond the window", breaks: "what is far ahead is not kept",
		file: "bftcore/order_prepare.go", line: "	case order > c.horizon():", instead: "	case order > c.horizon() && order != 1<<62:",
		pkg: coreScripts, test: "TestScripts/t38_",
	},
	{
		name: "script T35: places without a number", breaks: "connections before login are bounded",
		file: "mail/limit/conns.go", line: "	if c.preAuth >= c.caps.PreAuth {", instead: "	if c.preAuth >= 1<<20 {",
		pkg: "mail/imapgate", test: "TestRecordScripts",
	},
	{
		name: "news behind the answer to IDLE", breaks: "what changed before IDLE comes with its answer, for clients that are about to sleep",
		file: "mail/imapgate/local.go", line: "time.After(g.server.idleNews)", instead: "time.After(0)",
		pkg: "mail/imapgate", test: "TestIdleAnswersWithWhatChanged",
	},
	{
		name: "script T35: handshake without an end", breaks: "a handshake has its time",
		file: "mail/imapgate/preauth.go", line: "	deadline := time.Now().Add(g.server.limits.Handshake)", instead: "	deadline := time.Now().Add(time.Hour)",
		pkg: "mail/imapgate", test: "TestRecordScripts",
	},
}
