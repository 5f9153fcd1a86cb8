package imapgate

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// samples gives each command of the table valid arguments, and what it makes of the state.
var samples = map[string]struct {
	args string
	next func(state) state
}{
	"CAPABILITY":   {},
	"NOOP":         {},
	"LOGOUT":       {},
	"ID":           {args: "NIL"},
	"STARTTLS":     {},
	"LOGIN":        {args: fakeUser + " " + fakePassword, next: to(authenticated)},
	"AUTHENTICATE": {args: "PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHNlY3JldA==", next: to(authenticated)},
	"ENABLE":       {args: "CONDSTORE"},
	"IDLE":         {},
	"CHECK":        {},
	"APPEND":       {args: "INBOX {3+}\r\nabc"},
	"CREATE":       {args: "x"},
	"DELETE":       {args: "x"},
	"EXAMINE":      {args: "INBOX", next: to(selected | examined)},
	"LIST":         {args: `"" *`},
	"LSUB":         {args: `"" *`},
	"NAMESPACE":    {},
	"RENAME":       {args: "x y"},
	"SELECT":       {args: "INBOX", next: to(selected)},
	"STATUS":       {args: "INBOX (MESSAGES)"},
	"SUBSCRIBE":    {args: "x"},
	"UNSUBSCRIBE":  {args: "x"},
	"CLOSE":        {next: to(authenticated)},
	"COPY":         {args: "1 x"},
	"EXPUNGE":      {},
	"FETCH":        {args: "1 FLAGS"},
	"MOVE":         {args: "1 x"},
	"SEARCH":       {args: "ALL"},
	"STORE":        {args: `1 +FLAGS (\Seen)`},
	"UID COPY":     {args: "1 x"},
	"UID EXPUNGE":  {args: "1"},
	"UID FETCH":    {args: "1 FLAGS"},
	"UID MOVE":     {args: "1 x"},
	"UID SEARCH":   {args: "ALL"},
	"UID STORE":    {args: `1 +FLAGS (\Seen)`},
	"UNSELECT":     {next: to(authenticated)},
	"XUNKNOWN":     {args: "x"},
}

// examined marks, in the model only, that the mailbox is selected read-only.
const examined state = 1 << 7

// writes change a mailbox, which is refused after EXAMINE.
var writes = []string{"STORE", "UID STORE", "EXPUNGE", "UID EXPUNGE", "MOVE", "UID MOVE"}

func to(s state) func(state) state { return func(state) state { return s } }

// rendered is a sample with a tag.
func rendered(tag, name string) string {
	line := tag + " " + name
	if args := samples[name].args; args != "" {
		line += " " + args
	}
	if name == "IDLE" {
		line += "\r\nDONE"
	}
	return line + "\r\n"
}

// model is what a pipelined command must do: which answer, which state next, whether the connection
// ends. It is written without the server's code, but for the table itself.
func model(now state, name string) (answer string, next state, closed bool) {
	r, known := commands[name]
	switch {
	case !known && now == notAuthenticated:
		return "BAD", now, true
	case name == "IDLE" && now == notAuthenticated: // and the DONE behind it is no command
		return "BAD", now, true
	case !known, r.states&now == 0:
		return "BAD", now, false
	case now&examined != 0 && slices.Contains(writes, name):
		return "NO", now, false
	case name == "LOGOUT":
		return "OK", now, true
	case name == "STARTTLS": // with more behind it in the same segment, or as the last command
		return "", now, true
	case samples[name].next != nil:
		return "OK", samples[name].next(now), false
	default:
		return "OK", now, false
	}
}

// Every pair of commands, sent in one segment, in every state: each is answered as the table says, and
// the second in the state the first one leaves.
func TestStateTable(t *testing.T) {
	names := slices.Sorted(maps.Keys(samples))
	for name := range commands {
		if !slices.Contains(names, name) {
			t.Fatalf("no sample for %s", name)
		}
	}
	g := open(t)
	states := map[state]func() *client{
		notAuthenticated: g.dial, authenticated: g.login, selected: g.selectInbox,
	}
	pairs := 0
	for start, connect := range states {
		for _, first := range names {
			for _, second := range names {
				c := connect()
				checkPair(t, c, start, first, second)
				c.conn.Close()
				pairs++
			}
		}
	}
	t.Logf("%d pairs", pairs)
}

func checkPair(t *testing.T, c *client, start state, first, second string) {
	t.Helper()
	c.send(rendered("p1", first) + rendered("p2", second) + "p3 NOOP\r\n")
	now, closed := start, false
	for i, name := range []string{first, second, "NOOP"} {
		tag := []string{"p1", "p2", "p3"}[i]
		if closed {
			break
		}
		var answer string
		answer, now, closed = model(now, name)
		if answer == "" {
			break // STARTTLS with data behind it: BAD or the start of a handshake that must fail
		}
		lines := c.until(tag + " ")
		if last := lines[len(lines)-1]; !strings.HasPrefix(last, tag+" "+answer) {
			t.Errorf("state %d, %s then %s: got %q, want %s %s", start, first, second, last, tag, answer)
			return
		}
	}
	if closed {
		for _, l := range c.rest() {
			if strings.HasPrefix(l, "p2 OK") || strings.HasPrefix(l, "p3") {
				t.Errorf("state %d, %s then %s: ran after the end: %q", start, first, second, l)
			}
		}
	}
}

// In IDLE no command but DONE is a command.
func TestStateTableInIdle(t *testing.T) {
	g := open(t)
	for name := range samples {
		if name == "IDLE" {
			continue
		}
		c := g.selectInbox()
		c.send("i IDLE\r\n" + rendered("p1", name))
		for _, l := range c.rest() {
			if strings.HasPrefix(l, "p1 ") {
				t.Errorf("%s ran in IDLE: %q", name, l)
			}
		}
	}
	if calls := without(g.fake.took(), "LOGIN", "SELECT", "POLL", "IDLE", "CLOSED"); len(calls) != 0 {
		t.Errorf("ran in IDLE: %q", calls)
	}
}
