package ordering

import (
	"encoding/binary"
	"fmt"
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
	"troxymail/enclave/rr"
)

// world is a state of the search, decoded.
type world struct {
	enclaves [n + 1]uint32 // numbers in Model.enclaves; 0 for none
	said     []uint32      // numbers in Model.messages, ascending
	executed []uint8       // by order: bit set of the batches that honest hosts executed there; with Tails, and synced
	disks    []disk        // by replica, with Checkpoints or Tails
	origin   origin        // with Fences
	broken   broken        // what is wrong
	given    bool          // with Refound: a founding without Left began, and executed is what came of that
	spent    [4]uint8      // of Changes, Restarts, Losses, Draws
}

// What spent counts.
const (
	changes = iota
	restarts
	losses
	draws
)

// replica is whose enclave stands at place i.
func (m *Model) replica(i int) wire.ReplicaID {
	if i == copied {
		return m.b.Liar
	}
	return wire.ReplicaID(i)
}

func (w *world) encode() []byte {
	b := make([]byte, 0, 4*(n+len(w.said)+3)+len(w.executed)+16*len(w.disks))
	for _, e := range w.enclaves {
		b = binary.LittleEndian.AppendUint32(b, e)
	}
	b = append(b, w.spent[:]...)
	b = append(b, byte(w.broken))
	if w.given {
		b[len(b)-1] |= givenBit
	}
	b = append(b, w.executed...)
	if o := &w.origin; o.lives[0] != (life{}) {
		for _, l := range o.lives {
			b = append(b, l.generation, l.number)
		}
		b = append(append(b, o.served), o.effects[:]...)
	}
	for i := range w.disks {
		b = binary.LittleEndian.AppendUint32(b, w.disks[i].frontier)
		for _, p := range w.disks[i].proofs[:len(w.executed)] {
			b = binary.LittleEndian.AppendUint32(b, p)
		}
	}
	for _, m := range w.said {
		b = binary.LittleEndian.AppendUint32(b, m)
	}
	return b
}

func (m *Model) decode(b []byte) world {
	var w world
	next := func() (v uint32) {
		v, b = binary.LittleEndian.Uint32(b), b[4:]
		return v
	}
	for i := range w.enclaves {
		w.enclaves[i] = next()
	}
	b = b[copy(w.spent[:], b):]
	w.broken, w.given = broken(b[0]&^givenBit), b[0]&givenBit != 0
	w.executed = slices.Clone(b[1 : 1+m.b.Orders])
	b = b[1+m.b.Orders:]
	if m.b.Fences {
		o := &w.origin
		for i := range o.lives {
			o.lives[i], b = life{b[0], b[1]}, b[2:]
		}
		o.served = b[0]
		b = b[1+copy(o.effects[:], b[1:]):]
	}
	if m.b.disks() {
		w.disks = make([]disk, n)
		for i := range w.disks {
			w.disks[i].frontier = next()
			for o := range m.b.Orders {
				w.disks[i].proofs[o] = next()
			}
		}
	}
	for len(b) > 0 {
		w.said = append(w.said, next())
	}
	return w
}

// givenBit is the place of world.given beside world.broken.
const givenBit = 1 << 7

// say adds a message.
func (w *world) say(message uint32) {
	if i, known := slices.BinarySearch(w.said, message); !known {
		w.said = slices.Insert(slices.Clone(w.said), i, message)
	}
}

// message is something that an enclave said.
type message struct {
	vote   *wire.Certificate // PREPARE or COMMIT
	change *wire.ViewChange
	begin  *wire.NewView
	grant  *wire.RecState
	cold   *wire.ColdState
	join   *wire.Join
	shown  *wire.Frontier // a record of the log of replica Bounds.Old
	stable *wire.Checkpoint
}

func (m *message) String() string {
	switch {
	case m.vote != nil && m.vote.Kind == wire.CertPrepare:
		return fmt.Sprintf("PREPARE %v %s of %s", m.vote.New, nameOf(m.vote.Digest), who(m.vote))
	case m.vote != nil:
		return fmt.Sprintf("COMMIT %v %s of %s", m.vote.New, nameOf(m.vote.Digest), who(m.vote))
	case m.change != nil:
		return fmt.Sprintf("VIEW-CHANGE %d of %s (%s)", m.change.View(), who(&m.change.Certificate), entries(&m.change.Disclosure))
	case m.grant != nil:
		return fmt.Sprintf("REC-STATE of %s for P%d.%d at %v (%s)", who(&m.grant.Certificate), m.grant.For, m.grant.Granted,
			m.grant.Certificate.New, entries(&m.grant.Disclosure))
	case m.cold != nil:
		return fmt.Sprintf("COLD-STATE of %s with %d members at %v (%s)", who(&m.cold.Certificate), len(m.cold.Members),
			m.cold.Certificate.New, entries(&m.cold.Disclosure))
	case m.join != nil:
		return fmt.Sprintf("JOIN of %s to %v at %v", who(&m.join.Certificate), m.join.Certificate.Founding.Digest, m.join.Certificate.New)
	case m.shown != nil:
		return fmt.Sprintf("frontier of %s at %v (%s)", who(&m.shown.Certificate), m.shown.Certificate.New, entries(&m.shown.Disclosure))
	case m.stable != nil:
		return fmt.Sprintf("CHECKPOINT %d %s of %s", m.stable.Certificate.New.Order, rootName(m.stable.Certificate.Digest), who(&m.stable.Certificate))
	}
	return fmt.Sprintf("NEW-VIEW %d of %s (%s)", m.begin.View(), who(&m.begin.Certificate), entries(&m.begin.Disclosure))
}

func who(c *wire.Certificate) string {
	return fmt.Sprintf("P%d.%d.%d", c.Replica, c.Founding.Generation, c.Incarnation)
}

func entries(d *wire.Disclosure) string {
	s := fmt.Sprintf("stable %d", d.Stable.Order)
	for _, e := range d.Entries {
		s += fmt.Sprintf(", %d:%s@%d.%d", e.Order, nameOf(e.Batch), e.Rank.Generation, e.Rank.View)
	}
	return s
}

// batches are what may be ordered without Fences; the last one is the empty batch.
var batches = [...]wire.Digest{wire.Sum([]byte("a")), wire.Sum([]byte("b")), empty}

var empty = wire.BatchDigest(nil)

// emptyAt is the place of the empty batch.
const emptyAt = 2

// batchOf is the place of a batch, among batches or, with Fences, among commands.
func batchOf(d wire.Digest) int {
	if i := slices.Index(batches[:], d); i >= 0 {
		return i
	}
	return slices.Index(digests[:], d)
}

// digest is that of the batch at a place.
func (m *Model) digest(batch int) wire.Digest {
	if m.b.Fences {
		return digests[batch]
	}
	return batches[batch]
}

func nameOf(d wire.Digest) string {
	if i := slices.Index(batches[:], d); i >= 0 {
		return [...]string{"a", "b", "empty"}[i]
	}
	if i := slices.Index(digests[:], d); i >= 0 {
		return commands[i].name
	}
	return d.String()
}

// Model is an explore.Model.
type Model struct {
	b        Bounds
	group    quorum.Config
	model    rr.Model
	enclaves table[*counter.State]
	messages table[*message]
	cache    cache
	short    table[wire.Founding] // foundings without Left
}

// New returns a model of a group of n. The error is of quorum.New or rr.Majority.
func New(b Bounds) (*Model, error) {
	group, err := quorum.New(n)
	if err != nil {
		return nil, err
	}
	model, err := rr.Majority(n)
	return &Model{b: b, group: group, model: model}, err
}

func (m *Model) enclave(s *counter.State) uint32 {
	c := s.Clone()
	return m.enclaves.number(fmt.Sprintf("%v", *c), func() *counter.State { return c })
}

func (m *Model) certificate(c *wire.Certificate) uint32 {
	return m.messages.number(string(c.Append(nil)), func() *message { return &message{vote: c} })
}
