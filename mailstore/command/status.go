package command

import "troxymail/bftcore/wire"

// The outcomes of commands. Numbers are fixed for ever: they are voted on.
const (
	StatusOK               wire.Status = 0
	StatusInvalid          wire.Status = 1  // not decodable or out of its limits: changed nothing
	StatusNoAccount        wire.Status = 2  // no such account
	StatusAccountExists    wire.Status = 3  // that account exists already
	StatusAccountChanged   wire.Status = 4  // the account's version is another than the command's
	StatusDisabled         wire.Status = 5  // the account is disabled
	StatusNoMailbox        wire.Status = 6  // no such mailbox, or one that cannot hold messages
	StatusMailboxExists    wire.Status = 7  // that name is taken
	StatusNamespaceChanged wire.Status = 8  // the namespace version is another: resolve anew
	StatusOverQuota        wire.Status = 9  // the account's quota does not allow it
	StatusLimit            wire.Status = 10 // a limit of the state: mailboxes, keywords, messages, UIDs
	StatusNotAllowed       wire.Status = 11 // INBOX cannot be deleted, a mailbox cannot move into itself, ...
	StatusDuplicate        wire.Status = 12 // executed before (result not kept) or before the window: not again
	StatusFenced           wire.Status = 13 // the request is of a former incarnation (FENCE): not executed
)
