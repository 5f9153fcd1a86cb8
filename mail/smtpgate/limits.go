package smtpgate

import (
	"time"

	"troxymail/mail/limit"
)

// Sizes of what a client may send, in bytes.
const (
	// commandBytes bounds a command line with its line break: RFC 5321 (4.5.3.1.4) asks for 512, extensions for
	// more (RFC 1870, 6152, 6531, 4954: some 600).
	commandBytes = 2 << 10
	// authBytes bounds an AUTH command and the lines that follow it: RFC 4954 (4.3) asks for 12288.
	authBytes = 12288 + 64
	// skippedBytes bounds what is read of a line that is too long before the connection is closed.
	skippedBytes = 64 << 10
	// readBufferBytes is the guard's own buffer.
	readBufferBytes = 2 << 10
	// flushBytes of replies are gathered before they are written, unless the guard waits for input.
	flushBytes = 4 << 10
	// writeChunkBytes must leave within Limits.WriteStall.
	writeChunkBytes = 4 << 10
	heloBytes       = 255
)

// Counts of what a client may do.
const (
	// preAuthCommands bounds the commands of a submission before login.
	preAuthCommands = 50
	// idleCommands bounds commands that bring no message on, since the last message.
	idleCommands = 100
	// transactionCommands bounds all commands but BDAT since the last message: five transactions of MaxRecipients, each
	// of which costs the cluster a question.
	transactionCommands = 500
	// refusedCommands bounds refused commands of a connection: who tries addresses ends here.
	refusedCommands = 25
	// failedLogins bounds refused passwords of a connection.
	failedLogins = 5
	// connectionMessages bounds the messages of one connection.
	connectionMessages = 1000
	// chunks bounds the BDAT commands of one message.
	chunks = 100_000
)

// smallText is up to which size a message may use the whole budget for messages, in bytes: larger ones leave a
// quarter of it alone, so that a few of them that are sent slowly do not keep everybody's mail out.
const smallText = 1 << 20

// memoryFactor is how much memory a message's text takes while it is received and delivered: itself, composed,
// and sealed.
const memoryFactor = 3

// Limits are times and sizes an operator may change. Zero fields mean DefaultLimits.
type Limits struct {
	Handshake  time.Duration // a TLS handshake
	PreAuth    time.Duration // from accept to login in submission, in total
	FirstRcpt  time.Duration // from accept to the first recipient in intake, in total
	Idle       time.Duration // waiting for a command
	ReadStall  time.Duration // since the last byte, inside a line or a message
	Line       time.Duration // a line from its first byte to its last
	Message    time.Duration // a message's text from its first byte to its last, over all its chunks
	WriteStall time.Duration // for each writeChunkBytes
	GreetPause time.Duration // how long an intake client must be silent before it is greeted
	Command    time.Duration // what MAIL or RCPT may ask of the cluster: 451 then
	Delivery   time.Duration // from the end of a message to its reply, and a second more for each MiB: 451 then
	// MessageBytes is the largest message (SIZE).
	MessageBytes int64
	// InFlight bounds the memory of all messages that are received or delivered in one mode, in bytes.
	InFlight int64
	Caps     limit.Caps // used when Options.Conns is nil
}

// DefaultLimits: RFC 5321 (4.5.3.2.7) wants servers to wait at least 5 minutes for a command.
func DefaultLimits() Limits {
	return Limits{
		Handshake:    10 * time.Second,
		PreAuth:      60 * time.Second,
		FirstRcpt:    15 * time.Minute,
		Idle:         5 * time.Minute,
		ReadStall:    3 * time.Minute,
		Line:         5 * time.Minute,
		Message:      time.Hour,
		WriteStall:   60 * time.Second,
		GreetPause:   200 * time.Millisecond,
		Command:      12 * time.Second,
		Delivery:     60 * time.Second,
		MessageBytes: 50 << 20,
		InFlight:     256 << 20, // room for one of the largest besides small ones
		Caps:         limit.DefaultCaps(),
	}
}

// orDefaults fills the zero fields.
func (l Limits) orDefaults() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ have, def *time.Duration }{
		{&l.Handshake, &d.Handshake},
		{&l.PreAuth, &d.PreAuth},
		{&l.FirstRcpt, &d.FirstRcpt},
		{&l.Idle, &d.Idle},
		{&l.ReadStall, &d.ReadStall},
		{&l.Line, &d.Line},
		{&l.Message, &d.Message},
		{&l.WriteStall, &d.WriteStall},
		{&l.GreetPause, &d.GreetPause},
		{&l.Command, &d.Command},
		{&l.Delivery, &d.Delivery},
	} {
		if *f.have <= 0 {
			*f.have = *f.def
		}
	}
	if l.MessageBytes <= 0 {
		l.MessageBytes = d.MessageBytes
	}
	if l.InFlight <= 0 {
		l.InFlight = d.InFlight
	}
	return l
}
