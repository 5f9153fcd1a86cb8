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

// errLeftOut is why a store is given up that a founding took no account of.
var errLeftOut = errors.New("the group was founded without this replica, and may have lost what it has")

// history says by foundings what this replica's store and log are worth.
//
// A founding goes on from what its members have. All replicas are members, unless an administrator founds some without
// the others (package refound): then orders that only those others had are lost, and given to other batches. Nothing in
// the log or store of one that was left out tells it so, and the new orders would be executed on top of what nobody else
// has. So a replica that comes back into a founding that it was no member of believes neither: it takes the state of a
// checkpoint of that founding, and what its log shows of former ones counts for nothing, also after further starts.
type history struct {
	generation uint32 // of the newest founding that the store follows; 0: not known
	since      uint32 // what the log shows of foundings before this one counts for nothing
}

// encode writes it with its checksum.
func (y history) encode() string {
	text := fmt.Sprintf("troxymail-history 1\ngeneration %d\nsince %d\n", y.generation, y.since)
	return text + fmt.Sprintf("checksum %08x\n", crc32.ChecksumIEEE([]byte(text)))
}

// decodeHistory is false for what encode did not write.
func decodeHistory(text string) (y history, ok bool) {
	_, err := fmt.Sscanf(text, "troxymail-history 1\ngeneration %d\nsince %d\n", &y.generation, &y.since)
	return y, err == nil && text == y.encode()
}

// openHistory reads the file; known is the generation of the newest founding that the log knows, for a folder without it:
// one of an earlier version of the program, or a new one. A damaged file is replaced by what makes the least of store and
// log.
func (h *Host) openHistory(known uint32) error {
	text, err := os.ReadFile(h.path(historyName))
	if errors.Is(err, fs.ErrNotExist) {
		h.history = history{generation: known}
		return nil
	}
	if err != nil {
		return fmt.Errorf("host: reading which history the store is of: %w", err)
	}
	var ok bool
	if h.history, ok = decodeHistory(string(text)); !ok {
		h.history = history{since: known}
		h.o.Logger.Error("history.damaged", "file", h.path(historyName), "do", "nothing: the state comes from the others")
	}
	return nil
}

// follow is told with which certificate of a founding the enclave is ACTIVE, before anything is ordered for it: a store
// that does not follow that founding is moved aside. Nothing else uses the store then.
func (h *Host) follow(begins *wire.Certificate) error {
	next := history{generation: begins.Founding.Generation, since: h.history.since}
	if next.generation == h.history.generation {
		return nil
	}
	member, err := h.tookPart(begins)
	if err != nil {
		return err
	}
	if !member {
		next.since = next.generation
		if h.machine().Applied() > 0 {
			if err := h.giveUp(); err != nil {
				return fmt.Errorf("giving up a store of another history: %w", err)
			}
		}
	}
	// After the store: if this host stops in between, the store is given up once more, or an empty one is.
	if err := node.WriteDurably(h.path(historyName), []byte(next.encode())); err != nil {
		return fmt.Errorf("host: noting which history the store is of: %w", err)
	}
	h.history = next
	return nil
}

// tookPart reports whether this replica is among those that the founding heard. Its enclave may have joined it and then
// returned to it like one that was elsewhere: the log has the Frontier of its JOIN then.
func (h *Host) tookPart(begins *wire.Certificate) (bool, error) {
	joined := begins.Incarnation == 1
	err := h.log.Replay(0, func(_ uint64, r hostlog.Record) error {
		if joined || bftcore.RecordKind(r.Kind) != bftcore.RecordFrontier {
			return nil
		}
		f, err := wire.DecodeFrontier(r.Body)
		joined = err == nil && f.Certificate.Founding == begins.Founding && f.Certificate.Incarnation == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("looking in the log for the founding: %w", err)
	}
	return joined, nil
}

// giveUp puts an empty store in the place of the present one.
func (h *Host) giveUp() error {
	h.keeping.drop()
	h.filled.replace()
	if err := h.store().Close(); err != nil {
		return err
	}
	if err := h.renewStore(errLeftOut); err != nil {
		return err
	}
	h.filled.again()
	return nil
}
