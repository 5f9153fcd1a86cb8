package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"troxymail/enclave/boundary"
)

const (
	logName   = "log"
	storeName = "store.db"
	// bootName is the node's file: a host that has one, or a store, has run and had a log.
	bootName = "boot"
	// asideSuffix follows the name of what was moved aside, and a number.
	asideSuffix = ".damaged-"
	// leftOutSuffix is the same for a store of a history that the group did not go on with.
	leftOutSuffix = ".left-out-"
	// maxAside bounds what is moved aside of one name: a disk that damages more is not repaired by copies.
	maxAside = 8
)

// Errors of a folder that cannot be repaired by itself. What wraps them says what to do.
var (
	// ErrLeaderLog is returned by Open for a leader whose log is damaged or gone.
	ErrLeaderLog = errors.New("host: the leader's log is damaged or gone")
	// ErrNeedsTransfer is returned by Open when neither the log nor the peers can bring the state back.
	ErrNeedsTransfer = errors.New("host: only a state transfer could repair this replica")
	// ErrAside is returned by Open when too much was moved aside already.
	ErrAside = errors.New("host: too much was moved aside")
)

// faults are what was found wrong with the folder, for alarms.
type faults struct {
	mu    sync.Mutex
	count map[boundary.AlarmCode]uint64 // guarded by mu
}

func (f *faults) add(code boundary.AlarmCode) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == nil {
		f.count = map[boundary.AlarmCode]uint64{}
	}
	f.count[code]++
}

// list returns the alarms to raise, in order of code.
func (f *faults) list() []boundary.Alarm {
	f.mu.Lock()
	defer f.mu.Unlock()
	var alarms []boundary.Alarm
	for _, code := range []boundary.AlarmCode{boundary.AlarmStoreRebuilt, boundary.AlarmLogLost} {
		if n := f.count[code]; n > 0 {
			alarms = append(alarms, boundary.Alarm{Code: code, Subject: boundary.NoReplica, Count: n})
		}
	}
	return alarms
}

// note raises an alarm and says once what happened.
func (h *Host) note(code boundary.AlarmCode, what string, cause error, aside string) {
	h.faults.add(code)
	h.o.Logger.Error("host."+what, "cause", cause.Error(), "moved_to", aside, "do", code.Sentence())
}

// lying counts what former starts moved aside and nobody removed: the alarm stays until somebody does.
func (h *Host) lying() error {
	for name, code := range map[string]boundary.AlarmCode{
		storeName: boundary.AlarmStoreRebuilt, logName: boundary.AlarmLogLost,
	} {
		found, err := filepath.Glob(h.path(name) + asideSuffix + "*")
		if err != nil {
			return err
		}
		for range found {
			h.faults.add(code)
		}
	}
	return nil
}

func (h *Host) path(name string) string { return filepath.Join(h.o.Dir, name) }

// has reports whether a file of the folder is there and not empty.
func (h *Host) has(name string) bool {
	info, err := os.Stat(h.path(name))
	return err == nil && info.Size() > 0
}

// moveAside renames what is there under name, durably, and returns its new name; none when nothing is there.
func (h *Host) moveAside(name, suffix string) (string, error) {
	if _, err := os.Lstat(h.path(name)); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	for i := 1; i <= maxAside; i++ {
		aside := h.path(name) + suffix + strconv.Itoa(i)
		if _, err := os.Lstat(aside); !errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err := os.Rename(h.path(name), aside); err != nil {
			return "", err
		}
		return aside, syncFolder(h.o.Dir)
	}
	do := "test the disk, then remove them"
	if suffix == leftOutSuffix {
		do = "each is of a history that the group did not go on with; keep what you want to look at elsewhere, then remove them"
	}
	return "", fmt.Errorf("%w: %s%s1 to %d are there: %s", ErrAside, h.path(name), suffix, maxAside, do)
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
