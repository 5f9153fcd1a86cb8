package state

import (
	"errors"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree"
)

const (
	// Window is how many sequences of an origin's incarnation are remembered: its oldest may be that far
	// behind its newest.
	Window = 4096
	// MaxKeptPayload bounds the payload of a result that is kept for repeats, in bytes. A repeat of a
	// request with a larger one is answered with StatusDuplicate.
	MaxKeptPayload = 4 << 10
)

// originState is what is known of a replica's enclave as an origin of requests: which incarnation, and
// how far it came. Its slots (replies.go) hold the sequences that were executed: sequence s in slot s mod Window.
type originState struct {
	Life
	replies wire.Digest // root over the blocks of slots
}

func (s *originState) encode() []byte {
	b := canon.AppendUint32(canon.AppendUint8(nil, command.Version), s.Generation)
	b = canon.AppendUint64(canon.AppendUint32(b, s.Incarnation), s.Highest)
	return canon.AppendFixed(b, s.replies[:])
}

func decodeOrigin(v []byte) (originState, error) {
	r := canon.NewReader(v)
	r.Uint8()
	s := originState{
		Life:    Life{Generation: r.Uint32(), Incarnation: r.Uint32(), Highest: r.Uint64()},
		replies: r.Copy32(),
	}
	return s, r.Done()
}

type originEntry struct {
	state   originState
	changed bool
	blocks  map[uint32]*replyBlock // those that this order looked at
}

func (t *txn) origin(id wire.ReplicaID) *originEntry {
	if e, ok := t.origins[id]; ok {
		return e
	}
	e := &originEntry{blocks: map[uint32]*replyBlock{}}
	if v, ok := t.b.Get(originKey(prefixOrigin, id)); ok {
		e.state = decoded(t, v, decodeOrigin)
	}
	t.origins[id] = e
	return e
}

func (t *txn) standing(id wire.RequestID) Standing { return t.origin(id.Origin).state.Standing(id) }

// noteSequence records that a writing request executes: it may begin a new incarnation, which forgets
// the former one's slots, and may move the window.
func (t *txn) noteSequence(id wire.RequestID) {
	e := t.origin(id.Origin)
	if e.state.Standing(id) == NewIncarnation {
		t.clearReplies(id.Origin, e)
		e.state.replies = wire.Digest{}
	}
	e.state.Life, e.changed = e.state.After(id), true
}

// recall fills in the result of a request that was executed before; false when it was not.
func (t *txn) recall(r *run) bool {
	id := r.request.ID
	e := t.origin(id.Origin)
	if e.state.Standing(id) != CurrentIncarnation || id.Sequence > e.state.Highest {
		return false // nothing above the highest was executed: most requests need no look into the store
	}
	p := t.replyBlock(id.Origin, e, blockOf(id)).at(id)
	if !p.of(id) {
		return false
	}
	r.info = Info{Order: p.order, Depends: p.order, Repeated: true}
	if len(p.result) == 0 {
		r.result.Status = command.StatusDuplicate
		return true
	}
	r.result = decoded(t, p.result, wire.DecodeResult)
	r.result.Payload = append([]byte(nil), r.result.Payload...)
	return true
}

// remember keeps a writing request's result in its slot.
func (t *txn) remember(r *run) {
	id := r.request.ID
	e := t.origin(id.Origin)
	if e.state.Standing(id) != CurrentIncarnation {
		return // a later request of the same order moved on: a repeat is refused anyway
	}
	p := reply{
		generation: id.Generation, incarnation: id.Incarnation, sequence: id.Sequence, order: t.order,
	}
	if len(r.result.Payload) <= MaxKeptPayload {
		from := len(t.scratch.results)
		t.scratch.results = r.result.Append(t.scratch.results)
		p.result = t.scratch.results[from:len(t.scratch.results):len(t.scratch.results)]
	}
	block := t.replyBlock(id.Origin, e, blockOf(id))
	*block.at(id), block.changed = p, true
}

// Incarnation returns the newest incarnation of a replica, as an origin of requests, that the state knows of
// in a generation; 0 for none. Safe for concurrent use.
func (m *Machine) Incarnation(origin wire.ReplicaID, generation uint32) (uint32, error) {
	v, ok, err := m.store.Get(originKey(prefixOrigin, origin))
	if err != nil || !ok {
		return 0, err
	}
	s, err := decodeOrigin(v)
	if err != nil || s.Generation != generation {
		return 0, err
	}
	return s.Incarnation, nil
}

// settleOrigins writes the changed origins and returns the root of the origin table.
func (t *txn) settleOrigins() wire.Digest {
	leaves := map[uint32]wire.Digest{}
	for _, id := range sortedKeys(t.origins) {
		e := t.origins[id]
		if !e.changed {
			continue
		}
		e.state.replies = digesttree.Update(t.b, originKey(treeReplies, id), t.settleReplies(id, e))
		record := e.state.encode()
		t.b.Put(originKey(prefixOrigin, id), record)
		leaves[uint32(id)] = tagged("troxymail/origin/v1", record)
	}
	return digesttree.Update(t.b, []byte{treeOrigins}, leavesOf(leaves))
}

// errStore is for a Cached that cannot read.
var errStore = errors.New("state: cannot look for a kept result")

// Cached returns the kept result of a writing request and the order it was executed at; false when it was
// not executed, or is not kept any more. It may be called from any goroutine, also while another one is in
// Apply, and sees whole orders only.
func (m *Machine) Cached(id wire.RequestID) (wire.Result, uint64, bool, error) {
	v, ok, err := m.store.Get(replyKey(id.Origin, blockOf(id)))
	if err != nil || !ok {
		return wire.Result{}, 0, false, err
	}
	block, err := decodeReplies(blockOf(id), v)
	if err != nil {
		return wire.Result{}, 0, false, err
	}
	p := block.at(id)
	if !p.of(id) || len(p.result) == 0 {
		return wire.Result{}, 0, false, nil
	}
	result, err := wire.DecodeResult(p.result)
	if err != nil {
		return wire.Result{}, 0, false, errors.Join(errStore, err)
	}
	return result, p.order, true, nil
}
