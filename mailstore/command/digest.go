package command

import (
	"crypto/sha256"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
	"troxymail/mailstore/digesttree/verify"
)

// The digests that results name for keys (wire.KeyDigest), as functions of contents: what an enclave
// recomputes over what its host shows it. Each begins with its own tag. Every record contains Changed,
// the order of the last change, so that equal digests mean equal versions.

// Tags of the digests; none is a prefix of another's input, because the tag's length comes first.
const (
	tagAccount   = "troxymail/account/v1"
	tagNamespace = "troxymail/namespace/v1"
	tagName      = "troxymail/name/v1"
	tagMailbox   = "troxymail/mailbox/v2"
	tagMessages  = "troxymail/messages/v1"
	tagKeyword   = "troxymail/keyword/v1"
	tagExpunged  = "troxymail/expunged/v1"
	tagExpunges  = "troxymail/expunges/v1"
)

// tagged returns SHA-256 over the tag behind its length, then the parts as they are.
func tagged(tag string, parts ...[]byte) wire.Digest {
	s := sha256.New()
	s.Write([]byte{byte(len(tag))})
	s.Write([]byte(tag))
	for _, p := range parts {
		s.Write(p)
	}
	return wire.Digest(s.Sum(nil))
}

// AccountState is what an AccountKey's digest covers: the epoch of an account, not its use of the quota.
type AccountState struct {
	Account    AccountID
	Number     uint32 // place in the tree of accounts, never reused
	Version    uint64
	Enabled    bool
	Sealed     []byte
	WrappedKey []byte
	Verifiers  []byte
	QuotaBytes uint64
	Changed    uint64 // order of the last change
}

// Append appends s as it is stored and digested.
func (s *AccountState) Append(dst []byte) []byte {
	dst = canon.AppendFixed(canon.AppendUint8(dst, Version), s.Account[:])
	dst = canon.AppendUint32(dst, s.Number)
	dst = canon.AppendUint64(dst, s.Version)
	dst = canon.AppendBool(dst, s.Enabled)
	dst = canon.AppendBytes(dst, s.Sealed)
	dst = canon.AppendBytes(dst, s.WrappedKey)
	dst = canon.AppendBytes(dst, s.Verifiers)
	dst = canon.AppendUint64(dst, s.QuotaBytes)
	return canon.AppendUint64(dst, s.Changed)
}

// DecodeAccountState decodes one; it aliases b. Errors wrap ErrInvalid.
func DecodeAccountState(b []byte) (AccountState, error) {
	return decodePayload("account state", b, func(r *canon.Reader) AccountState {
		return AccountState{
			Account: r.Copy16(), Number: r.Uint32(), Version: r.Uint64(), Enabled: r.Bool(),
			Sealed: readBytes(r, MaxSealedAddress), WrappedKey: readBytes(r, MaxWrappedKey),
			Verifiers: readBytes(r, MaxSealedVerifiers), QuotaBytes: r.Uint64(), Changed: r.Uint64(),
		}
	})
}

// Digest is the digest of the AccountKey.
func (s *AccountState) Digest() wire.Digest { return tagged(tagAccount, s.Append(nil)) }

// NamespaceState is, with the tree over the names (index: mailbox id, leaf: NameDigest), what a
// NamespaceKey's digest covers.
type NamespaceState struct {
	Account AccountID
	Version uint64
	Inbox   MailboxID
	Count   uint32 // names, placeholders included
	Bytes   uint32 // their encoded size, at most MaxNamespaceBytes
	Names   wire.Digest
	Changed uint64
}

// Append appends s as it is stored and digested.
func (s *NamespaceState) Append(dst []byte) []byte {
	dst = canon.AppendFixed(canon.AppendUint8(dst, Version), s.Account[:])
	dst = canon.AppendUint64(dst, s.Version)
	dst = canon.AppendUint32(dst, uint32(s.Inbox))
	dst = canon.AppendUint32(dst, s.Count)
	dst = canon.AppendUint32(dst, s.Bytes)
	dst = canon.AppendFixed(dst, s.Names[:])
	return canon.AppendUint64(dst, s.Changed)
}

// DecodeNamespaceState decodes one. Errors wrap ErrInvalid.
func DecodeNamespaceState(b []byte) (NamespaceState, error) {
	return decodePayload("namespace state", b, func(r *canon.Reader) NamespaceState {
		return NamespaceState{
			Account: r.Copy16(), Version: r.Uint64(), Inbox: MailboxID(r.Uint32()), Count: r.Uint32(),
			Bytes: r.Uint32(), Names: r.Copy32(), Changed: r.Uint64(),
		}
	})
}

// Digest is the digest of the NamespaceKey.
func (s *NamespaceState) Digest() wire.Digest { return tagged(tagNamespace, s.Append(nil)) }

// AppendName appends the part of m that belongs to the namespace: all but its counters.
func AppendName(dst []byte, m *Mailbox) []byte {
	n := *m
	n.Counters = Counters{}
	return appendMailbox(canon.AppendUint8(dst, Version), &n)
}

// DecodeName decodes what AppendName wrote; it aliases b. Errors wrap ErrInvalid.
func DecodeName(b []byte) (Mailbox, error) { return decodePayload("name", b, readMailbox) }

// NameDigest is a name's leaf in the tree of its namespace.
func NameDigest(a AccountID, m *Mailbox) wire.Digest {
	return tagged(tagName, a[:], AppendName(nil, m))
}

// MailboxState is, with the trees and table that it names, what a MailboxKey's digest covers.
type MailboxState struct {
	ID       MailboxID
	Account  AccountID
	Counters Counters
	Keywords uint8       // entries of the keyword table
	Table    wire.Digest // chain of KeywordDigest over the table; zero when it is empty
	Messages wire.Digest // root over blocks of MessagesPerLeaf UIDs (leaf: MessagesDigest, MessagesTally)
	Removed  uint64      // messages ever expunged: the n-th is in slot n mod ExpungeHorizon
	Expunges wire.Digest // chain of ExpungesDigest over all of them, in order; zero before the first
	Tombs    wire.Digest // root over those slots (leaf: ExpungedDigest)
	Forgot   uint64      // MODSEQ of the last expunge that fell out of the horizon
	Changed  uint64      // order of the last change
}

// Append appends s as it is stored and digested.
func (s *MailboxState) Append(dst []byte) []byte {
	dst = canon.AppendUint32(canon.AppendUint8(dst, Version), uint32(s.ID))
	dst = canon.AppendFixed(dst, s.Account[:])
	dst = AppendCounters(dst, s.Counters)
	dst = canon.AppendUint8(dst, s.Keywords)
	dst = canon.AppendFixed(dst, s.Table[:])
	dst = canon.AppendFixed(dst, s.Messages[:])
	dst = canon.AppendUint64(dst, s.Removed)
	dst = canon.AppendFixed(dst, s.Expunges[:])
	dst = canon.AppendFixed(dst, s.Tombs[:])
	dst = canon.AppendUint64(dst, s.Forgot)
	return canon.AppendUint64(dst, s.Changed)
}

// DecodeMailboxState decodes one. Errors wrap ErrInvalid.
func DecodeMailboxState(b []byte) (MailboxState, error) {
	return decodePayload("mailbox state", b, readMailboxState)
}

// readMailboxState reads a state behind the format version; errors stay in r.
func readMailboxState(r *canon.Reader) MailboxState {
	s := MailboxState{
		ID: MailboxID(r.Uint32()), Account: r.Copy16(), Counters: ReadCounters(r),
		Keywords: r.Uint8(), Table: r.Copy32(), Messages: r.Copy32(), Removed: r.Uint64(),
		Expunges: r.Copy32(), Tombs: r.Copy32(), Forgot: r.Uint64(), Changed: r.Uint64(),
	}
	if s.Keywords > MaxKeywords {
		r.Fail(errField)
	}
	return s
}

// Digest is the digest of the MailboxKey.
func (s *MailboxState) Digest() wire.Digest { return tagged(tagMailbox, s.Append(nil)) }

// MessagesPerLeaf is how many consecutive UIDs share a leaf of the message tree: UID u is in leaf
// u / MessagesPerLeaf.
const MessagesPerLeaf = 16

// MessagesDigest is the leaf over the messages (in order of UID) of one block; zero without messages.
func MessagesDigest(m MailboxID, messages []Message) wire.Digest {
	if len(messages) == 0 {
		return wire.Digest{}
	}
	b := make([]byte, 0, len(messages)*MessageBytes)
	for i := range messages {
		b = AppendMessage(b, &messages[i])
	}
	return recordsDigest(m, b)
}

// recordsDigest is MessagesDigest of messages that are encoded, one behind the other.
func recordsDigest(m MailboxID, records []byte) wire.Digest {
	return tagged(tagMessages, canon.AppendUint32(nil, uint32(m)), records)
}

// MessagesTally is what the messages of one block amount to, beside their digest.
func MessagesTally(messages []Message) (t verify.Tally) {
	for i := range messages {
		t.Messages++
		if messages[i].Flags&FlagSeen == 0 {
			t.Unseen++
		}
		t.ModSeq = max(t.ModSeq, messages[i].ModSeq)
	}
	return t
}

// KeywordDigest extends the digest of a keyword table by its next entry.
func KeywordDigest(table wire.Digest, def KeywordDef) wire.Digest {
	return tagged(tagKeyword, table[:], def.Token[:], def.Sealed)
}

// ExpungedDigest is the leaf of one remembered expunge.
func ExpungedDigest(uid UID, modSeq uint64) wire.Digest {
	return tagged(tagExpunged, canon.AppendUint64(canon.AppendUint32(nil, uint32(uid)), modSeq))
}

// ExpungesDigest extends the digest of all expunges of a mailbox by the next one: whoever knows an earlier digest
// checks by it that a list of later expunges is complete.
func ExpungesDigest(before wire.Digest, uid UID, modSeq uint64) wire.Digest {
	e := ExpungedDigest(uid, modSeq)
	return tagged(tagExpunges, before[:], e[:])
}

// ClusterState is what the ClusterKey's digest covers: that the list of accounts changed, and when.
type ClusterState struct {
	Accounts    uint32 // accounts that exist
	NextAccount uint32 // number of the next account
	Changed     uint64
}

// Append appends s as it is stored and digested.
func (s *ClusterState) Append(dst []byte) []byte {
	dst = canon.AppendUint32(canon.AppendUint8(dst, Version), s.Accounts)
	return canon.AppendUint64(canon.AppendUint32(dst, s.NextAccount), s.Changed)
}

// DecodeClusterState decodes one. Errors wrap ErrInvalid.
func DecodeClusterState(b []byte) (ClusterState, error) {
	return decodePayload("cluster state", b, func(r *canon.Reader) ClusterState {
		return ClusterState{Accounts: r.Uint32(), NextAccount: r.Uint32(), Changed: r.Uint64()}
	})
}

// Digest is the digest of the ClusterKey.
func (s *ClusterState) Digest() wire.Digest { return tagged("troxymail/cluster/v1", s.Append(nil)) }
