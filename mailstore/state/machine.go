package state

import (
	"encoding/binary"
	"errors"
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
)

// Errors of this package. They concern the host alone: nothing that a command says causes them.
var (
	// ErrOrder is returned by Apply for an order that is not the one after Applied.
	ErrOrder = errors.New("state: orders are applied one after the other")
	// ErrGenesis is returned by Open when the store was begun with another first mailbox id.
	ErrGenesis = errors.New("state: the store was begun with other genesis values")
	// ErrDamaged is returned for a record that does not decode: the store must be replaced.
	ErrDamaged = errors.New("state: a stored record is damaged; move the store away and restart, " +
		"so that this replica takes the state from the others")
)

// Genesis are the values that all replicas begin with.
type Genesis struct {
	// FirstMailbox is the first mailbox id, and so the first UIDVALIDITY; not 0.
	FirstMailbox command.MailboxID
	// Checkpoint is the distance of the orders whose roots are kept (Roots); 0 for none. It is no part of the
	// state.
	Checkpoint uint64
}

// keptRoots is how many roots of checkpoints are kept: a window of orders above a stable one has fewer.
const keptRoots = 64

// Machine is the state machine. Not safe for concurrent use; Cached and reads of the store besides.
type Machine struct {
	store *kv.Store
	root  wire.Digest
	ops   kv.Ops
	grace uint64 // recordGrace; tests shorten it
	every uint64 // distance of the checkpoints

	scratch *scratch

	graceFrom []byte // nothing is left to collect before this key; nil: not known
}

// Info says about a result what is not voted on.
type Info struct {
	// Order is the order at which the request was executed: for a repeated one, the former.
	Order uint64
	// Depends is the highest order whose effects the result shows: Order for writes, for reads the order
	// of the last change of anything that they looked at.
	Depends uint64
	// Repeated reports that the result is that of an earlier execution.
	Repeated bool
	// ReadOnly reports that the request changed nothing by its nature.
	ReadOnly bool
}

// Open returns the machine over store, which it begins with g when it is new. The caller then applies its
// log from Applied()+1.
func Open(store *kv.Store, g Genesis) (*Machine, error) {
	if g.FirstMailbox == 0 {
		return nil, fmt.Errorf("%w: mailbox ids begin above 0", ErrGenesis)
	}
	m := &Machine{store: store, grace: recordGrace, every: g.Checkpoint, scratch: newScratch()}
	b, err := store.View()
	if err != nil {
		return nil, err
	}
	root, begun := b.Get(keyRoot)
	if begun {
		first, _ := b.Get(keyFirst)
		switch {
		case len(root) != len(m.root) || len(first) != 4:
			err = ErrDamaged
		case command.MailboxID(lastUint32(first)) != g.FirstMailbox:
			err = ErrGenesis
		default:
			m.root = wire.Digest(root)
		}
	}
	err = errors.Join(err, b.Err())
	b.Discard()
	if err != nil || begun {
		return m, err
	}
	return m, m.begin(g)
}

// begin writes the empty state as order 0.
func (m *Machine) begin(g Genesis) error {
	b, err := m.store.Begin(0)
	if err != nil {
		return err
	}
	defer b.Discard()
	t := newTxn(b, 0)
	t.next = g.FirstMailbox
	t.nextChanged = true
	t.clusterChanged = true
	b.Put(keyFirst, binary.BigEndian.AppendUint32(nil, uint32(g.FirstMailbox)))
	t.settleAccounts()
	root, err := t.settle()
	if err != nil {
		return err
	}
	if err := b.Commit(); err != nil {
		return err
	}
	m.root = root
	return nil
}

// Applied returns the order up to which commands were applied, whether flushed or not.
func (m *Machine) Applied() uint64 { return m.store.Order() }

// Root returns the digest of the state at Applied.
func (m *Machine) Root() wire.Digest { return m.root }

// LastOps returns what the last Apply did to the store: for tests and metrics.
func (m *Machine) LastOps() kv.Ops { return m.ops }

// Apply executes the requests of one order and returns a result and an info for each. With an error
// nothing was applied: kv.ErrLogNotDurable asks for a sync of the log and another attempt, the others end
// the store's use. Bodies named by digest must be stored before.
func (m *Machine) Apply(order uint64, requests []wire.Request) ([]wire.Result, []Info, error) {
	if order != m.store.Order()+1 {
		return nil, nil, fmt.Errorf("%w: %d after %d", ErrOrder, order, m.store.Order())
	}
	b, err := m.store.Begin(order)
	if err != nil {
		return nil, nil, err
	}
	defer b.Discard()
	t := newTxn(b, order)
	t.grace, t.graceFrom, t.every, t.scratch = m.grace, m.graceFrom, m.every, m.scratch.begin()
	if err := t.load(); err != nil {
		return nil, nil, err
	}
	results, infos, err := t.execute(requests)
	if err != nil {
		return nil, nil, err
	}
	root, err := t.settle()
	if err != nil {
		return nil, nil, err
	}
	m.ops = b.Ops()
	if err := b.Commit(); err != nil {
		return nil, nil, err
	}
	m.root, m.graceFrom = root, t.graceFrom
	return results, infos, nil
}
