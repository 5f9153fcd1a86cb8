//go:build linux

package timerslack

import (
	"syscall"
	"time"
)

// Slack is by how much a timer may be late.
const Slack = time.Millisecond

// Set sets the slack of all threads of this process, those to come included. It reports whether that worked: Go can
// do it in a program that is linked without C (CGO_ENABLED=0), and Linux outside of some sandboxes. Where it does not,
// the process works as well, and takes more processor time. Call it when the process starts.
func Set() bool {
	_, _, errno := syscall.AllThreadsSyscall(syscall.SYS_PRCTL, syscall.PR_SET_TIMERSLACK, uintptr(Slack), 0)
	return errno == 0
}
