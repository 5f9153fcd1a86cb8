package command

import "troxymail/bftcore/wire"

// AccountID is the keyed token of an account's address: what hosts know it by.
type AccountID [16]byte

// Token is the keyed token of a mailbox name component (under its parent) or of a keyword.
type Token [16]byte

// MailboxID names a mailbox for ever and is its UIDVALIDITY. 0 is no mailbox, and as a parent the root.
type MailboxID uint32

// UID is a message's number in its mailbox (RFC 3501, 2.3.1.1): rising, never reused, not 0.
type UID uint32

// UIDRange is an inclusive range of UIDs; First <= Last, First > 0. Sets of ranges are sorted, disjoint
// and not adjacent: their canonical form.
type UIDRange struct{ First, Last UID }

// Flags are the system flags of a message (RFC 3501, 2.3.2), without \Recent.
type Flags uint8

// The system flags.
const (
	FlagSeen Flags = 1 << iota
	FlagAnswered
	FlagFlagged
	FlagDeleted
	FlagDraft

	// AllFlags is every defined flag; other bits are refused.
	AllFlags = FlagSeen | FlagAnswered | FlagFlagged | FlagDeleted | FlagDraft
)

// SpecialUse is a mailbox's role (RFC 6154).
type SpecialUse uint8

// The roles.
const (
	UseNone SpecialUse = iota
	UseDrafts
	UseSent
	UseTrash
	UseJunk
	UseArchive
	UseFlagged
	UseAll
)

// KeywordDef names a keyword that a command uses: its token and its sealed name. The state machine gives
// it a bit of the mailbox when it has none yet.
type KeywordDef struct {
	Token  Token
	Sealed []byte
}

// AccountKey is the key of an account's epoch: verifiers, wrapped key, whether it may log in, quota.
func AccountKey(a AccountID) wire.Key { return wire.Key{Kind: wire.KeyAccount, Account: a} }

// NamespaceKey is the key of an account's mailboxes and names.
func NamespaceKey(a AccountID) wire.Key { return wire.Key{Kind: wire.KeyNamespace, Account: a} }

// MailboxKey is the key of a mailbox's messages.
func MailboxKey(a AccountID, m MailboxID) wire.Key {
	return wire.Key{Kind: wire.KeyMailbox, Account: a, Mailbox: uint32(m)}
}

// ClusterKey is the key of the list of accounts.
func ClusterKey() wire.Key { return wire.Key{Kind: wire.KeyCluster} }
