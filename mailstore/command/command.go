package command

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// Kind is the first byte of an encoded command. Numbers are fixed for ever.
type Kind uint8

// The commands. Those marked (later) are reserved: Decode refuses them today.
const (
	KindAccountCreate       Kind = 1
	KindAccountSetVerifiers Kind = 2
	KindAccountEnable       Kind = 3
	KindAccountRemove       Kind = 4
	KindAccountRead         Kind = 5
	KindAccountList         Kind = 6
	KindMailboxCreate       Kind = 16
	KindMailboxDelete       Kind = 17
	KindMailboxRename       Kind = 18
	KindMailboxSubscribe    Kind = 19
	KindNamespaceRead       Kind = 20
	KindAppend              Kind = 32
	KindCopy                Kind = 33
	KindStore               Kind = 34
	KindExpunge             Kind = 35
	KindMailboxRead         Kind = 37 // 36 was read by pages
	KindPing                Kind = 48
	KindFence               Kind = 64 // (later) a new incarnation's first command
	KindTick                Kind = 65 // (later) a replica's clock, for ordered time
	KindDeliver             Kind = 66
	KindMembership          Kind = 67 // (later) replicas join and leave
)

// Version is the format version that every command and payload carries.
const Version = 1

// ErrInvalid is wrapped by every decoder of this package: the bytes are no command (or payload) within
// its limits. The state machine answers such a command with StatusInvalid.
var ErrInvalid = errors.New("command: invalid")

// errField is for values that are decodable but not allowed.
var errField = errors.New("value out of its limits")

// Command is one command of the replicated mailbox state; pointers to the command structs implement it.
// A decoded command aliases the bytes that it came from. Methods do not change it, so that concurrent
// calls are safe.
type Command interface {
	// Append appends the one encoding of the command to dst.
	Append(dst []byte) []byte
	// Keys returns what the command may touch: sorted, without duplicates, a function of it alone.
	Keys() []wire.Key
	// Kind returns the command's kind.
	Kind() Kind
	// ReadOnly reports whether the command changes nothing: it is then not remembered against
	// duplicates.
	ReadOnly() bool
}

// Bodies returns the digests of the large sealed bodies that c names: those that replicas must have
// stored before it is ordered, and that a request lists (wire.Request.Bodies).
func Bodies(c Command) []wire.Digest {
	if b, ok := c.(interface{ Bodies() []wire.Digest }); ok {
		return b.Bodies()
	}
	return nil
}

// read reads the command of that kind behind its head, nil when there is none. A switch, and not a table of functions,
// keeps the reader off the heap.
func read(kind Kind, r *canon.Reader) Command {
	switch kind {
	case KindAccountCreate:
		return readAccountCreate(r)
	case KindAccountSetVerifiers:
		return readAccountSetVerifiers(r)
	case KindAccountEnable:
		return readAccountEnable(r)
	case KindAccountRemove:
		return readAccountRemove(r)
	case KindAccountRead:
		return readAccountRead(r)
	case KindAccountList:
		return readAccountList(r)
	case KindMailboxCreate:
		return readMailboxCreate(r)
	case KindMailboxDelete:
		return readMailboxDelete(r)
	case KindMailboxRename:
		return readMailboxRename(r)
	case KindMailboxSubscribe:
		return readMailboxSubscribe(r)
	case KindNamespaceRead:
		return readNamespaceRead(r)
	case KindAppend:
		return readAppend(r)
	case KindCopy:
		return readCopy(r)
	case KindStore:
		return readStore(r)
	case KindExpunge:
		return readExpunge(r)
	case KindMailboxRead:
		return readMailboxRead(r)
	case KindPing:
		return readPing(r)
	case KindDeliver:
		return readDeliver(r)
	}
	return nil
}

// Decode decodes exactly one command and checks everything that can be checked without the state:
// limits, flags, canonical UID ranges, digests of inline records. It is total; its errors wrap
// ErrInvalid. The command aliases b.
func Decode(b []byte) (Command, error) {
	if len(b) > wire.MaxCommandBytes {
		return nil, fmt.Errorf("%w command: %w", ErrInvalid, canon.ErrLimit)
	}
	r := canon.NewReader(b)
	kind := Kind(r.Uint8())
	if r.Uint8() != Version {
		r.Fail(errField)
	}
	c := read(kind, r)
	if c == nil {
		return nil, fmt.Errorf("%w command: kind %d is unknown to this program", ErrInvalid, kind)
	}
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("%w command of kind %d: %w", ErrInvalid, kind, err)
	}
	return c, nil
}

// head appends what every command begins with.
func head(dst []byte, k Kind) []byte {
	return canon.AppendUint8(canon.AppendUint8(dst, uint8(k)), Version)
}

// CompareKeys orders keys as their encodings: by kind, account, mailbox.
func CompareKeys(a, b wire.Key) int {
	if a.Kind != b.Kind {
		return int(a.Kind) - int(b.Kind)
	}
	if c := bytes.Compare(a.Account[:], b.Account[:]); c != 0 {
		return c
	}
	switch {
	case a.Mailbox < b.Mailbox:
		return -1
	case a.Mailbox > b.Mailbox:
		return 1
	}
	return 0
}

// keySet sorts keys and drops repeated ones, in place.
func keySet(keys ...wire.Key) []wire.Key {
	slices.SortFunc(keys, CompareKeys)
	return slices.Compact(keys)
}
