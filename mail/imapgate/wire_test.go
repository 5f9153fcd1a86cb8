package imapgate

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestConversation(t *testing.T) {
	g := open(t, func(o *Options) { o.Simulated = true })
	g.fake.structure = nil
	c := g.selectInbox()
	for _, step := range []struct{ send, until string }{
		{"a1 CAPABILITY\r\n", "a1 OK"},
		{"a2 ID NIL\r\n", "a2 OK"},
		{"a3 ENABLE UTF8=ACCEPT\r\n", "a3 OK"},
		{"a4 NAMESPACE\r\n", "a4 OK"},
		{"a5 LIST \"\" *\r\n", "a5 OK"},
		{"a6 FETCH 1:2 (FLAGS BODYSTRUCTURE BODY BODY.PEEK[]<0.5>)\r\n", "a6 OK"},
		{"a7 uid store 1 +FLAGS (\\Deleted)\r\n", "a7 OK"},
		{"a8 SEARCH TEXT {3+}\r\nabc\r\n", "a8 OK"},
		{"a9 UID SEARCH RETURN (COUNT) ALL\r\n", "a9 OK"},
		{"b1 COPY 1 Archive\n", "b1 OK"}, // a lone LF ends a line too
		{"b2 MOVE 1 Archive \r\n", "b2 OK"},
		{"b3 STATUS INBOX (MESSAGES SIZE)\r\n", "b3 OK"},
		{"b4 LIST \"\" % RETURN (STATUS (MESSAGES))\r\n", "b4 OK"},
		{"b5 EXPUNGE\r\n", "b5 OK"},
		{"b6 CLOSE\r\n", "b6 OK"},
		{"b7 LSUB \"\" *\r\n", "b7 OK"},
		{"b8 LOGOUT\r\n", "b8 OK"},
	} {
		c.send(step.send)
		c.until(step.until)
	}
	c.expectClosed()
	if n := g.server.Panics(); n != 0 {
		t.Fatalf("%d panics", n)
	}
}

func TestGreetingAndCapabilities(t *testing.T) {
	g := open(t, func(o *Options) { o.Simulated = true })
	c := newClient(t, mustDial(t, g.plain.String()))
	line, _ := c.line()
	want := "* OK [CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID STARTTLS AUTH=SCRAM-SHA-256 AUTH=PLAIN AUTH=LOGIN] " +
		"Troxymail ready (SIMULATED enclave: development only)"
	if line != want {
		t.Fatalf("got %q\nwant %q", line, want)
	}
	c.send("l LOGIN " + fakeUser + " " + fakePassword + "\r\n")
	line, _ = c.line()
	want = "l OK [CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID UIDPLUS MOVE NAMESPACE SPECIAL-USE CHILDREN" +
		" LIST-EXTENDED LIST-STATUS STATUS=SIZE ESEARCH SEARCHRES UNSELECT IDLE APPENDLIMIT=1000] Logged in"
	if line != want {
		t.Fatalf("got %q\nwant %q", line, want)
	}
}

// What is refused must never run, and what follows a refusal must run only if the client can know that
// it will: after a literal that was sent unasked and refused for its size the connection is closed.
func TestRefusedLiteralsNeverRun(t *testing.T) {
	injected := "x1 CREATE Pwned\r\nx2 DELETE INBOX\r\n"
	for _, tc := range []struct {
		name, send string
		want       string // the first answer
		closed     bool
	}{
		{"append over the limit, unasked", "a APPEND INBOX {5000+}\r\n" + injected, "a BAD", true},
		{"append over the limit, LITERAL+ style",
			"a APPEND INBOX {1033+}\r\n" + pad(injected, 1033) + "\r\n", "a NO [TOOBIG]", false},
		{"create, unasked", "a CREATE {5021+}\r\n" + injected, "a BAD", true},
		{"create, 20000 asked", "a CREATE {20000}\r\n", "a NO [LIMIT]", false},
		{"append asked", "a APPEND INBOX {1001}\r\n", "a NO [TOOBIG]", false},
		{"append, 4 GiB asked", "a APPEND INBOX {4294967295}\r\n", "a NO [TOOBIG]", false},
		{"empty append", "a APPEND INBOX {0+}\r\n\r\n", "a NO", false},
		{"bad literal", "a CREATE {5x}\r\n" + injected, "* BAD", true},
		{"huge number", "a CREATE {99999999999999999999+}\r\n" + injected, "* BAD", true},
		{"negative", "a CREATE {-1}\r\n" + injected, "* BAD", true},
		{"inside a word", "a CREATE x{18+}\r\n" + injected, "* BAD", true},
		{"in a wrong place", "a CREATE ( {17+}\r\nx1 CREATE Pwned\r\n)\r\n", "a BAD", false},
		{"after a bad flag", "a APPEND INBOX (]) {17+}\r\nx1 CREATE Pwned\r\n\r\n", "a BAD", false},
		{"line break in a name", "a CREATE {17+}\r\nx1 CREATE Pwned\r\n\r\n", "a BAD", false},
		{"literal8", "a APPEND INBOX ~{17+}\r\nx1 CREATE Pwned\r\n\r\n", "* BAD", true},
		{"to an unknown command", "a FROB {17+}\r\nx1 CREATE Pwned\r\n\r\n", "a BAD", false},
		{"quote open", "a CREATE \"x {17+}\r\nx1 CREATE Pwned\r\n\r\n", "* BAD", true},
		{"bare CR", "a NOOP x\rx1 CREATE Pwned\r\n", "* BAD", true},
		{"NUL", "a CREATE \x00\r\n", "* BAD", true},
		{"NUL in a literal", "a CREATE {3+}\r\nx\x00y\r\n", "a BAD", true},
		{"empty tag", " CREATE Pwned\r\n", "* BAD", true},
		{"long tag", strings.Repeat("a", 200) + " CREATE Pwned\r\n", "* BAD", true},
		{"second message, asked", "a APPEND INBOX {3+}\r\nabc {17}\r\n", "a BAD", false},
		{"second message, unasked",
			"a APPEND INBOX {3+}\r\nabc {23+}\r\nx0 X\r\nx1 CREATE Pwned\r\n\r\n", "a BAD", false},
		{"second message, large", "a APPEND INBOX {3+}\r\nabc {5000+}\r\n" + injected, "a BAD", true},
		{"NUL in a message", "a APPEND INBOX {5+}\r\na\x00bcd\r\n", "a NO [CANNOT]", false},
		{"tail after a message", "a APPEND INBOX {3+}\r\nabcx1 CREATE Pwned\r\n", "a BAD", false},
		{"10,000 parens", "a SEARCH " + strings.Repeat("(", 10_000) + "\r\n", "* BAD", true},
		{"60 KiB line", "a CREATE " + strings.Repeat("x", 60<<10) + "\r\n", "* BAD", true},
		{"33 literals", "a SEARCH" + strings.Repeat(" TEXT {1+}\r\nx", 33) + "\r\n", "a NO [LIMIT]", true},
		{"overflowing partial", "a FETCH 1 BODY[]<5.9223372036854775807>\r\n", "a BAD", false},
		{"empty partial", "a FETCH 1 BODY[]<5.0>\r\n", "a BAD", false},
		{"search too deep", "a SEARCH " + strings.Repeat("NOT ", 300) + "ALL\r\n", "a BAD", false},
		{"invalid number set", "a FETCH 1:x FLAGS\r\n", "a BAD", false},
		{"invalid UTF-7", "a CREATE \"&bad\"\r\n", "a BAD", false},
		{"binary", "a FETCH 1 BINARY[1]\r\n", "a BAD", false},
		{"empty line", "\r\n", "* BAD", false},
		{"tag only", "a\r\n", "a BAD", false},
		{"two spaces", "a  NOOP\r\n", "a BAD", false},
		{"EOF of words", "a UID\r\n", "a BAD", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := open(t)
			c := g.selectInbox()
			c.send(tc.send)
			got := c.until(tc.want)
			if tc.closed {
				got = append(got, c.rest()...)
				if !slices.ContainsFunc(got, func(l string) bool { return strings.HasPrefix(l, "* BYE") }) {
					t.Errorf("closed without BYE: %q", got)
				}
			} else {
				c.send("z NOOP\r\n")
				got = append(got, c.until("z OK")...)
			}
			for _, call := range g.fake.took() {
				if strings.HasPrefix(call, "CREATE") || strings.HasPrefix(call, "DELETE") {
					t.Errorf("ran: %s", call)
				}
			}
			for _, l := range got {
				if strings.HasPrefix(l, "x") || strings.Contains(l, "SERVERBUG") {
					t.Errorf("answered: %s", l)
				}
			}
			if m := g.fake.messages(); len(m) != 0 {
				t.Errorf("stored %q", m)
			}
		})
	}
}

func TestAppendStoresWhatWasSent(t *testing.T) {
	for _, tc := range []struct{ name, first, second, want string }{
		{"asked", "a APPEND INBOX {3}\r\n", "abc\r\n", "abc"},
		{"unasked", "", "a APPEND INBOX (\\Seen) \"01-Jan-2026 10:00:00 +0000\" {3+}\r\nabc\r\n", "abc"},
		{"name as literal", "a APPEND {5+}\r\nINBOX {3}\r\n", "abc\r\n", "abc"},
		{"looks like commands", "", "a APPEND INBOX {16+}\r\nx1 CREATE Pwned\n\r\n", "x1 CREATE Pwned\n"},
		{"one byte", "", "a APPEND INBOX {1+}\r\nx\r\n", "x"},
		{"at the limit",
			"a APPEND INBOX {1000}\r\n", strings.Repeat("m", 1000) + "\r\n", strings.Repeat("m", 1000)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := open(t)
			c := g.login()
			if tc.first != "" {
				c.send(tc.first)
				c.expect("+ ")
			}
			c.send(tc.second)
			c.expect("a OK [APPENDUID 1 3]")
			if got := g.fake.messages(); len(got) != 1 || got[0] != tc.want {
				t.Fatalf("stored %q, want %q", got, tc.want)
			}
		})
	}
}

// An APPEND that the session refuses before it reads is refused before the client sends.
func TestAppendRefusedBeforeUpload(t *testing.T) {
	g := open(t)
	c := g.login()
	g.fake.hook = refuseCall("APPEND", tryCreate)
	c.send("a APPEND Nowhere {900}\r\n")
	c.expect("a NO [TRYCREATE] No such mailbox")
	c.send("b APPEND Nowhere {9+}\r\nx1 CREATE\r\nc NOOP\r\n")
	c.expect("b NO [TRYCREATE]", "c OK")
}

// A connection that is cut after any byte of an APPEND stores nothing, unless all of it was sent.
func TestCutAppendStoresNothing(t *testing.T) {
	g := open(t)
	whole := "a APPEND INBOX {20+}\r\n" + strings.Repeat("m", 20) + "\r\n"
	for n := range len(whole) {
		c := g.login()
		c.send(whole[:n])
		c.conn.Close()
	}
	c := g.login()
	c.send("a LOGOUT\r\n")
	c.rest()
	ctxShutdown(t, g)
	if got := g.fake.messages(); len(got) != 0 {
		t.Fatalf("stored %q", got)
	}
}

func TestExamineChangesNothing(t *testing.T) {
	g := open(t)
	c := g.login()
	c.send("a EXAMINE INBOX\r\n")
	c.until("a OK [READ-ONLY]")
	c.send("b STORE 1 +FLAGS (\\Deleted)\r\nc EXPUNGE\r\nd UID EXPUNGE 1\r\ne MOVE 1 Trash\r\nf CLOSE\r\n")
	c.expect("b NO", "c NO", "d NO", "e NO", "f OK")
	for _, call := range g.fake.took() {
		for _, never := range []string{"STORE", "EXPUNGE", "MOVE"} {
			if strings.HasPrefix(call, never) {
				t.Errorf("ran: %s", call)
			}
		}
	}
}

func TestLongInitialResponse(t *testing.T) {
	g := open(t)
	long := strings.Repeat("p", 9000) // 12 KiB of base64
	plain := func(user, pass string) string {
		return base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + pass))
	}
	c := g.dial()
	c.send("a AUTHENTICATE PLAIN " + plain(fakeUser, long) + "\r\n")
	c.expect("a NO [AUTHENTICATIONFAILED]")
	c.send("b AUTHENTICATE PLAIN\r\n")
	if line, _ := c.line(); line != "+ " {
		t.Fatalf("continuation request is %q", line)
	}
	c.send(plain(fakeUser, long) + "\r\n")
	c.expect("b NO [AUTHENTICATIONFAILED]")
	c.send("c AUTHENTICATE PLAIN\r\n")
	c.expect("+ ")
	c.send("*\r\n")
	c.expect("c BAD")
	c.send("d AUTHENTICATE PLAIN =\r\ne AUTHENTICATE PLAIN !!\r\nf AUTHENTICATE CRAM-MD5\r\n")
	c.expect("d BAD", "e BAD", "f NO")
	c.send("g AUTHENTICATE plain " + plain(fakeUser, fakePassword) + "\r\n")
	c.expect("g OK [CAPABILITY ")
	g.fake.took()
	c = g.dial()
	c.send("a AUTHENTICATE PLAIN " + strings.Repeat("A", 20<<10) + "\r\n")
	c.expect("* BAD Command too long", "* BYE")
	c.expectClosed()
}

func TestAuthorizationIdentity(t *testing.T) {
	g := open(t)
	c := g.dial()
	other := base64.StdEncoding.EncodeToString([]byte("bob\x00" + fakeUser + "\x00" + fakePassword))
	c.send("a AUTHENTICATE PLAIN " + other + "\r\n")
	c.expect("a NO [AUTHORIZATIONFAILED]")
}

func TestFailedLoginsEndTheConnection(t *testing.T) {
	g := open(t)
	c := g.dial()
	for i := range failedLogins {
		c.send(fmt.Sprintf("a%d LOGIN %s wrong\r\n", i, fakeUser))
		c.expect(fmt.Sprintf("a%d NO [AUTHENTICATIONFAILED]", i))
	}
	c.expect("* BYE")
	c.expectClosed()
}

// No quorum is no failed login.
func TestUnavailableIsNoFailedLogin(t *testing.T) {
	g := open(t)
	g.fake.hook = refuseCall("LOGIN", unavailable)
	c := g.dial()
	for range 2 * failedLogins {
		c.send("a LOGIN x y\r\n")
		c.expect("a NO [UNAVAILABLE]")
	}
}

func TestLoginLiterals(t *testing.T) {
	g := open(t)
	c := g.dial()
	c.send("a LOGIN {17}\r\n")
	c.expect("+ ")
	c.send(fakeUser + " {6+}\r\n" + fakePassword + "\r\n")
	c.expect("a OK")

	for _, tc := range []struct{ send, want string }{
		{"a LOGIN {400000000}\r\n", "a NO [LIMIT]"},
		{"a LOGIN {4096+}\r\n" + strings.Repeat("u", 4096) + " {10+}\r\n", "a NO [LIMIT]"},
		{"a LOGIN {9999+}\r\n", "a BAD"},
		{"a NOOP {3+}\r\n", "a BAD"},
		{"a LOGIN a b c\r\n", "a BAD"},
		{"a LOGIN a\r\n", "a BAD"},
		{"a LOGIN \"a\"b\r\n", "a BAD"},
	} {
		c := g.dial()
		c.send(tc.send)
		c.until(tc.want)
	}
}

func pad(s string, n int) string { return s + strings.Repeat("y", n-len(s)) }
