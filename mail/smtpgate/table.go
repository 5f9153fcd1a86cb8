package smtpgate

import "strings"

// state is where a connection is between two commands.
type state struct {
	mode     Mode
	tls      bool // it runs
	offerTLS bool // it could
	plainOK  bool // passwords may be sent without it
	hello    bool // HELO or EHLO was answered
	extended bool // it was EHLO
	authed   bool
	mail     bool // a transaction is open
	rcpts    int  // its accepted recipients
	chunked  bool // BDAT has begun its text
}

// rule is what the guard knows of a command.
type rule struct {
	// refuse returns why the command must not come now; nil: it may.
	refuse func(s *state) *reply
	// idle says that the command brings no message on.
	idle bool
	// bare says that the command has no argument.
	bare bool
}

func always(*state) *reply { return nil }

// commands is the state table: every command that a client may send.
var commands = map[string]rule{
	"HELO": {refuse: always, idle: true},
	"EHLO": {refuse: always, idle: true},
	"NOOP": {refuse: always, idle: true},
	"RSET": {refuse: always, idle: true, bare: true},
	"QUIT": {refuse: always, bare: true},
	"HELP": {refuse: always, idle: true},
	"VRFY": {refuse: always, idle: true},
	"EXPN": {refuse: func(*state) *reply { return replyNotHere }, idle: true},
	"TURN": {refuse: func(*state) *reply { return replyNotHere }, idle: true},
	"STARTTLS": {refuse: func(s *state) *reply {
		switch {
		case s.tls:
			return replyTLSAlready
		case !s.offerTLS:
			return replyNoTLS
		case s.mail:
			return replySequence
		}
		return nil
	}, idle: true, bare: true},
	"AUTH": {refuse: func(s *state) *reply {
		switch {
		case s.mode != Submission:
			return replyNotHere
		case !s.extended:
			return replyNoHelo
		case s.authed:
			return replyAuthed
		case s.mail:
			return replySequence
		case !s.tls && !s.plainOK:
			return replyAuthTLS
		}
		return nil
	}, idle: true},
	"MAIL": {refuse: func(s *state) *reply {
		switch {
		case !s.hello:
			return replyNoHelo
		case s.mode == Submission && !s.tls && !s.plainOK:
			return replyNeedTLS
		case s.mode == Submission && !s.authed:
			return replyNeedAuth
		case s.mail:
			return replyNested
		}
		return nil
	}},
	"RCPT": {refuse: func(s *state) *reply {
		switch {
		case !s.mail:
			return replyNoMail
		case s.chunked:
			return replySequence
		}
		return nil
	}},
	"DATA": {refuse: func(s *state) *reply {
		switch {
		case !s.mail:
			return replyNoMail
		case s.chunked:
			return replySequence
		case s.rcpts == 0:
			return replyNoRcpt
		}
		return nil
	}, bare: true},
	"BDAT": {refuse: func(s *state) *reply {
		switch {
		case !s.mail:
			return replyNoMail
		case s.rcpts == 0:
			return replyNoRcpt
		}
		return nil
	}},
}

// foreign are the verbs of protocols whose clients can be made to talk to any port.
var foreign = map[string]bool{
	"GET": true, "HEAD": true, "POST": true, "PUT": true, "DELETE": true, "OPTIONS": true, "CONNECT": true,
	"PATCH": true, "TRACE": true, "PRI": true,
}

// splitCommand takes a command line apart: the verb in upper case and the argument, trimmed.
func splitCommand(line string) (verb, argument string) {
	verb, argument, _ = strings.Cut(line, " ")
	return strings.ToUpper(verb), strings.Trim(argument, " \t")
}
