package planted

const (
	fenceRule = "enclave/troxy/fence.go"
	lifeRule  = "mailstore/state/life.go"
)

// Rules of FENCE, taken out of what the explicit-state checker of ordering uses: it finds what a former life asked for
// execute, or a session that is served too early.
var fenceBugs = []bug{
	{
		name: "FENCE: command of a former life", breaks: "nothing of a former incarnation executes behind its FENCE",
		file: lifeRule, line: "	case id.Generation < l.Generation || id.Incarnation < l.Incarnation:", instead: "	case id.Generation < l.Generation:",
		pkg: checker, test: "TestFences/restart",
	},
	{
		name: "FENCE: command of a former generation", breaks: "a founding's incarnations are later than all before it. Numbers begin anew there",
		file: lifeRule, line: "	case id.Generation < l.Generation || id.Incarnation < l.Incarnation:", instead: "	case id.Incarnation < l.Incarnation:",
		pkg: checker, test: "TestFences/founding",
	},
	{
		name: "FENCE: not remembered", breaks: "the state remembers the newest incarnation of which a command executed",
		file: lifeRule, line: "		l = Life{Generation: id.Generation, Incarnation: id.Incarnation}", instead: "		l.Highest = 0",
		pkg: checker, test: "TestFences/restart",
	},
	{
		name: "FENCE: number above the generation", breaks: "generations are compared first. Else a founding's FENCE ends no life of the generation before",
		file: lifeRule, line: "	case id.Generation > l.Generation, id.Generation == l.Generation && id.Incarnation > l.Incarnation:", instead: "	case id.Incarnation > l.Incarnation:",
		pkg: checker, test: "TestFences/founding",
	},
	{
		name: "FENCE: session that does not wait", breaks: "sessions are served once the FENCE executed",
		file: fenceRule, line: "return f == FenceExecuted }", instead: "return f >= FenceAsked }",
		pkg: checker, test: "TestFences/restart",
	},
	{
		name: "FENCE: unknown outcome", breaks: "a FENCE that nobody answered in time did not execute",
		file: fenceRule, line: "	case o.Err != nil:", instead: "	case o.Err != nil && f != FenceAsked:",
		pkg: checker, test: "TestFences/restart",
	},
	{
		name: "FENCE: refusal taken for execution", breaks: "an enclave whose FENCE is refused serves nobody: its successor lives",
		file: fenceRule, line: "	case o.Result.Status != command.StatusOK:", instead: "	case o.Result.Status == command.StatusInvalid:",
		pkg: checker, test: "TestFar/fences,_two_restarts", states: 150_000,
	},
}
