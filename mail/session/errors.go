package session

import (
	"errors"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// Response codes that package imap has no name for.
const (
	codeExpungeIssued imap.ResponseCode = "EXPUNGEISSUED" // RFC 5530
	codeUseAttr       imap.ResponseCode = "USEATTR"       // RFC 6154
)

func no(code imap.ResponseCode, text string) *imap.Error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: text}
}

func bad(text string) *imap.Error {
	return &imap.Error{Type: imap.StatusResponseTypeBad, Text: text}
}

func bye(text string) *imap.Error {
	return &imap.Error{Type: imap.StatusResponseTypeBye, Text: text}
}

// What clients hear. Texts say what to do next where there is something to do.
var (
	errAuthFailed   = no(imap.ResponseCodeAuthenticationFailed, "Wrong address or password")
	errDisabled     = no(imap.ResponseCodeAuthorizationFailed, "The account is disabled; ask your administrator")
	errBusyLogin    = no(imap.ResponseCodeUnavailable, "Too many logins at once; try again in a moment")
	errSessions     = no(imap.ResponseCodeLimit, "Too many connections of this account; close one")
	errNoQuorum     = no(imap.ResponseCodeUnavailable, "Not enough replicas answer; try again later")
	errUnknown      = no(imap.ResponseCodeUnavailable, "Not enough replicas answer; it is unknown whether this was done")
	errInternal     = no(imap.ResponseCodeServerBug, "Internal error")
	errDamaged      = no(imap.ResponseCodeCorruption, "A stored record does not open; tell your administrator")
	errNoMailbox    = no(imap.ResponseCodeNonExistent, "No such mailbox")
	errTryCreate    = no(imap.ResponseCodeTryCreate, "No such mailbox; create it first")
	errMailboxGone  = no(imap.ResponseCodeNonExistent, "The selected mailbox was deleted; select another")
	errExists       = no(imap.ResponseCodeAlreadyExists, "A mailbox of that name exists already")
	errHasChildren  = no(imap.ResponseCodeHasChildren, "It has mailboxes below it; delete them first")
	errRaced        = no(imap.ResponseCodeInUse, "Other sessions change the mailboxes at the same time; try again")
	errReadOnly     = no(imap.ResponseCodeNoPerm, "The mailbox is open read-only")
	errNotSelected  = bad("No mailbox is selected")
	errAbsent       = no(imap.ResponseCodeUnavailable, "Some messages cannot be had here just now; try again later")
	errGoneMessages = no(codeExpungeIssued, "Some of the messages are gone")
	errTooBig       = no(imap.ResponseCodeTooBig, "The message is larger than this server takes")
	errEmpty        = no(imap.ResponseCodeCannot, "An empty message cannot be stored")
	errCut          = bad("The message ended before its announced size; nothing was stored")
	errNUL          = no(imap.ResponseCodeCannot, "Messages with NUL bytes cannot be stored; encode them (base64)")
	errBadSet       = bad("No message has one of these numbers")
	errTooMany      = no(imap.ResponseCodeLimit, "Too many messages for one command; name fewer")
	errAccountEnded = bye("The account was changed, disabled or removed; log in again")
	errTooMuchGone  = bye("More messages were expunged than can be told; connect again")
	errUnanswered   = bye("The outcome of an earlier change is still unknown; connect again")
	errClosed       = bye("The session is closed")
)

// refusals is the one table from outcomes of the cluster to what a client hears. StatusNamespaceChanged
// is tried anew before it gets here.
var refusals = map[wire.Status]*imap.Error{
	command.StatusInvalid:          errInternal,
	command.StatusNoAccount:        errAccountEnded,
	command.StatusAccountExists:    errInternal,
	command.StatusAccountChanged:   errRaced,
	command.StatusDisabled:         errAccountEnded,
	command.StatusNoMailbox:        errNoMailbox,
	command.StatusMailboxExists:    errExists,
	command.StatusNamespaceChanged: errRaced,
	command.StatusOverQuota:        no(imap.ResponseCodeOverQuota, "The quota is used up; delete messages first"),
	command.StatusLimit:            no(imap.ResponseCodeLimit, "A limit of mailboxes, keywords or messages is reached"),
	command.StatusNotAllowed:       no(imap.ResponseCodeCannot, "This cannot be done with that mailbox"),
	command.StatusDuplicate:        errUnknown,
	command.StatusFenced:           errUnknown,
}

// refusal returns what a client hears of a status, nil for StatusOK.
func refusal(s wire.Status) error {
	if s == command.StatusOK {
		return nil
	}
	if e, ok := refusals[s]; ok {
		return e
	}
	return errInternal
}

// isImap reports whether err is meant for the client already.
func isImap(err error) bool {
	var e *imap.Error
	return errors.As(err, &e)
}
