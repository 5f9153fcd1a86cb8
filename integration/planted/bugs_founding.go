package planted

// Rules of foundings (F1 to F5) and of restarts mixed with them (M1 to M8).
var foundingBugs = []bug{
	{
		name: "F2 two generations in one quorum", breaks: "F2: certificates of an older generation are nothing. An old PREPARE and a new COMMIT commit",
		file: "bftcore/quorum/consistent.go", line: "return a.Founding == b.Founding && !outdates", instead: "return !outdates",
		pkg: "bftcore/quorum", test: "TestConsistent",
	},
	{
		name: "F4 learner that tells nothing", breaks: "F4: a member shows what it saw committed beyond its frontier. Else an acknowledged write that only a mute replica holds is replaced",
		file: counterState + "founding.go", line: "if i, ok := s.find(e.Order); !ok || s.entries[i].Rank.Less(e.Rank) {", instead: "if i, ok := s.find(e.Order); ok && s.entries[i].Rank.Less(e.Rank) {",
		pkg: checker, test: "TestTails",
	},
	{
		name: "F6 founding of two", breaks: "a founding takes all three when one may show an older past. Two may both not know a commit",
		file: counterState + "founding.go", line: "case len(states) < enough && (len(states) < s.cfg.Model.Refounding() || s.ordered != b.founding):", instead: "case len(states) < enough && len(states) < s.cfg.Model.Refounding():",
		pkg: checker, test: "TestMixed/pairs",
	},
	{
		name: "M6 recovery that is not disclosed", breaks: "M6: what an enclave learnt by recovery is in its frontiers. Else the newest frontier of one that knew hides a commit",
		file: counterState + "restore.go", line: "m := wire.Frontier{Disclosure: s.Disclosure(), InView", instead: "known := s.Disclosure()\n	if s.recovery > s.current.View {\n		known.Entries = nil\n	}\n	m := wire.Frontier{Disclosure: known, InView",
		pkg: checker, test: "TestMixed/restart_of_a_follower",
	},
	{
		name: "M8 JOIN that is forgotten", breaks: "M8: after a JOIN all later frontiers hold what it selected. Else an abandoned attempt loses what others ran on with",
		file: counterState + "founding.go", line: "	s.standing = wire.Recovering\n	if s.resigned {", instead: "	s.standing = wire.Recovering\n	if s.joined {\n		s.entries = nil\n	}\n	if s.resigned {",
		pkg: checker, test: "TestMixed/resign",
	},
	{
		name: "F3 ranks by view alone", breaks: "F3: ranks are (generation, view). That views never fall hides it from the checker: either rule is enough",
		file: "bftcore/wire/disclosure.go", line: "return r.Generation < q.Generation || r.Generation == q.Generation && r.View < q.View", instead: "return r.View < q.View || r.View == q.View && r.Generation < q.Generation",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "F3 view that falls", breaks: "F3: a founding's view is above all that its members were in. That ranks hold the generation hides it from the checker",
		file: counterState + "founding.go", line: "return beginning{founding: f, view: view + 1,", instead: "return beginning{founding: f, view: 1,",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "F5 resigning on one word", breaks: "F5: f+1 others have to say that they are not ACTIVE. Else one liar stops a group that works",
		file: counterState + "founding.go", line: "		if len(replicas) < s.cfg.Group.Size() {", instead: "		if len(replicas) < s.cfg.Group.Size()-1 {",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "F5 statements for an old nonce", breaks: "F5: statements are for the newest nonce asked with. Else those of an earlier trouble stop a group that works",
		file: counterState + "founding.go", line: "statements[i].Asked == s.asked && s.asked != (wire.Nonce{})", instead: "s.asked != (wire.Nonce{})",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "M3 members that are not named", breaks: "M3: a COLD-STATE counts beside those that name the same nonces. Else one is used that was given before its enclave certified more",
		file: counterState + "founding.go", line: "case !slices.Equal(states[i].Members, s.members):", instead: "case len(states[i].Members) != len(s.members):",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "M4 RESIGN taken back", breaks: "M4: RESIGN is for ever. Else an enclave certifies after its COLD-STATE",
		file: counterState + "founding.go", line: "		s.standing = wire.Resigned\n	}", instead: "		s.standing, s.resigned = wire.Active, false\n	}",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "M5 resigned that says nothing", breaks: "M5: RESIGNED answers like RECOVERING. Else one RESIGNED, one ACTIVE and one RECOVERING wait for ever",
		file: counterState + "recovery.go", line: "	case s.standing == wire.Booted:\n		return nil, nil, ErrStanding", instead: "	case s.standing == wire.Booted || s.standing == wire.Resigned:\n		return nil, nil, ErrStanding",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "M7 certificates verified while RESIGNED", breaks: "M7: a host executes what its ACTIVE enclave verified",
		file: counterState + "set.go", line: "	if !s.Active() || c.Founding != s.state.founding ||", instead: "	if c.Founding != s.state.founding ||",
		pkg: "enclave/counter", test: ".",
	},
	{
		name: "M8 attempt without an end", breaks: "M8: an attempt can be given up after its JOIN. Else a member that waits for a withheld JOIN waits for ever",
		file: counterState + "founding.go", line: "s.standing == wire.Active || nonce == s.nonce {", instead: "s.standing == wire.Active || s.joined || nonce == s.nonce {",
		pkg: "enclave/counter", test: ".",
	},
}
