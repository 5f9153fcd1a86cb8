package planted

// refoundBugs are about foundings of fewer members, which an administrator orders.
var refoundBugs = []bug{
	{
		name: "verdict of a former view", breaks: "what is certified in one view is nothing in another's slot",
		file: "bftcore/verify.go", line: " || x.commit.Certificate.New.View != c.view {", instead: " {",
		pkg: "bftcore", test: "TestVerdictOfAFormerView",
	},
	{
		name: "log ahead of a store of another history", breaks: "what a log shows beyond its store is executed only if the founding has it",
		file: "cmd/internal/host/history.go", line: "	last := max(applied, h.log.Stats().MaxOrder)", instead: "	last := applied",
		pkg: "cmd/internal/host", test: "TestLogAheadOfAHistory",
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
		file: "bftcore/rejoin/found.go", line: "d.lacking(told, newest) > 0 {", instead: "d.lacking(told, newest) > 1<<40 {",
		pkg: "bftcore/rejoin", test: "TestRefoundBesideOneThatWithholds|TestFoundingWaitsForBatches",
	},
	{
		name: "founding that hears who was left out", breaks: "what descends from the newest founding that was ACTIVE counts, and nothing else",
		file: "bftcore/wire/founding.go", line: "		if states[i].LastActive == newest {", instead: "		if states[i].LastActive == newest || true {",
		pkg: checker, test: "TestLeftOut",
	},
	{
		name: "founding of the highest number heard", breaks: "a JOIN to a founding that nobody began in makes nothing newer",
		file: counterState + "founding.go", line: "m := wire.ColdState{Members: members, LastActive: s.lastActive,", instead: "m := wire.ColdState{Members: members, LastActive: s.founding,",
		pkg: "enclave/counter", test: "TestLeftOutJoinedMore",
	},
	{
		name: "founding that began by a JOIN", breaks: "a founding is known to have been ACTIVE once all joined it",
		file: counterState + "founding.go", line: "= b.founding, b.lastActive, 1 //", instead: "= b.founding, b.founding, 1 //",
		pkg: "enclave/counter", test: "TestLastActive|TestLeftOutJoinedMore",
	},
	{
		name: "certifying that is not noted", breaks: "who certified in a founding knows that it began",
		file: counterState + "restore.go", line: "	s.lastActive = s.founding // only an ACTIVE enclave certifies\n", instead: "",
		pkg: "enclave/counter", test: "TestLastActive",
	},
	{
		name: "lesson of a former founding", breaks: "what a founding did not select of former ones is not learnt any more",
		file: counterState + "founding.go", line: "f != s.lastActive && f.Generation <= s.lastActive.Generation", instead: "f.Generation > wire.MaxIncarnation",
		pkg: "enclave/counter", test: "TestLearnRefusesWhatWasGivenUp",
	},
	{
		name: "host that waits for what nobody takes over", breaks: "a host asks for the batches that its enclave takes over, and for no others",
		file: "bftcore/rejoin/found.go", line: "	newest, told := wire.Counted(states)", instead: "	newest, told := wire.Counted(states)\n	told = told[:0]\n	for i := range states {\n		told = append(told, &states[i].Disclosure)\n	}",
		pkg: "bftcore/rejoin", test: "TestLeftOutTakesPart",
	},
	{
		name: "store of another history that vouches for batches", breaks: "what a store executed stands for batches only in the founding that it follows",
		file: "bftcore/rejoin/batches.go", line: "		applied = 0", instead: "		_ = 0",
		pkg: "bftcore/rejoin", test: "TestLeftOut",
	},
	{
		name: "store of another history", breaks: "a store of another history is given up",
		file: "cmd/internal/host/history.go", line: "	if !fits {", instead: "	if !fits && false {",
		pkg: "cmd/internal/host", test: "TestLeftOut",
	},
	{
		name: "log of another history", breaks: "once left out, what former foundings committed is not executed",
		file: "bftcore/evidence.go", line: "older && c.follows(p.Certificate.Founding) ||", instead: "older ||",
		pkg: "cmd/internal/host", test: "TestLeftOut",
	},
	{
		name: "log of a founding of the same number", breaks: "a founding is its bundle, not its number",
		file: "bftcore/evidence.go", line: "|| f == c.Since ||", instead: "|| f.Generation == c.Since.Generation ||",
		pkg: "cmd/internal/host", test: "TestLeftOut",
	},
	{
		name: "member by a JOIN for another founding", breaks: "a founding is its bundle, not its number",
		file: "cmd/internal/host/history.go", line: "if joined := m.Certificate.Founding; m.LastActive != joined {", instead: "if joined := m.Certificate.Founding; m.LastActive != joined && joined.Generation == f.Generation {\n			joined = f",
		pkg: "cmd/internal/host", test: "TestJoinedAndReturned",
	},
	{
		name: "member that is heard because it joined", breaks: "a store is heard by a founding that counted what the store follows",
		file: "cmd/internal/host/history.go", line: "case of == h.history.founding, of == counted[h.history.founding]:", instead: "case joined:",
		pkg: "cmd/internal/host", test: "TestTookPart",
	},
	{
		name: "store of other batches", breaks: "a store has executed what the founding goes on with",
		file: "cmd/internal/host/history.go", line: "told && proven && entry.Batch != batch.Digest", instead: "told && proven && entry.Batch != batch.Digest && false",
		pkg: "cmd/internal/host", test: "TestStoreFitsTheFounding",
	},
	{
		name: "store of another state", breaks: "a store had the state of the stable checkpoint",
		file: "cmd/internal/host/history.go", line: "ok && root != stable.Root", instead: "ok && root != stable.Root && false",
		pkg: "cmd/internal/host", test: "TestStoreFitsTheFounding",
	},
	{
		name: "history that is written late", breaks: "the file is there before the log learns of another founding",
		file: "cmd/internal/host/history.go", line: "return h.setHistory(history{founding: known}) // written,", instead: "h.history = history{founding: known}; return nil //",
		pkg: "cmd/internal/host", test: "TestHistoryIsWrittenAtOnce",
	},
}
