package smtpgate

import (
	"errors"
	"fmt"

	"github.com/emersion/go-smtp"

	"troxymail/mail/delivery"
)

// reply is one reply of a single line, as RFC 5321 and RFC 3463 write it.
type reply struct {
	code     int
	enhanced string // empty: none, as in 220 and 354
	text     string
}

func (r *reply) line() string {
	if r.enhanced == "" {
		return fmt.Sprintf("%d %s\r\n", r.code, r.text)
	}
	return fmt.Sprintf("%d %s %s\r\n", r.code, r.enhanced, r.text)
}

// err returns the reply as go-smtp takes it: never a plain error, whose text it would show.
func (r *reply) err() error {
	e := &smtp.SMTPError{Code: r.code, Message: r.text}
	if _, err := fmt.Sscanf(r.enhanced, "%d.%d.%d", &e.EnhancedCode[0], &e.EnhancedCode[1], &e.EnhancedCode[2]); err != nil {
		e.EnhancedCode = smtp.NoEnhancedCode
	}
	return e
}

// What clients hear. Texts say what to do next where there is something to do.
var (
	replyUnknown     = &reply{500, "5.5.2", "Command unknown"}
	replyNotHere     = &reply{502, "5.5.1", "Command not implemented"}
	replyNoCRLF      = &reply{500, "5.5.2", "Lines must end in CR LF, with no CR, LF or NUL elsewhere"}
	replyTooLong     = &reply{500, "5.5.6", "Line too long"}
	replyArgument    = &reply{501, "5.5.4", "Syntax error in the arguments"}
	replyParameter   = &reply{555, "5.5.4", "Parameter unknown or not implemented"}
	replyHelo        = &reply{501, "5.5.4", "A name or an address literal is needed"}
	replyPath        = &reply{501, "5.1.3", "Syntax error in the address; write <local@domain>"}
	replyReversePath = &reply{501, "5.1.7", "Syntax error in the address; write <local@domain> or <>"}
	replyUTF8        = &reply{553, "5.6.7", "The address needs the parameter SMTPUTF8 of MAIL"}
	replyNoHelo      = &reply{503, "5.5.1", "Send EHLO first"}
	replySequence    = &reply{503, "5.5.1", "Bad sequence of commands"}
	replyNested      = &reply{503, "5.5.1", "A transaction is open; end it or send RSET first"}
	replyNoMail      = &reply{503, "5.5.1", "Send MAIL first"}
	replyNoRcpt      = &reply{503, "5.5.1", "Send RCPT first; no recipient was accepted"}
	replyNeedTLS     = &reply{530, "5.7.0", "Send STARTTLS first"}
	replyNeedAuth    = &reply{530, "5.7.0", "Authentication required"}
	replyAuthTLS     = &reply{538, "5.7.11", "Send STARTTLS first; passwords need encryption"}
	replyAuthed      = &reply{503, "5.5.1", "Already authenticated"}
	replyMechanism   = &reply{504, "5.5.4", "That mechanism is not offered"}
	replyBase64      = &reply{501, "5.5.2", "Not valid base64"}
	replyNoTLS       = &reply{502, "5.5.1", "TLS is not offered here"}
	replyTLSAlready  = &reply{503, "5.5.1", "TLS runs already"}
	replyGoTLS       = &reply{220, "2.0.0", "Ready to start TLS"}
	replyEarlyTLS    = &reply{554, "5.5.1", "Nothing may follow STARTTLS before its reply"}
	replyEarly       = &reply{554, "5.5.1", "You talked before the greeting"}
	replyForeign     = &reply{421, "4.7.0", "This is SMTP; closing the connection"}
	replyMany        = &reply{421, "4.7.0", "Too many connections, try again later"}
	replyBusy        = &reply{421, "4.3.2", "The server is closing; connect to another"}
	replyIdle        = &reply{421, "4.4.2", "Timeout, closing the connection"}
	replyErrors      = &reply{421, "4.7.0", "Too many errors, closing the connection"}
	replyCommands    = &reply{421, "4.7.0", "Too many commands, closing the connection"}
	replyFailed      = &reply{421, "4.7.0", "Too many failed logins, closing the connection"}
	replyCrashed     = &reply{421, "4.3.0", "Internal error, closing the connection"}
	replyChunk       = &reply{501, "5.5.4", "Syntax error in BDAT, closing the connection"}
	replyChunkSize   = &reply{552, "5.3.4", "Chunk larger than any message, closing the connection"}

	replyOK       = &reply{250, "2.0.0", "OK"}
	replyMail     = &reply{250, "2.1.0", "Sender OK"}
	replyRcpt     = &reply{250, "2.1.5", "Recipient OK"}
	replyContinue = &reply{250, "2.0.0", "Chunk taken"}
	replyGoAhead  = &reply{354, "", "Go ahead; end with a line that has a dot alone"}
	replyVrfy     = &reply{252, "2.5.0", "Send mail to find out"}
	replyHelp     = &reply{214, "2.0.0", "See RFC 5321"}
	replyBye      = &reply{221, "2.0.0", "Bye"}

	replyBareEnds  = &reply{550, "5.6.11", "The message has a CR or LF by itself; send CR LF at line ends"}
	replyNUL       = &reply{550, "5.6.0", "The message has a NUL byte; encode it (base64)"}
	replyEmpty     = &reply{554, "5.6.0", "The message is empty"}
	replyTooBig    = &reply{552, "5.3.4", "Message larger than this server takes"}
	replyMemory    = &reply{451, "4.3.1", "Too many messages at once; try again later"}
	replyLoop      = &reply{554, "5.4.6", "Too many Received fields: the message goes around in a circle"}
	replyFrom      = &reply{550, "5.7.1", "The message needs one From field with your own address"}
	replyNotYours  = &reply{550, "5.7.1", "Send with the address of your own account"}
	replyEnded     = &reply{535, "5.7.8", "The account was changed, disabled or removed; log in again"}
	replyUser      = &reply{550, "5.1.1", "No such address here"}
	replyRelay     = &reply{550, "5.7.1", "Relaying refused: the address is of another domain"}
	replyNoQueue   = &reply{550, "5.7.1", "This server cannot send mail to other domains yet"}
	replyDisabled  = &reply{550, "5.2.1", "The account is disabled"}
	replyQuota     = &reply{452, "4.2.2", "The account is over its quota; try again later"}
	replyOverQuota = &reply{552, "5.2.2", "The message is larger than the account may hold"}
	replyFull      = &reply{452, "4.2.0", "The mailbox is full"}
	replyChanged   = &reply{451, "4.2.1", "The account was just changed; try again"}
	replyNoQuorum  = &reply{451, "4.3.0", "Not enough replicas answer; try again later"}
	replyInternal  = &reply{451, "4.3.0", "Internal error; try again later"}
	replyManyRcpts = &reply{452, "4.5.3", "Too many recipients; send the rest in another transaction"}
	replyMessages  = &reply{421, "4.7.0", "Too many messages on one connection; connect again"}

	replyWrong      = &reply{535, "5.7.8", "Wrong address or password"}
	replyMalformed  = &reply{501, "5.5.2", "Malformed response"}
	replyAsYourself = &reply{535, "5.7.8", "You can log in only as yourself"}
	replyNoBinding  = &reply{535, "5.7.8", "Channel binding is not offered"}
	replySuspended  = &reply{535, "5.7.13", "The account is disabled; ask your administrator"}
	replyLater      = &reply{454, "4.7.0", "Cannot check the password now; try again later"}
)

// deliveryReplies is the one table from outcomes of deliveries to what a client hears.
var deliveryReplies = []struct {
	err   error
	reply *reply
}{
	{delivery.ErrUnknown, replyUser},
	{delivery.ErrElsewhere, replyRelay},
	{delivery.ErrDisabled, replyDisabled},
	{delivery.ErrOverQuota, replyQuota},
	{delivery.ErrTooLarge, replyOverQuota},
	{delivery.ErrLimit, replyFull},
	{delivery.ErrChanged, replyChanged},
	{delivery.ErrUnavailable, replyNoQuorum},
	{delivery.ErrLoop, replyLoop},
	{delivery.ErrFrom, replyFrom},
}

// deliveryReply returns what a client hears of an error of package delivery.
func deliveryReply(err error) *reply {
	for _, r := range deliveryReplies {
		if errors.Is(err, r.err) {
			return r.reply
		}
	}
	return replyInternal
}
