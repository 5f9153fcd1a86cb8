package command

import "troxymail/bftcore/wire"

// Message is what the state knows of one message: no content, only the digests of its sealed records.
type Message struct {
	UID      UID
	ModSeq   uint64
	Flags    Flags
	Keywords uint64 // one bit per entry of the mailbox's keyword table
	Size     uint32 // RFC822.SIZE, bytes
	Summary  wire.Digest
	Body     wire.Digest
	BodySize uint32 // bytes of the sealed body
}

// Append stores one message. Summary travels inline. The sealed body travels inline up to
// wire.InlineBodyBytes; a larger one is named by digest, was confirmed stored by f+1 enclaves before,
// and is listed in the request's Bodies.
type Append struct {
	Account          AccountID
	Mailbox          MailboxID
	NamespaceVersion uint64 // 0: not resolved from a name
	Flags            Flags
	Keywords         []KeywordDef
	Size             uint32
	Summary          []byte
	Body             []byte      // inline, or empty
	BodyDigest       wire.Digest // of the sealed body, inline or not
	BodySize         uint32
}

// Appended is the payload of Append.
type Appended struct {
	UID    UID
	ModSeq uint64
}

// Copy copies messages to another mailbox (or the same) and, when Move is set, expunges them from the
// source in the same step (RFC 6851). UIDs that do not exist are passed over.
type Copy struct {
	Account          AccountID
	Source           MailboxID
	Target           MailboxID
	NamespaceVersion uint64
	UIDs             []UIDRange
	Move             bool
}

// Copied is the payload of Copy: the copied messages' UIDs, the n-th of Source becoming the n-th of
// Target (RFC 4315 COPYUID). Both are empty when no named message exists.
type Copied struct {
	Source []UIDRange
	Target []UIDRange
}

// StoreMode says what Store does with the flags that it names.
type StoreMode uint8

// The modes of Store (RFC 3501, 6.4.6).
const (
	StoreReplace StoreMode = iota
	StoreAdd
	StoreRemove
)

// Store changes flags of messages. A message whose MODSEQ is above UnchangedSince is left alone and
// reported (RFC 7162); UnchangedSince math.MaxUint64 means no condition. Messages that would not change
// keep their MODSEQ.
type Store struct {
	Account        AccountID
	Mailbox        MailboxID
	UIDs           []UIDRange
	Mode           StoreMode
	Flags          Flags
	Keywords       []KeywordDef
	UnchangedSince uint64
}

// Stored is the payload of Store.
type Stored struct {
	ModSeq   uint64     // of the changed messages; the mailbox's highest afterwards
	Modified []UIDRange // left alone because of UnchangedSince
}

// Expunge removes messages that have \Deleted: all, or those among UIDs (RFC 4315).
type Expunge struct {
	Account AccountID
	Mailbox MailboxID
	All     bool
	UIDs    []UIDRange
}

// Expunged is the payload of Expunge.
type Expunged struct {
	UIDs   []UIDRange
	ModSeq uint64 // of the removal; the mailbox's highest afterwards
	More   bool   // MaxAffected were removed and others remain: ask again
}
