package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mailstore/blob"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
	"troxymail/mailstore/state"
)

// Causes that are no error of a file.
var (
	errGone      = errors.New("it is gone")
	errBehind    = errors.New("it ends before the order that the store is at")
	errNoReach   = errors.New("it begins after the order that the store is at")
	errIncorrect = errors.New("it does not decode")
	errAhead     = errors.New("it is ahead of what the log shows")
)

// open opens the parts of the folder and repairs what can be repaired; what is damaged is moved aside, never
// removed. The mark vouches for owner and version of the whole, so that a part of another owner or version is
// damage like any other.
//
//   - A log that is damaged or gone: refused at the leader, whose PREPAREs are in it and nowhere else for
//     certain. A follower begins a new one; its store stays at the order that it reached by itself, its enclave
//     continues from the certificate kept for that order, and peers have what follows.
//   - A store that is ahead of what the log shows, because the log was lost or set back alone, is no longer believed: what
//     it executed beyond that was told to nobody, and may have given way to something else since (vouch).
//   - A store that is damaged or gone: built anew from the log, if that reaches back to order 1. If not, and
//     the peers' logs reach back: a follower begins from nothing, with a new log too.
//   - Peers may have cut their logs. Then the replica takes the state of a stable checkpoint, and says until then that it
//     needs one (AlarmNeedsTransfer).
func (h *Host) open() error {
	if err := checkMark(h.o.Dir, h.o.Genesis, h.o.Self); err != nil {
		return err
	}
	if err := h.lying(); err != nil {
		return err
	}
	if err := h.openLog(); err != nil {
		return err
	}
	if err := h.openStore(); err != nil {
		return err
	}
	if err := h.join(); err != nil {
		return err
	}
	if err := h.vouch(); err != nil {
		return err
	}
	var err error
	h.bodies, err = blob.Open(present{h}, blob.Options{Dir: h.o.Dir, SmallKey: state.SmallKey})
	if err != nil {
		return err
	}
	return h.listLying()
}

// leads reports whether this host's enclave would continue as a leader from what the log shows, and so needs all of
// it. One that comes back by recovery or founding does not.
func (h *Host) leads() bool {
	return h.o.Founding != (wire.Founding{}) && h.group.Leader(0) == h.o.Self
}

func (h *Host) openLog() error {
	ran := h.has(bootName) || h.has(storeName)
	if ran && !h.has(filepath.Join(logName, "LOG")) {
		if err := h.renewLog(errGone); err != nil {
			return err
		}
	}
	err := h.tryLog()
	if damage := (*hostlog.DamageError)(nil); errors.As(err, &damage) {
		if err := h.renewLog(err); err != nil {
			return err
		}
		err = h.tryLog()
	}
	return err
}

func (h *Host) tryLog() (err error) {
	h.log, err = hostlog.Open(h.path(logName), hostlog.Options{SegmentBytes: h.o.segmentBytes})
	return err
}

// renewLog makes room for a new log.
func (h *Host) renewLog(cause error) error {
	if h.leads() {
		return fmt.Errorf("%w (%w): put the folder %s back from the disk or a copy taken after its last stop; it must "+
			"never start with an older or an empty one, because replica %d leads and the log holds what it proposed",
			ErrLeaderLog, cause, h.path(logName), h.o.Self)
	}
	aside, err := h.moveAside(logName, asideSuffix)
	if err == nil {
		h.renewed = true
		h.note(boundary.AlarmLogLost, "log_lost", cause, aside)
	}
	return err
}

func (h *Host) openStore() error {
	if err := os.RemoveAll(h.path(wayName)); err != nil { // of a process that ended meanwhile
		return err
	}
	if h.log.Stats().MaxOrder > 0 && !h.has(storeName) {
		h.note(boundary.AlarmStoreRebuilt, "store_rebuilt", errGone, "")
	}
	err := h.tryStore()
	for _, damage := range []error{kv.ErrDamaged, kv.ErrForeign, kv.ErrVersion, state.ErrDamaged, state.ErrGenesis} {
		if errors.Is(err, damage) {
			return h.renewStore(err)
		}
	}
	return err
}

func (h *Host) tryStore() error {
	x, err := h.openHeld(true)
	if err == nil {
		h.held.Store(x)
	}
	return err
}

func (h *Host) storeOptions() kv.Options {
	return kv.Options{Path: h.path(storeName), Cluster: h.o.Genesis, Loose: state.IsRecord}
}

func (h *Host) genesis() state.Genesis {
	return state.Genesis{FirstMailbox: command.MailboxID(h.o.FirstMailbox), Checkpoint: h.o.checkpointEvery}
}

// openHeld opens the store; verify has all of it read.
func (h *Host) openHeld(verify bool) (*held, error) {
	o := h.storeOptions()
	o.Verify = verify
	return h.openAt(o)
}

// openAt opens a store at another path than the present one's too.
func (h *Host) openAt(o kv.Options) (*held, error) {
	store, err := kv.Open(o)
	if err != nil {
		return nil, err
	}
	machine, err := state.Open(store, h.genesis())
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &held{store: store, machine: machine}, nil
}

func (h *Host) renewStore(cause error) error {
	aside, err := h.moveAside(storeName, asideSuffix)
	if err != nil {
		return err
	}
	h.note(boundary.AlarmStoreRebuilt, "store_rebuilt", cause, aside)
	return h.tryStore()
}

// join sees that the log follows on the store, where the enclave continues from the log alone.
//
// Where it comes back by recovery or founding the log stays as it is: it holds what a founding must hear of. And it
// ends before the store, or has a gap behind it, without any fault when the host stopped after, or before, it took
// a state over. Peers, or the state of a checkpoint, fill the gap.
func (h *Host) join() error {
	if h.o.Founding == (wire.Founding{}) {
		return nil
	}
	applied, last := h.machine().Applied(), h.log.Stats().MaxOrder
	switch {
	case last == applied || h.renewed:
		return nil // a log that was just begun anew goes on where the store is
	case last < applied:
		return h.beginLog(errBehind)
	}
	reaches, err := h.logHas(applied + 1)
	if err != nil || reaches {
		return err
	}
	if h.leads() {
		return fmt.Errorf("%w: the store is at order %d and the log begins later: put the file %s back as it was "+
			"before the fault", ErrNeedsTransfer, applied, h.path(storeName))
	}
	return h.beginLog(errNoReach)
}

// vouch reads which history the store is of, and sees that it is no further than the log shows, where the enclave comes back by recovery or founding: then
// nobody but the log tells the group what this host executed.
func (h *Host) vouch() error {
	if h.o.Founding != (wire.Founding{}) {
		return nil
	}
	var known bftcore.KnownStable
	err := h.frontiers(known.Note)
	if err == nil {
		err = h.openHistory(known.Founding())
	}
	if err != nil {
		return err
	}
	vouches, err := h.config().Vouches(h.machine().Applied(), known.Order(), h.recordsOf)
	if err != nil || vouches {
		return err
	}
	if err := h.held.Swap(nil).store.Close(); err != nil {
		return err
	}
	return h.renewStore(errAhead)
}

// beginLog puts a new log in the place of the open one, which does not fit the store.
func (h *Host) beginLog(cause error) error {
	if err := h.log.Close(); err != nil {
		return err
	}
	h.log = nil
	if err := h.renewLog(cause); err != nil {
		return err
	}
	return h.tryLog()
}

// logHas reports whether the log holds the batch of an order.
func (h *Host) logHas(order uint64) (bool, error) {
	records, _, err := h.log.ReadOrders(order, order, 1, hostlog.Kind(bftcore.RecordPrepare))
	return len(records) > 0, err
}
