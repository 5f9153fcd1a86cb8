//go:build linux

package goheap

import (
	"runtime"
	"syscall"
	"unsafe"
)

// reserve has the heap begin with Huge bytes of address space that Linux backs by huge pages once they are touched, which
// it does only where it was told before. Nothing but speed depends on whether it does.
func reserve() {
	// Memory that is fresh from the system is not touched to be zero, so that none of it is used yet. The collector
	// takes it back, and the runtime allocates in it before the heap grows further.
	room := make([]byte, Huge)
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(unsafe.Pointer(unsafe.SliceData(room))), Huge, syscall.MADV_HUGEPAGE)
	runtime.KeepAlive(room)
	runtime.GC()
}
