package state

import (
	"encoding/binary"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// The key space, by first byte. All integers are big endian, so that keys sort as numbers do.
const (
	prefixMeta     = 'G' // + name: cluster record, next mailbox id, root, applied order
	prefixAccount  = 'a' // + account: command.AccountState
	prefixByNumber = '#' // + account's number: account (derived)
	prefixUsage    = 'u' // + account: usage
	prefixSpace    = 'n' // + account: command.NamespaceState
	prefixName     = 'N' // + account, mailbox: command.AppendName
	prefixByName   = 'T' // + account, parent, token: mailbox (derived)
	prefixMailbox  = 'b' // + mailbox: command.MailboxState
	prefixKeyword  = 'w' // + mailbox, bit: token, sealed name
	prefixMessage  = 'm' // + mailbox, uid: command.AppendMessage
	prefixDeleted  = 'd' // + mailbox, uid: messages with \Deleted (derived)
	prefixTomb     = 'x' // + mailbox, slot: uid, MODSEQ
	prefixOrigin   = 'o' // + replica: origin
	prefixReply    = 'r' // + replica, block of slots: replies
	prefixBlob     = 'B' // + digest: content of a small record
	prefixRefs     = 'C' // + digest: reference count (derived)
	prefixLarge    = 'L' // + digest of a large body that messages refer to (derived)
	prefixUnused   = 'D' // + digest of a large body without references: the order that took the last
	prefixGrace    = 'Y' // + order, digest: small record that lost its last reference then
	prefixSweep    = 'z' // + mailbox: removed, to be swept

	// Trees (package digesttree), each under its own prefix.
	treeAccounts  = 'A' // index: account number
	treeMailboxes = 'M' // + account; index: mailbox
	treeNames     = 'S' // + account; index: mailbox
	treeMessages  = 'H' // + mailbox; index: uid / MessagesPerLeaf
	treeTombs     = 'X' // + mailbox; index: slot
	treeOrigins   = 'O' // index: replica
	treeReplies   = 'R' // + replica; index: block of slots
)

var (
	keyCluster = []byte{prefixMeta, 'c'}
	keyNext    = []byte{prefixMeta, 'n'}
	keyFirst   = []byte{prefixMeta, 'f'}
	keyRoot    = []byte{prefixMeta, 'r'}
	keyRootAt  = []byte{prefixMeta, 'k'} // + order of a checkpoint: root

	// present is the value of index entries: the key says it all.
	present = []byte{1}
)

func accountKey(prefix byte, a command.AccountID) []byte { return append([]byte{prefix}, a[:]...) }

func mailboxKey(prefix byte, m command.MailboxID) []byte {
	return binary.BigEndian.AppendUint32(append(make([]byte, 0, 17), prefix), uint32(m))
}

func numberKey(n uint32) []byte { return binary.BigEndian.AppendUint32([]byte{prefixByNumber}, n) }

func rootAtKey(order uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 10), keyRootAt...), order)
}

func nameKey(a command.AccountID, m command.MailboxID) []byte {
	return binary.BigEndian.AppendUint32(accountKey(prefixName, a), uint32(m))
}

func childrenKey(a command.AccountID, parent command.MailboxID) []byte {
	return binary.BigEndian.AppendUint32(accountKey(prefixByName, a), uint32(parent))
}

func byNameKey(a command.AccountID, parent command.MailboxID, t command.Token) []byte {
	return append(childrenKey(a, parent), t[:]...)
}

// uidKey is a key of a message in one of the spaces that sort by UID.
func uidKey(prefix byte, m command.MailboxID, u command.UID) []byte {
	return binary.BigEndian.AppendUint32(mailboxKey(prefix, m), uint32(u))
}

// slotKey is a key of a numbered slot of a mailbox.
func slotKey(prefix byte, m command.MailboxID, slot uint32) []byte {
	return binary.BigEndian.AppendUint32(mailboxKey(prefix, m), slot)
}

func originKey(prefix byte, r wire.ReplicaID) []byte {
	return binary.BigEndian.AppendUint16([]byte{prefix}, uint16(r))
}

func replyKey(r wire.ReplicaID, block uint32) []byte {
	return binary.BigEndian.AppendUint32(originKey(prefixReply, r), block)
}

func digestKey(prefix byte, d wire.Digest) []byte { return append([]byte{prefix}, d[:]...) }

func graceKey(order uint64, d wire.Digest) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{prefixGrace}, order), d[:]...)
}

// SmallKey returns the key under which the content of a small record lies in the store.
func SmallKey(d wire.Digest) []byte { return digestKey(prefixBlob, d) }

// lastUint32 reads the number at the end of a key.
func lastUint32(key []byte) uint32 { return binary.BigEndian.Uint32(key[len(key)-4:]) }
