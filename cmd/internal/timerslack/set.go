//go:build linux

package timerslack

import (
	"syscall"
	"time"
)

// Set sets the slack of all threads of this process, those to come included. It reports whether that worked: Go can
// do it in a program that is linked without C (CGO_ENABLED=0), and Linux outside of some sandboxes. Where it does not,
// the process works as well, and takes more processor time. Call it when the process starts.
func Set(slack time.Duration) bool {
	_, _, errno := syscall.AllThreadsSyscall(syscall.SYS_PRCTL, syscall.PR_SET_TIMERSLACK, uintptr(slack), 0)
	return errno == 0
}
