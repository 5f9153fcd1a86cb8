package planted

// Rules of validated reads, taken out of what the explicit-state checker of reads uses: it finds the stale read.
const readChecker = "integration/check/reads"

var validationBugs = []bug{
	{
		name: "M10 claims before a vote", breaks: "M10: after a restart a key is known once a vote was counted. Else the own host says what it likes",
		file: "cache/index/entry.go", line: "Known: b.Active, Digest: f.Digest", instead: "Known: true, Digest: f.Digest",
		pkg: readChecker, test: "TestRules/restart",
	},
	{
		name: "G1 late vote", breaks: "G1: a vote below a key's floor fills nothing. Else a read from before a write puts the old value back",
		file: "cache/index/entry.go", line: "	e = e.atLeast(b)\n	if f.Order < e.Version {\n		return e\n	}", instead: "	e = e.atLeast(b)",
		pkg: readChecker, test: "TestRules/two_writes",
	},
	{
		name: "late claim", breaks: "a claim below a key's floor changes nothing. Else a host goes back to an old value",
		file: "cache/index/entry.go", line: "	case f.Order < e.Version:\n		return e, nil", instead: "	case false:",
		pkg: readChecker, test: "TestRules/two_writes",
	},
	{
		name: "newer that agrees", breaks: "equality is of digest and version. Else one who went on agrees to what was",
		file: "cache/index/entry.go", line: "	case e.Version > asked.Version:\n		return wire.VerdictNewer", instead: "	case e.Version > asked.Version && e.Digest != asked.Digest:\n		return wire.VerdictNewer",
		pkg: readChecker, test: "TestRules/two_writes",
	},
	{
		name: "floor that leaves with its entry", breaks: "an entry that leaves raises the floor of all without one",
		file: "cache/index/entry.go", line: "	b.Floor = max(b.Floor, e.Version)\n	return b", instead: "	return b",
		pkg: readChecker, test: "TestRules/eviction",
	},
	{
		name: "older that agrees", breaks: "who knows less than the asker does not agree",
		file: "cache/index/entry.go", line: "	case e.Version < asked.Version:\n		return wire.VerdictOlder", instead: "	case e.Version < asked.Version && e.Digest != asked.Digest:\n		return wire.VerdictOlder",
		pkg: readChecker, test: "TestRules/two_writes",
	},
	{
		name: "verdict that is passed over", breaks: "one who does not agree decides",
		file: decider, line: "		if v != wire.VerdictEqual {\n			return", instead: "		if v != wire.VerdictEqual && v != wire.VerdictNewer {\n			return",
		pkg: readChecker, test: "TestRules/two_writes",
	},
}
