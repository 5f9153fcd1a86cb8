package transfer

import (
	"errors"

	"troxymail/bftcore/wire"
)

// Item is one part that is wanted.
type Item struct {
	Name   string
	Digest wire.Digest
	// Loose parts may be missing for good: nothing is below them, and they can be had in another way later.
	Loose bool

	weight uint64
	tried  uint32 // sources that did not have it, as bits
}

// ErrUnfit is returned by a Check for a content that is not the part's.
var ErrUnfit = errors.New("transfer: the content does not fit its digest")

// Check says whether content is the part x, and what is below it. ErrUnfit when it is not; any other error when
// it is but makes no sense: then the checkpoint itself is wrong, and the transfer has failed.
type Check func(x Item, content []byte) (below []Item, err error)

// Part is a part that fits.
type Part struct {
	Item
	Content []byte
	Own     bool // it was on the own disk
}

// Ask is a question to a source; to the own disk when To is the own number: answer it at once.
type Ask struct {
	To    wire.ReplicaID
	Token uint64
	Items []Item
}

// Out is what a caller is to do.
type Out struct {
	Asks  []Ask
	Parts []Part // to be kept, in this order
}

// Counters tell what a transfer did.
type Counters struct {
	Parts, OwnParts, Bytes uint64 // that fit; of them from the own disk; bytes of the others
	Unfit                  uint64 // parts that did not
	Timeouts, Gone, Lost   uint64 // questions without an answer; answers that a source has not the state; loose parts nobody has
}
