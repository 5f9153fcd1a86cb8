package planted

const (
	indexRules = "cache/index/entry.go"
	sender     = "cache/validate/send.go"
	decider    = "cache/validate/decide.go"
)

// readBugs are those of validated reads.
var readBugs = []bug{
	{
		name: "index filled from the host's word", breaks: "an own host's second digest of a key at one order is no fact",
		file: indexRules, line: "			return e, ErrConflict", instead: "			e.Digest = f.Digest",
		pkg: "cache/index", test: "TestConflict",
	},
	{
		name: "index filled before the first vote", breaks: "after a restart an own host's claims are believed once a vote was counted",
		file: indexRules, line: "Known: b.Active,", instead: "Known: true,",
		pkg: "cache/index", test: "TestUnknownUntilVoted",
	},
	{
		name: "fill accepted after a restart", breaks: "votes up to the recovery order, of requests of before, begin nothing",
		file: indexRules, line: "if b.Active || order <= recovery {", instead: "if b.Active {",
		pkg: "cache/index", test: "TestUnknownUntilVoted",
	},
	{
		name: "unversioned fill", breaks: "a vote below a key's floor fills nothing",
		file: indexRules, line: "	if f.Order < e.Version {\n		return e\n	}\n", instead: "",
		pkg: "cache/index", test: "TestRefill",
	},
	{
		name: "claim below the floor", breaks: "a claim below a key's floor changes nothing",
		file: indexRules, line: "	case f.Order < e.Version:\n		return e, nil\n", instead: "",
		pkg: "cache/index", test: "TestFloors",
	},
	{
		name: "refused command that leaves the floor", breaks: "a reply that names no digest of a key raises its floor",
		file: indexRules, line: "	return Entry{Version: order}\n", instead: "	return e\n",
		pkg: "cache/index", test: "TestFloors",
	},
	{
		name: "equality without version", breaks: "entries are equal in digest and version",
		file: indexRules, line: "	case e.Version < asked.Version:\n		return wire.VerdictOlder\n	case e.Version > asked.Version:\n		return wire.VerdictNewer\n", instead: "",
		pkg: "cache/index", test: "TestVerdicts",
	},
	{
		name: "equality of what may be lost", breaks: "an enclave agrees when the value is durable at its host",
		file: indexRules, line: "	case !e.Durable:", instead: "	case false:",
		pkg: "cache/index", test: "TestDurable",
	},
	{
		name: "eviction that forgets a floor", breaks: "the floor of an entry that leaves becomes that of all without one",
		file: "cache/index/index.go", line: "		x.base = Evict(x.base, last.entry)\n", instead: "",
		pkg: "cache/index", test: "TestEviction",
	},
	{
		name: "no floor on reads", breaks: "replies to reads raise floors before they are authenticated, like those to writes",
		file: "enclave/troxy/replier.go", line: "if r.note != nil && (err == nil", instead: "if r.note != nil && q.Flags&wire.FlagReadOnly == 0 && (err == nil",
		pkg: "enclave/replica", test: "TestReadsRaiseVersions",
	},
	{
		name: "contradiction that is authenticated", breaks: "a host that contradicts itself gets no reply authenticated",
		file: "enclave/troxy/replier.go", line: "		err = errors.Join(r.note(order, durableUpTo, q, c), err)", instead: "		_ = r.note(order, durableUpTo, q, c)",
		pkg: "enclave/troxy", test: "TestNote",
	},
	{
		name: "no nonce", breaks: "no two questions are the same",
		file: sender, line: "Run: a.o.Run, Number: a.number,", instead: "Run: a.o.Run, Number: 1,",
		pkg: "cache/validate", test: "TestReplay",
	},
	{
		name: "nonce of a former run", breaks: "no two runs of an enclave ask the same",
		file: sender, line: "Run: a.o.Run, Number: a.number,", instead: "Number: a.number,",
		pkg: "cache/validate", test: "TestReplay",
	},
	{
		name: "reads that conflict for ever", breaks: "a class of keys that conflicts often is switched off",
		file: "cache/validate/switch.go", line: "case !c.off && c.failed > maxFailed:", instead: "case !c.off && c.failed > 10*maxFailed:",
		pkg: "cache/validate", test: "TestSwitch$",
	},
	{
		name: "question of its own", breaks: "questions that come while many are under way share a message",
		file: sender, line: "	if a.heldUntil() > now {", instead: "	if false {",
		pkg: "cache/validate", test: "TestQuestionsShareMessages",
	},
	{
		name: "question held for ever", breaks: "a question is held back for a bounded while",
		file: sender, line: "min(a.patience, int64(maxHold))", instead: "a.patience",
		pkg: "cache/validate", test: "TestQuestionsShareMessages",
	},
	{
		name: "busy taken for conflict", breaks: "answers that come late switch nothing off",
		file: decider, line: "d.Outcome != TimedOut && a.switches", instead: "a.switches",
		pkg: "cache/validate", test: "TestLateAnswersTeach",
	},
	{
		name: "late answers that teach nothing", breaks: "an answer that comes late tells how long to wait",
		file: decider, line: "			r = a.late[i]", instead: "			_ = a.late[i]",
		pkg: "cache/validate", test: "TestLateAnswersTeach",
	},
	{
		name: "validation by f", breaks: "f other enclaves agree, f+1 with the own one",
		file: decider, line: "	if len(verdicts) < f {", instead: "	if len(verdicts) < f-1 {",
		pkg: "cache/validate", test: "TestQuorum",
	},
	{
		name: "validation by the dead", breaks: "those that agree do not know each other restarted",
		file: decider, line: "quorum.Holds(witnesses, f+1); !ok {", instead: "quorum.Holds(witnesses, f+1); false && !ok {",
		pkg: "cache/validate", test: "TestIncarnations",
	},
	{
		name: "answer to the dead", breaks: "who was restarted is answered nothing",
		file: "cache/validate/answer.go", line: "	if vector[q.Replica] > q.Incarnation {", instead: "	if false {",
		pkg: "cache/validate", test: "TestIncarnations",
	},
	{
		name: "answer that anybody made", breaks: "an answer counts by its MAC",
		file: decider, line: "	if !a.replies.Verify(m.Signed, m.MAC) {", instead: "	if false {",
		pkg: "cache/validate", test: "TestForged",
	},
	{
		name: "read without the account", breaks: "a read validates the account's epoch with its keys",
		file: "mail/session/validated.go", line: "	if versions[0].Digest != s.epoch {\n		if err", instead: "	if false {\n		if err",
		pkg: "mail/session", test: "TestValidatedReadsSeeRevocation",
	},
	{
		name: "view shown unasked", breaks: "each command validates what it shows",
		file: "mail/session/refresh.go", line: "	if v.deleted {\n		return nil\n	}\n	began", instead: "	if v.deleted || s.server.now().Sub(s.shown) < time.Second {\n		return nil\n	}\n	began",
		pkg: "mail/session", test: "TestReadsAreNotOrdered",
	},
	{
		name: "cached view after an own write", breaks: "what was read before an own write is not current after it",
		file: "mail/session/session.go", line: "	if s.fresh = false; s.unanswered {", instead: "	if s.unanswered {",
		pkg: "mail/session", test: "TestAnOwnWriteIsToldAfterIt",
	},
	{
		name: "search of several moments", breaks: "what changed while a search looked is looked at again",
		file: "mail/session/search.go", line: "		case v.digest == at.digest:", instead: "		case true:",
		pkg: "mail/session", test: "TestSearchIsOfOneMoment",
	},
	{
		name: "search by number of several moments", breaks: "what changed while a search looked is looked at again, by number too",
		file: "mail/session/search.go", line: "		since = &at\n", instead: "		since = &at\n		if !uid {\n			return found, nil\n		}\n",
		pkg: "mail/session", test: "TestSearchByNumberIsOfOneMoment",
	},
	{
		name: "search that finds what was seen meanwhile", breaks: "looking again for unseen ones, a search looks at those that are seen now",
		file: "mail/session/moment.go", line: "Last: min(r.Last, from-1), Since: modSeq}", instead: "Last: min(r.Last, from-1), Since: modSeq, Unseen: r.Unseen}",
		pkg: "mail/session", test: "TestSearchByNumberIsOfOneMoment",
	},
	{
		name: "search that looks at what is new alone", breaks: "a search looks again at what changed, not at what came alone",
		file: "mail/session/moment.go", line: "		if r.First < from {", instead: "		if false {",
		pkg: "mail/session", test: "TestSearchIsOfOneMoment",
	},
	{
		name: "last message that is gone", breaks: "* of UID SEARCH is a message that is there",
		file: "mail/session/numbers.go", line: "	case !untold:", instead: "	case !untold || v.state.Counters.Messages+v.gone.n <= v.told:",
		pkg: "mail/session", test: "TestSearchIsOfOneMoment",
	},
	{
		name: "news of several moments", breaks: "what changed while news were told is told with them",
		file: "mail/session/view.go", line: "		if v.digest == digest && v.behind == nil || v.deleted {", instead: "		if v.digest == digest || true {",
		pkg: "mail/session", test: "TestNewsWhileBehind",
	},
	{
		name: "STORE of more than was named", breaks: "a set that is cut into commands stays within itself",
		file: "mail/session/numbers.go", line: "				if cut > r.Last {", instead: "				if false {",
		pkg: "mail/session", test: "TestChunksStayWithinTheSet",
	},
	{
		name: "flags told and forgotten", breaks: "what the client is told while the view is behind counts as told",
		file: "mail/session/refresh.go", line: "		v.behind.heard.add(u)", instead: "		_ = u",
		pkg: "mail/session", test: "TestFlagsHeardWhileBehind",
	},
	{
		name: "keywords of whoever came last", breaks: "keywords that a session knew when it asked are known when it is answered",
		file: "mail/session/keywords.go", line: "	case own.table:\n		return own, true, nil\n", instead: "",
		pkg: "mail/session", test: "TestKeywordsOfTwoSessions",
	},
	{
		name: "comparison that never ends", breaks: "parts that the own host keeps back are read through the order",
		file: "mail/session/parts.go", line: "		if *m != last {", instead: "		if *m != last || true {",
		pkg: "mail/session", test: "TestNewsBeyondTheHorizon",
	},
	{
		name: "SELECT of two moments", breaks: "what SELECT tells is of one moment",
		file: "mail/session/select.go", line: "err != nil || v.digest == digest {", instead: "err != nil || v.digest == digest || true {",
		pkg: "mail/session", test: "TestSelectIsOfOneMoment",
	},
	{
		name: "MOVE that failed after it was done", breaks: "news that cannot be read do not undo what was done",
		file: "mail/session/expunge.go", line: "	if err == error(errNoQuorum) || err == error(errMailboxGone) {", instead: "	if false {",
		pkg: "mail/session", test: "TestMoveIsDoneWithoutNews",
	},
	{
		name: "command that follows for ever", breaks: "a command ends, however the mailbox goes on",
		file: "mail/session/lookup.go", line: "moved < maxMoved; {", instead: "moved < maxMoved || true; {",
		pkg: "mail/session", test: "TestCommandsEndWhileTheMailboxGoesOn",
	},
}
