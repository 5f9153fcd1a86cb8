package transcript

import "strings"

// command is what a client asked.
type command struct {
	tag, verb string // the verb in upper case
	uid       bool
	args      []value
	at        int64
	end       int64 // when it was answered; 0: never
	ok        bool  // with OK
	code      []string
	copied    []string // COPYUID of an untagged OK
	mailbox   string   // that was selected when it was sent
	targets   string   // UIDs that its sequence numbers mean
}

// asked reads a client's line; nil for a line that is no command of its own.
func asked(l Line) *command {
	tag, rest, _ := strings.Cut(string(l.Text), " ")
	verb, args, _ := strings.Cut(rest, " ")
	if verb == "" {
		return nil
	}
	c := &command{tag: tag, verb: strings.ToUpper(verb), at: l.At}
	if c.verb == "UID" {
		c.uid = true
		verb, args, _ = strings.Cut(args, " ")
		c.verb = strings.ToUpper(verb)
	}
	c.args, _ = parse(args) // one that the connection cut has none
	return c
}

// arg returns the i-th argument, nothing without one.
func (c *command) arg(i int) value {
	if i < len(c.args) {
		return c.args[i]
	}
	return value{}
}

// silentAboutExpunge reports whether no EXPUNGE may come during the command.
func (c *command) silentAboutExpunge() bool {
	return !c.uid && (c.verb == "FETCH" || c.verb == "STORE" || c.verb == "SEARCH")
}

// selects reports whether the command leaves the selected mailbox when it is sent.
func (c *command) selects() bool { return c.verb == "SELECT" || c.verb == "EXAMINE" }

// flags are those that rules look at, each by its bit.
type flags uint32

var flagBits = map[string]flags{`\SEEN`: 1, `\DELETED`: 2, `\FLAGGED`: 4, `\ANSWERED`: 8, `\DRAFT`: 16}

func flagsIn(list []value) (f flags) {
	for _, v := range list {
		f |= flagBits[strings.ToUpper(v.word)]
	}
	return f
}
