package planted

// lagBugs let a host keep from its enclave what others know.
var lagBugs = []bug{
	{
		name: "withheld write that nobody notices", breaks: "a host that withholds a write is Behind after a while",
		file: "cache/lag/round.go", line: "if x.rounds++; x.rounds >= GraceRounds {", instead: "if x.rounds++; x.rounds >= 1000*GraceRounds {",
		pkg: "cache/lag", test: "TestWithheldWrite",
	},
	{
		name: "withheld write that wakes nobody", breaks: "who watches a key is woken by writes that other hosts report",
		file: "enclave/replica/lag.go", line: "w.r.watches.fire(wake)", instead: "_ = wake",
		pkg: "enclave/replica", test: "TestWithheldWrites",
	},
	{
		name: "verdict by f hosts", breaks: "what f hosts say of writes proves nothing",
		file: "cache/lag/round.go", line: "d.o.Group.F()+1-silent", instead: "d.o.Group.F()-silent",
		pkg: "cache/lag", test: "TestLyingPeers",
	},
	{
		name: "silence that is not counted", breaks: "an enclave that hears no quorum for long is Alone",
		file: "cache/lag/round.go", line: "if d.silent[i]++; d.silent[i] >= SilentRounds {", instead: "if d.silent[i] >= SilentRounds {",
		pkg: "cache/lag", test: "TestAlone",
	},
	{
		name: "marks by reads", breaks: "a read that the host reports does not hide the write that it withholds",
		file: "enclave/replica/frames.go", line: "		if !touched[i].ReadOnly() {\n", instead: "		w.lag.marks.Wrote(e.Order, touched[i].Keys)\n		if !touched[i].ReadOnly() {\n",
		pkg: "enclave/replica", test: "TestReadsRaiseNoMark",
	},
	{
		name: "result before its order", breaks: "no result is authenticated of an order that was not seen committed",
		file: "enclave/replica/frames.go", line: "if e.Order > w.counter.Committed() {", instead: "if false {",
		pkg: "enclave/replica", test: "TestResultsBeforeTheirOrder",
	},
	{
		name: "committed by f", breaks: "f+1 certificates commit an order",
		file: "enclave/counter/set.go", line: "s.state.cfg.Group.Size(), c)", instead: "s.state.cfg.Group.F(), c)",
		pkg: "enclave/counter", test: "TestCommitted",
	},
}
