// Package planted takes rules out of the program, one at a time, and shows that something notices.
//
// Role. The tables in bugs*.go name each planted bug: the rule that it breaks, the lines that it changes, and
// the test that has to fail because of it (the explicit-state checker, the simulator, or a test of the rule). A bug
// that does not compile, a place that is not there any more, or a test that passes with the bug in it, is a failure.
//
// The sources stay as they are. weave.go makes copies of the changed functions, each with one bug, and has the
// original go to the copy that an environment variable names; the compiler is given the result as an overlay. So one
// test binary of a package has all bugs in it, and few are compiled. A bug outside of functions is compiled alone.
//
// For tests only.
package planted
