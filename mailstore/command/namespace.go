package command

// NewMailbox is a mailbox to create. Parent is an existing mailbox or 0; when ParentIndex is not 0, the
// parent is instead the mailbox created by entry ParentIndex-1 of the same command (it comes earlier).
type NewMailbox struct {
	Parent      MailboxID
	ParentIndex uint32
	Token       Token // of the name component under that parent
	Sealed      []byte
	Use         SpecialUse
	Subscribed  bool
	Inbox       bool // the account's INBOX: exactly one, at AccountCreate only
}

// MailboxCreate creates a mailbox and those of its parents that are missing, parents first. A
// placeholder of the same parent and token becomes a mailbox again (a new one, with a new id: the
// placeholder's children are kept under the new id).
type MailboxCreate struct {
	Account          AccountID
	NamespaceVersion uint64
	Mailboxes        []NewMailbox
}

// MailboxDelete deletes a mailbox and its messages. With children, or while subscribed, a placeholder
// (not selectable) keeps its name. INBOX: StatusNotAllowed.
type MailboxDelete struct {
	Account          AccountID
	NamespaceVersion uint64
	Mailbox          MailboxID
}

// MailboxRename moves a mailbox, children and all, under another parent and name. Missing parents of the
// new name are created first (Create, with the last entry's parent semantics). Parent and ParentIndex as
// in NewMailbox, over Create. Ids, messages and UIDVALIDITY stay. Into itself: StatusNotAllowed. INBOX:
// its messages move to a new mailbox of that name and INBOX stays, empty (RFC 3501, 6.3.5).
type MailboxRename struct {
	Account          AccountID
	NamespaceVersion uint64
	Mailbox          MailboxID
	Create           []NewMailbox
	Parent           MailboxID
	ParentIndex      uint32
	Token            Token
	Sealed           []byte
}

// MailboxSubscribe sets or clears a mailbox's subscription. Clearing it removes a placeholder that
// nothing else keeps.
type MailboxSubscribe struct {
	Account          AccountID
	NamespaceVersion uint64
	Mailbox          MailboxID
	Subscribed       bool
}

// NamespaceChange is the payload of AccountCreate, MailboxCreate, MailboxDelete, MailboxRename and
// MailboxSubscribe: the namespace version afterwards and the ids of the created mailboxes, in the order of
// the command's list (for a rename of INBOX, the new mailbox that took its messages comes last).
type NamespaceChange struct {
	Version uint64
	Created []MailboxID
}

// NamespaceRead reads all mailboxes of an account with their counters. Read-only.
type NamespaceRead struct{ Account AccountID }

// Namespace is the payload of NamespaceRead, mailboxes in order of id.
type Namespace struct {
	Version   uint64
	Mailboxes []Mailbox
}

// Mailbox describes one mailbox.
type Mailbox struct {
	ID          MailboxID
	Parent      MailboxID
	Token       Token
	Sealed      []byte
	Use         SpecialUse
	Subscribed  bool
	Inbox       bool
	Placeholder bool // cannot be selected: it only keeps a name for children or a subscription
	Counters    Counters
}

// Counters are a mailbox's figures for STATUS and SELECT.
type Counters struct {
	Messages      uint32
	Unseen        uint32 // without \Seen
	Deleted       uint32 // with \Deleted
	Size          uint64 // sum of message sizes, bytes
	UIDNext       UID
	HighestModSeq uint64 // >= 1
}
