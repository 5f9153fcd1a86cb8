package planted

import "slices"

// every is the whole table; a bug's number is its place here, from 1.
func every() []bug {
	return slices.Concat(bugs, readBugs, scriptBugs, coreBugs, orderingBugs, foundingBugs, lagBugs, validationBugs, fenceBugs, pillarBugs, stateBugs, diskBugs, refoundBugs)
}
