package kv

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// Errors of this package; match with errors.Is.
var (
	// ErrInUse is returned by Open when another process holds the file.
	ErrInUse = errors.New("kv: the store is in use by another process; stop it, or choose another folder")
	// ErrForeign is returned by Open for the store of another cluster.
	ErrForeign = errors.New("kv: the store belongs to another cluster; choose another folder")
	// ErrVersion is returned by Open for a store that another version of the program wrote.
	ErrVersion = errors.New("kv: the store has another format version; start the program that wrote it")
	// ErrDamaged is returned when the file is no sound store any more.
	ErrDamaged = errors.New("kv: the store is damaged; move its file away and restart, " +
		"so that this replica takes the state from the others")
	// ErrLogNotDurable is returned by Begin and Flush when only the log's sync can make progress possible.
	ErrLogNotDurable = errors.New("kv: the log is not durable up to what is to be flushed; sync it first")
	// ErrOrder is returned by Commit for an order that does not come after the last.
	ErrOrder = errors.New("kv: order numbers must rise")
	// ErrBusy is returned by Begin while another batch is open.
	ErrBusy = errors.New("kv: a batch is open already")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("kv: closed")
)

// guard runs f, which touches bbolt's mapped pages only, and turns its panics and faults (a truncated or
// overwritten file) into ErrDamaged: damage to a file is an event outside, not a bug inside.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w (%v)", ErrDamaged, p)
		}
	}()
	return f()
}
