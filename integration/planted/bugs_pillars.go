package planted

// pillarBugs are rules of parallel instances, each with a counter of its own.
var pillarBugs = []bug{
	{
		name: "counter of another pillar", breaks: "a certificate names the counter of its order's pillar",
		file: "bftcore/wire/pillar.go", line: "return c.Counter == counterOf(c.Kind, c.New.Order, pillars)", instead: "return int(c.Counter) < max(1, pillars)",
		pkg: "enclave/counter", test: "TestCounterOfAnotherPillarIsRefused",
	},
	{
		name: "view change that freezes one counter", breaks: "a VIEW-CHANGE ends the view for all counters",
		file: counterState + "normal.go", line: "	case pos.View != s.current.View || !s.inView:", instead: "	case (pos.View != s.current.View || !s.inView) && (pos.View > s.current.View || wire.PillarOf(pos.Order, s.cfg.Pillars) == 0):",
		pkg: checker, test: "TestPillars",
	},
	{
		name: "gap in a pillar", breaks: "an order is certified after the last one of its pillar",
		file: counterState + "pillars.go", line: "(order <= step || s.passed(order-step))", instead: "(order <= 2*step || s.passed(order-step))",
		pkg: "enclave/counter", test: "TestPillars",
	},
	{
		name: "counters that a frontier does not tell apart", breaks: "a frontier tells how far each counter is",
		file: counterState + "restore.go", line: "	s.ahead = slices.Clone(f.Ahead)\n", instead: "",
		pkg: "enclave/counter", test: "TestRestoreOfPillars",
	},
	{
		name: "order above a reserved one", breaks: "the host asks for nothing above a reserved order before it knows who has it. Else a counter is past an order whose batch nobody has",
		file: "bftcore/batch.go", line: "(c.reservedFor() == 0 || next <= c.reserved) && next", instead: "next",
		pkg: coreScripts, test: "TestScripts/reserved_order",
	},
	{
		name: "reservation beside a proposal", breaks: "an enclave that is asked for a PREPARE forgets what was reserved",
		file: "enclave/replica/frames.go", line: "	w.own.at = wire.Position{} // the host goes on without what it reserved\n", instead: "",
		pkg: "enclave/replica", test: "TestReservationIsTakenBack",
	},
	{
		name: "host accused of a call that crossed", breaks: "a host that asks for a reserved order before it learns that it was used is not to blame",
		file: "enclave/replica/frames.go", line: " && w.own.crossed(c.Position) {", instead: " && c.Position.Order == 0 {",
		pkg: "enclave/replica", test: "TestCallThatCrossesAccusesNobody",
	},
	{
		name: "request that overtakes", breaks: "what an enclave does not certify by itself comes behind what it does",
		file: "enclave/replica/propose.go", line: "		o.rest = append(o.rest, raw)\n", instead: "		w.request(raw, false)\n",
		pkg: "enclave/replica", test: "TestNothingOvertakesTheProposed",
	},
	{
		name: "proposal of other requests", breaks: "what an enclave certified by itself is proposed with its batch",
		file: "bftcore/reserve.go", line: "order, wire.BatchDigest(digests)) {", instead: "order, e.Certificate.Digest) {",
		pkg: "bftcore", test: "TestProposedThatDoesNotFit",
	},
	{
		name: "pillar that stops the others", breaks: "what one pillar waits for is nothing to the others",
		file: "bftcore/order_vote.go", line: "			again = c.voteNext(c.nextCall.of(first+o)) || again", instead: "			again = (o == 0 || again) && c.voteNext(c.nextCall.of(first+o)) || again",
		pkg: coreScripts, test: "TestScripts/pillars$",
	},
	{
		name: "hole that waits for load", breaks: "nothing stays unproposed below a proposal",
		file: "bftcore/batch.go", line: "	for (c.nextCall.first() <= c.checkpoints.fill || c.nextCall.holed()) &&", instead: "	for c.nextCall.first() <= c.checkpoints.fill &&",
		pkg: coreScripts, test: "TestScripts/pillars_hole",
	},
}
