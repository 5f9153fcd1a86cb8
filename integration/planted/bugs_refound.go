package planted

// refoundBugs are about foundings of fewer members, which an administrator orders.
var refoundBugs = []bug{
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
		name: "store of another history", breaks: "who was left out of a founding gives up its store",
		file: "cmd/internal/host/history.go", line: "if h.machine().Applied() > 0 {", instead: "if false {",
		pkg: "cmd/internal/host", test: "TestLeftOut",
	},
	{
		name: "log of another history", breaks: "for who was left out, former foundings prove nothing, after further starts either",
		file: "bftcore/evidence.go", line: "older && p.Certificate.Founding.Generation >= c.Since ||", instead: "older ||",
		pkg: "cmd/internal/host", test: "TestLeftOut",
	},
	{
		name: "member by a JOIN for another founding", breaks: "a founding is its bundle, not its number",
		file: "cmd/internal/host/history.go", line: "f.Certificate.Founding == begins.Founding", instead: "f.Certificate.Founding.Generation == begins.Founding.Generation",
		pkg: "cmd/internal/host", test: "TestJoinedAndReturned",
	},
}
