package hostlog

import (
	"errors"
	"fmt"
)

var (
	// ErrPoisoned wraps the first write or sync error; every later call returns the same error.
	ErrPoisoned = errors.New("hostlog: stopped after a disk error; restart the host once the disk is sound")
	// ErrClosed is returned by every method after Close.
	ErrClosed = errors.New("hostlog: closed")
	// ErrRecord is returned by Append for a record it can never hold; nothing of the batch is written.
	ErrRecord = errors.New("hostlog: record not allowed")
	// ErrOptions is returned by Open for options outside their limits.
	ErrOptions = errors.New("hostlog: option out of range")
	// ErrInUse is returned by Open while another process (or Log) has the folder open.
	ErrInUse = errors.New("hostlog: folder in use")
	// ErrRange is returned by ReadOrders for an empty or too wide range of orders.
	ErrRange = errors.New("hostlog: range of orders out of bounds")

	// ErrBadFrame is the cause in a DamageError when a synced record does not verify.
	ErrBadFrame = errors.New("record does not verify")
	// ErrMissing is the cause in a DamageError when a file of the log is gone.
	ErrMissing = errors.New("file missing")
	// ErrForeign is the cause in a DamageError when a file belongs to another log or is none of ours.
	ErrForeign = errors.New("file does not belong to this log")
	// ErrVersion is the cause in a DamageError when a file was written by a newer version.
	ErrVersion = errors.New("format of a newer version")
)

// DamageError says that the log is not what was synced. The log stays closed, its files unchanged.
type DamageError struct {
	File   string // path of the file at fault
	Offset int64  // byte offset in File, 0 when the whole file is meant
	Err    error  // ErrBadFrame, ErrMissing, ErrForeign, ErrVersion or an error of the disk
	Do     string // what the operator should do next
}

// Error names file, offset, cause and remedy.
func (e *DamageError) Error() string {
	return fmt.Sprintf("hostlog: damaged: %s at byte %d: %v; %s", e.File, e.Offset, e.Err, e.Do)
}

// Unwrap returns the cause.
func (e *DamageError) Unwrap() error { return e.Err }

const (
	doReplace = "move the log folder away and let this replica be repaired from its peers, or restore the disk"
	doVersion = "start the program version that wrote it"
	doForeign = "put the file back where it belongs, or name the right folder"
)

func damage(file string, off int64, cause error) error {
	do := doReplace
	switch {
	case errors.Is(cause, ErrVersion):
		do = doVersion
	case errors.Is(cause, ErrForeign):
		do = doForeign
	}
	return &DamageError{File: file, Offset: off, Err: cause, Do: do}
}
