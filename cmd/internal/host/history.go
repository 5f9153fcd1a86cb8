package host

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/node"
	"troxymail/bftcore/wire"
)

// historyName is the file that says which history the store is of.
const historyName = "history"

// history says by foundings what this replica's store and log are worth.
//
// A founding goes on from what its members have. All replicas are members, unless an administrator founds some without
// the others (package refound): then orders that only those others had may be lost, and given to other batches. Nothing in
// the log or store of one that was left out tells it so, and the new orders would be executed on top of what nobody else
// has. So before anything is ordered in another founding than the last one, the store is held against what that begins
// with (fits). One that is of another history is moved aside, and the state of a checkpoint taken instead; what the log
// shows of foundings before this one is executed no more then, also after further starts.
type history struct {
	founding wire.Founding // the newest that the store follows; zero: not known
	since    wire.Founding // what the log shows of others of its generation, or of former ones, is not executed; zero: all is
}

// encode writes it with its checksum.
func (y history) encode() string {
	text := fmt.Sprintf("troxymail-history 1\nfounding %d %x\nsince %d %x\n",
		y.founding.Generation, y.founding.Digest[:], y.since.Generation, y.since.Digest[:])
	return text + fmt.Sprintf("checksum %08x\n", crc32.ChecksumIEEE([]byte(text)))
}

// decodeHistory is false for what encode did not write.
func decodeHistory(text string) (y history, ok bool) {
	var founding, since []byte
	_, err := fmt.Sscanf(text, "troxymail-history 1\nfounding %d %x\nsince %d %x\n",
		&y.founding.Generation, &founding, &y.since.Generation, &since)
	copy(y.founding.Digest[:], founding)
	copy(y.since.Digest[:], since)
	return y, err == nil && text == y.encode()
}

// openHistory reads the file; known is the newest founding that the log knows, for a folder without the file: one of an
// earlier version of the program, or a new one. A damaged file is replaced by what makes the least of store and log.
func (h *Host) openHistory(known wire.Founding) error {
	text, err := os.ReadFile(h.path(historyName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return h.setHistory(history{founding: known}) // written, for the log will know of another before the store follows it
	case err != nil:
		return fmt.Errorf("host: reading which history the store is of: %w", err)
	}
	y, ok := decodeHistory(string(text))
	if !ok {
		h.o.Logger.Error("history.damaged", "file", h.path(historyName), "do", "nothing: what is missing comes from the others")
		return h.setHistory(history{since: known})
	}
	h.history = y
	return nil
}

func (h *Host) setHistory(y history) error {
	if err := node.WriteDurably(h.path(historyName), []byte(y.encode())); err != nil {
		return fmt.Errorf("host: noting which history the store is of: %w", err)
	}
	h.history = y
	return nil
}

// follow is told what the enclave is ACTIVE with, before anything is ordered for it. Nothing else uses the store then.
func (h *Host) follow(begins *wire.Frontier) error {
	next := history{founding: begins.Certificate.Founding, since: h.history.since}
	if next.founding == h.history.founding {
		return nil
	}
	fits, err := h.fits(begins)
	if err != nil {
		return err
	}
	if !fits {
		next.since = next.founding
		if err := h.giveUp(); err != nil {
			return fmt.Errorf("giving up a store of another history: %w", err)
		}
	}
	return h.setHistory(next) // if this host stops before, the store is looked at once more
}

// fits reports whether the store is of the history that a founding goes on with: it had the state of the stable
// checkpoint, and has executed the batches of the entries behind it and no others. What the log shows committed beyond the
// store is executed later, and counts as if it were. Where it has not come to the checkpoint, or does not remember, it fits if
// the founding has heard what this replica had.
func (h *Host) fits(begins *wire.Frontier) (bool, error) {
	stable, applied := begins.Disclosure.Stable, h.machine().Applied()
	last := max(applied, h.log.Stats().MaxOrder)
	end := begins.Disclosure.End()
	doubt := applied > end || applied < stable.Order && last > 0 // below a checkpoint nothing is told
	if applied >= stable.Order && stable.Order > 0 {
		root, ok, err := h.rootAt(stable.Order)
		if err != nil || ok && root != stable.Root {
			return false, err
		}
		doubt = doubt || !ok
	}
	for order := stable.Order + 1; order <= last && !(doubt && order > end); order++ {
		entry, told := begins.Disclosure.At(order)
		batch, proven, err := h.executed(order)
		if err != nil || told && proven && entry.Batch != batch.Digest {
			return false, err
		}
		doubt = doubt || proven && !told || order <= applied && !(told && proven)
	}
	if !doubt {
		return true, nil
	}
	return h.heard(begins.Certificate.Founding)
}

// rootAt returns the digest of the state after an order up to the present one; false when it is not remembered.
func (h *Host) rootAt(order uint64) (wire.Digest, bool, error) {
	if order == h.machine().Applied() {
		return h.machine().Root(), true, nil
	}
	roots, err := h.machine().Roots(order-1, order)
	if err != nil || len(roots) != 1 {
		return wire.Digest{}, false, err
	}
	return roots[0].Root, true, nil
}

// executed returns the batch of an order by the log, which the store has executed or will; false when that does not prove it.
func (h *Host) executed(order uint64) (bftcore.Batch, bool, error) {
	records, err := h.recordsOf(order)
	if err != nil {
		return bftcore.Batch{}, false, err
	}
	return h.config().Proven(order, records)
}

// heard reports whether a founding took over what this replica had. It did if the enclave joined it, and what counted there
// descends from the founding that the store follows, or from the one from which that went on, for it may not have been known
// to have begun. A founding in between has to have heard this replica too: who takes part after it was left out is not heard.
// The log has the Frontiers of JOINs: those that do not say yet that their founding was ACTIVE.
func (h *Host) heard(f wire.Founding) (bool, error) {
	counted := map[wire.Founding]wire.Founding{} // by founding that was joined
	err := h.frontiers(func(m *wire.Frontier) {
		if joined := m.Certificate.Founding; m.LastActive != joined {
			counted[joined] = m.LastActive
		}
	})
	if err != nil {
		return false, fmt.Errorf("looking in the log for the founding: %w", err)
	}
	for {
		of, joined := counted[f]
		switch {
		case !joined, of.Generation >= f.Generation:
			return false, nil
		case of == h.history.founding, of == counted[h.history.founding]:
			return true, nil
		}
		f = of
	}
}

// frontiers calls do for the Frontiers of the log, from the oldest on.
func (h *Host) frontiers(do func(f *wire.Frontier)) error {
	return h.log.Replay(0, func(_ uint64, r hostlog.Record) error {
		if bftcore.RecordKind(r.Kind) != bftcore.RecordFrontier {
			return nil
		}
		f, err := wire.DecodeFrontier(r.Body)
		if err == nil {
			do(&f)
		}
		return err
	})
}

// recordsOf returns what may prove the batch of an order.
func (h *Host) recordsOf(order uint64) ([]bftcore.Record, error) {
	found, _, err := h.log.ReadOrders(order, order, forwardBytes, hostlog.Kind(bftcore.RecordPrepare), hostlog.Kind(bftcore.RecordCommit))
	return coreRecords(found), err
}

// giveUp puts an empty store in the place of the present one, which is moved aside: nobody else may have what is in it.
func (h *Host) giveUp() error {
	h.keeping.forget()
	h.filled.replace()
	former := h.store()
	aside, err := h.moveAside(storeName, leftOutSuffix)
	if err == nil {
		err = former.Close() // under its new name
	}
	if err == nil {
		err = h.tryStore()
	}
	if err == nil {
		err = h.listLying()
	}
	if err != nil {
		return err
	}
	h.filled.again()
	h.o.Logger.Error("history.given_up", "moved_to", aside, "do", "the group was founded without this replica, or without what "+
		"it had: the state comes from the others. Keep what was moved aside for as long as what only this replica had may be missed")
	return nil
}
