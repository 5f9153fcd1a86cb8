package planted

// Rules of ordering: view changes (V1 to V5), quorums, checkpoints, and the return of one enclave (7.7). The explicit-
// state checker finds each.
var orderingBugs = []bug{
	{
		name: "V4 view that failed", breaks: "V4: what was certified is disclosed until a view settles it. Else a view that never begins loses a commit",
		file: counterState + "view.go", line: "	s.current, s.inView, s.selected = wire.Position{View: view}, false, 0\n	return m, nil", instead: "	s.current, s.inView, s.selected, s.entries = wire.Position{View: view}, false, 0, nil\n	return m, nil",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "NEW-VIEW from f VIEW-CHANGEs", breaks: "a view begins with f+1 VIEW-CHANGEs. Of f none may have seen a commit",
		file: counterState + "view.go", line: "chosen, ok := quorum.Holds(ws, s.cfg.Group.Size())", instead: "chosen, ok := quorum.Holds(ws, s.cfg.Group.Size()-1)",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "gap over an entry", breaks: "a NEW-VIEW fills gaps only. Else a committed batch becomes an empty one",
		file: counterState + "view.go", line: "		for _, e := range t.Entries {\n			if e.Order <= d.Stable.Order {", instead: "		for _, e := range t.Entries {\n			if e.Order <= d.Stable.Order || e.Order < t.End() {",
		pkg: checker, test: "TestViewChanges",
	},
	{
		name: "checkpoint of f", breaks: "f+1 CHECKPOINTs make one stable. One liar's makes any root stable",
		file: counterState + "checkpoint.go", line: "	case !s.quorate(certs, false):\n		return ErrQuorum", instead: "	case len(certs) < s.cfg.Group.F():\n		return ErrQuorum",
		pkg: checker, test: "TestCheckpoints",
	},
	{
		name: "checkpoint of two roots", breaks: "CHECKPOINTs of one root are counted together. Else a wrong root becomes stable beside a true one",
		file: counterState + "checkpoint.go", line: "		if shown[i].Stable() == to {", instead: "		if shown[i].Stable().Order == to.Order {",
		pkg: checker, test: "TestCheckpoints",
	},
	{
		name: "collection of one order too many", breaks: "garbage collection ends at the stable checkpoint. An entry above it is forgotten, and with it a commit",
		file: counterState + "checkpoint.go", line: "above, _ := s.find(to.Order + 1)", instead: "above, _ := s.find(to.Order + 2)",
		pkg: checker, test: "TestFar/orders,_checkpoint,_one_change", states: 200_000,
	},
	{
		name: "selection from the lowest checkpoint", breaks: "a selection begins at the highest checkpoint told. Else what is below it becomes empty batches",
		file: counterState + "view.go", line: "		if t.Stable.Order > d.Stable.Order {\n			d.Stable = t.Stable", instead: "		if t.Stable.Order < d.Stable.Order {\n			d.Stable = t.Stable",
		pkg: checker, test: "TestCheckpoints",
	},
	{
		name: "R1 memory from disk", breaks: "R1: what a log shows makes no enclave ACTIVE. Else an older log certifies a second time",
		file: counterState + "founding.go", line: "	s.nonce = nonce\n	return nil", instead: "	s.nonce = nonce\n	if s.number > 0 {\n		s.standing = wire.Active\n	}\n	return nil",
		pkg: checker, test: "TestMixed/restart",
	},
	{
		name: "R3 recovery from one", breaks: "R3: a recovery reads f+1 others. One may not know what was certified",
		file: counterState + "recovery.go", line: "	chosen, ok := quorum.Holds(ws, s.cfg.Model.Recovery())", instead: "	chosen, ok := quorum.Holds(ws, s.cfg.Model.Recovery()-1)",
		pkg: checker, test: "TestRestarts",
	},
	{
		name: "grant that is not noted", breaks: "R2: who grants an incarnation knows of it from that step on. Else an old COMMIT beside its own completes a quorum",
		file: counterState + "recovery.go", line: "s.vector[k], s.grants[k] = x, req.Nonce", instead: "s.grants[k] = req.Nonce",
		pkg: checker, test: "TestRestarts",
	},
	{
		name: "V1 second VIEW-CHANGE to a view", breaks: "V1: a VIEW-CHANGE goes to a higher view. Else a follower enters a view again and forgets what it certified there",
		file: counterState + "view.go", line: "	case view <= s.current.View:\n		return wire.ViewChange{}, ErrView", instead: "	case view < s.current.View:\n		return wire.ViewChange{}, ErrView",
		pkg: checker, test: "TestFar/five_changes", states: 300_000,
	},
	{
		name: "recovery that ignores incarnations", breaks: "a recovery takes over what others know of restarts. Else certificates of the dead count again",
		file: counterState + "recovery.go", line: "			r.vector[k] = max(r.vector[k], known)", instead: "			r.vector[k] = max(r.vector[k], min(known, 1))",
		pkg: "enclave/counter", test: ".",
	},
}
