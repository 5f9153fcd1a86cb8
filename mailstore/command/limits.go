package command

// Limits of the state, each enforced by the state machine and, where a client can reach it, earlier.
const (
	// MaxMailboxes bounds the mailboxes of one account, placeholders included.
	MaxMailboxes = 2000
	// MaxNamespaceBytes bounds the encoded mailboxes of one account together (StatusLimit beyond), so
	// that a Namespace fits one result.
	MaxNamespaceBytes = 896 << 10
	// MaxDepth bounds the components of a mailbox name.
	MaxDepth = 32
	// MaxNewMailboxes bounds the mailboxes that one command creates: a name's missing parents, or the
	// first mailboxes of an account.
	MaxNewMailboxes = MaxDepth
	// MaxKeywords bounds the distinct keywords of one mailbox: one bit each in Message.Keywords.
	MaxKeywords = 64
	// MaxMessages bounds the messages of one mailbox.
	MaxMessages = 10_000_000
	// MaxRanges bounds the UID ranges in one command.
	MaxRanges = 16_384
	// MaxSealedName bounds a sealed mailbox name component or keyword, in bytes.
	MaxSealedName = 1024
	// MaxSealedAddress bounds a sealed address, in bytes.
	MaxSealedAddress = 1024
	// MaxWrappedKey bounds a wrapped account key, in bytes.
	MaxWrappedKey = 512
	// MaxSealedVerifiers bounds an account's sealed password verifiers, in bytes.
	MaxSealedVerifiers = 16 << 10
	// MaxSealedSummary bounds a sealed message summary, in bytes.
	MaxSealedSummary = 64 << 10
	// MaxReadMessages bounds the messages in one MailboxRead result.
	MaxReadMessages = 8192
	// MaxPartsBytes bounds the nodes and blocks in one MailboxRead result together, in bytes: with the expunges and
	// the keywords they fit one result.
	MaxPartsBytes = 832 << 10
	// MaxAffected bounds the messages that one Copy or Store names (StatusLimit beyond), that one Expunge
	// removes (Expunged.More says that others remain), and so the ranges in a payload.
	MaxAffected = 65_536
	// MaxAccountPage bounds the accounts in one AccountPage.
	MaxAccountPage = 256
	// MaxPing bounds the data of a Ping, in bytes.
	MaxPing = 64 << 10
	// MaxUID is the highest UID given to a message; 2^32-1 stays free as the end of ranges.
	MaxUID = 1<<32 - 2
	// MaxModSeq is the highest MODSEQ (RFC 7162, 3.1: 63 bits).
	MaxModSeq = 1<<63 - 2
	// ExpungeHorizon is how many expunged UIDs a mailbox remembers with their MODSEQ. A reader that asks
	// from before the oldest of them is told to read the mailbox anew.
	ExpungeHorizon = 10_000
	// DefaultQuotaBytes is the quota of an account that was created without one.
	DefaultQuotaBytes = 10 << 30
)
