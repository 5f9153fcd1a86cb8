//go:build linux

package threadpolicy

import (
	"syscall"
	"time"
	"unsafe"
)

// schedBatch is SCHED_BATCH of sched(7).
const schedBatch = 3

// Set gives all threads of this process, those to come included, the slack and batch scheduling. It reports whether both
// worked: Go can do it in a program that is linked without C (CGO_ENABLED=0), and Linux outside of some sandboxes. Where
// it does not, the process works as well, and takes more processor time. Call it when the process starts.
func Set(slack time.Duration) bool {
	_, _, late := syscall.AllThreadsSyscall(syscall.SYS_PRCTL, syscall.PR_SET_TIMERSLACK, uintptr(slack), 0)
	priority := int32(0) // the only one that the policy has
	_, _, batch := syscall.AllThreadsSyscall(syscall.SYS_SCHED_SETSCHEDULER, 0, schedBatch,
		uintptr(unsafe.Pointer(&priority)))
	return late == 0 && batch == 0
}
