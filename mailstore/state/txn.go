package state

import (
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
)

// txn is the application of one order: records that it read or changed, decoded once. Maps are only
// looked up in; where their contents matter they are walked in sorted order.
type txn struct {
	b     *kv.Batch
	order uint64
	err   error // a stored record that does not decode

	grace     uint64
	graceFrom []byte

	depends uint64 // of the command that executes
	every   uint64 // distance of the checkpoints

	cluster        command.ClusterState
	clusterChanged bool
	next           command.MailboxID
	nextChanged    bool

	accounts  map[command.AccountID]*accountEntry
	mailboxes map[command.MailboxID]*mailboxEntry
	origins   map[wire.ReplicaID]*originEntry
	numbers   map[uint32]wire.Digest // changed leaves of the tree of accounts

	scratch *scratch // nil while nothing executes
}

// scratch is memory of one order that the next one uses again.
type scratch struct {
	runs    []run
	first   map[wire.RequestID]int
	results []byte // encoded results, until the records of replies are written
}

// keptResultBytes bounds the memory of encoded results that is used again.
const keptResultBytes = 1 << 20

func newScratch() *scratch { return &scratch{first: map[wire.RequestID]int{}} }

// begin empties the memory of the order before.
func (s *scratch) begin() *scratch {
	s.results = canon.Reuse(s.results, keptResultBytes)
	return s
}

// usage is what an account's mail amounts to. Changed is the order of the last change of anything in the
// account's mailboxes and names.
type usage struct {
	bytes    uint64
	messages uint64
	changed  uint64
}

type accountEntry struct {
	exists bool
	state  command.AccountState
	usage  usage
	space  command.NamespaceState

	stateChanged, usageChanged, spaceChanged bool

	names     map[command.MailboxID]struct{} // changed names
	mailboxes map[command.MailboxID]struct{} // changed mailboxes
}

type mailboxEntry struct {
	exists  bool
	state   command.MailboxState
	changed bool
	blocks  map[uint32]struct{} // changed leaves of the message tree
	slots   map[uint32]wire.Digest
}

func newTxn(b *kv.Batch, order uint64) *txn {
	return &txn{
		b: b, order: order,
		accounts:  map[command.AccountID]*accountEntry{},
		mailboxes: map[command.MailboxID]*mailboxEntry{},
		origins:   map[wire.ReplicaID]*originEntry{},
		numbers:   map[uint32]wire.Digest{},
	}
}

// load reads what every order needs.
func (t *txn) load() error {
	v, ok := t.b.Get(keyCluster)
	next, okNext := t.b.Get(keyNext)
	if !ok || !okNext || len(next) != 4 {
		return t.failed(fmt.Errorf("%w: cluster record", ErrDamaged))
	}
	t.next = command.MailboxID(lastUint32(next))
	t.cluster = decoded(t, v, command.DecodeClusterState)
	return t.failed(nil)
}

// failed returns the first error of the transaction, the store's before others.
func (t *txn) failed(err error) error {
	if e := t.b.Err(); e != nil {
		return e
	}
	if t.err != nil {
		return t.err
	}
	return err
}

// decoded decodes a stored record; a failure is kept and makes the whole order fail.
func decoded[T any](t *txn, v []byte, decode func([]byte) (T, error)) T {
	x, err := decode(v)
	if err != nil && t.err == nil {
		t.err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return x
}

// account returns the account's entry, or nil when there is no such account.
func (t *txn) account(a command.AccountID) *accountEntry {
	if e := t.accountEntry(a); e.exists {
		return e
	}
	return nil
}

func (t *txn) accountEntry(a command.AccountID) *accountEntry {
	if e, ok := t.accounts[a]; ok {
		return e
	}
	e := &accountEntry{
		names: map[command.MailboxID]struct{}{}, mailboxes: map[command.MailboxID]struct{}{},
	}
	t.accounts[a] = e
	v, ok := t.b.Get(accountKey(prefixAccount, a))
	if !ok {
		return e
	}
	e.exists = true
	e.state = decoded(t, v, command.DecodeAccountState)
	v, _ = t.b.Get(accountKey(prefixUsage, a))
	e.usage = decoded(t, v, decodeUsage)
	v, _ = t.b.Get(accountKey(prefixSpace, a))
	e.space = decoded(t, v, command.DecodeNamespaceState)
	return e
}

func (u usage) encode() []byte {
	b := canon.AppendUint64(canon.AppendUint8(nil, command.Version), u.bytes)
	return canon.AppendUint64(canon.AppendUint64(b, u.messages), u.changed)
}

func decodeUsage(v []byte) (usage, error) {
	r := canon.NewReader(v)
	r.Uint8()
	u := usage{bytes: r.Uint64(), messages: r.Uint64(), changed: r.Uint64()}
	return u, r.Done()
}

// mailbox returns the entry of a mailbox of account a, or nil when a has none with that id that can hold
// messages.
func (t *txn) mailbox(a command.AccountID, id command.MailboxID) *mailboxEntry {
	e, ok := t.mailboxes[id]
	if !ok {
		e = &mailboxEntry{}
		if v, found := t.b.Get(mailboxKey(prefixMailbox, id)); found {
			e.exists, e.state = true, decoded(t, v, command.DecodeMailboxState)
		}
		t.mailboxes[id] = e
	}
	if !e.exists || e.state.Account != a {
		return nil
	}
	return e
}

// touchMailbox notes that a mailbox changed, and with it its account.
func (t *txn) touchMailbox(e *mailboxEntry) {
	e.changed = true
	t.touchAccount(e.state.Account, e.state.ID)
}

func (t *txn) touchAccount(a command.AccountID, m command.MailboxID) {
	acc := t.accountEntry(a)
	acc.mailboxes[m] = struct{}{}
	acc.usageChanged = true
}

// touchBlock notes that the message with that UID changed.
func (t *txn) touchBlock(e *mailboxEntry, u command.UID) {
	if e.blocks == nil {
		e.blocks = map[uint32]struct{}{}
	}
	e.blocks[uint32(u)/command.MessagesPerLeaf] = struct{}{}
}
