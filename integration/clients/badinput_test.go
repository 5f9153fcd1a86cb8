package clients

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"troxymail/integration/demo"
)

// growthLimit bounds what a handful of hostile connections may add to the program's memory, in bytes.
const growthLimit = 96 << 20

// TestWrongPassword shows that guesses get slower or end, that an unknown user is answered like a known
// one, and that neither stands in the way of who knows the password.
func TestWrongPassword(t *testing.T) {
	d := fresh(t)
	c := dialRaw(t, d, 0)
	var slowest time.Duration
	closed := false
	for range 6 {
		start := time.Now()
		got := c.do(fmt.Sprintf("LOGIN %q %q", d.Accounts[0].Address, "wrong"))
		slowest = max(slowest, time.Since(start))
		if closed = got.is("closed"); closed {
			break
		}
		if !got.is("NO") {
			t.Fatalf("wrong password is answered by %+v", got)
		}
	}
	if !closed && slowest < time.Second {
		t.Errorf("six guesses on one connection took at most %v each", slowest)
	}
	known := dialRaw(t, d, 1).do(fmt.Sprintf("LOGIN %q %q", d.Accounts[0].Address, "wrong"))
	unknown := dialRaw(t, d, 1).do(fmt.Sprintf("LOGIN %q %q", "nobody@example.org", "wrong"))
	if known.text != unknown.text || !known.is("NO") {
		t.Errorf("a known user is told %q, an unknown one %q", known.text, unknown.text)
	}
	for _, bad := range []string{`LOGIN "" ""`, `LOGIN "a\"b" "` + strings.Repeat("x", 2000) + `"`,
		"AUTHENTICATE PLAIN AAAA", "AUTHENTICATE PLAIN !!!!", "AUTHENTICATE NOSUCH", "LOGIN alice@example.org"} {
		if got := dialRaw(t, d, 2).do(bad); !got.refusal() && !got.is("+") {
			t.Errorf("%.40q is answered by %+v", bad, got)
		}
	}
	alive(t, d)
}

// TestHugeLiterals claims much and sends little: refused, without memory for the claim.
func TestHugeLiterals(t *testing.T) {
	d := fresh(t)
	alive(t, d)
	before := resident(t, d.PID())
	for r, claim := range []string{"{400000000}", "{4294967295}", "{99999999999999999999}"} {
		if got := dialRaw(t, d, r).do("LOGIN " + claim); !got.refusal() {
			t.Errorf("before login, %s is answered by %+v", claim, got)
		}
		if got := dialRaw(t, d, r).do("LOGIN " + strings.Replace(claim, "}", "+}", 1) + "\r\nx"); !got.refusal() {
			t.Errorf("before login, non-synchronising %s is answered by %+v", claim, got)
		}
		if got := loginRaw(t, d, r).do("SELECT " + claim); !got.refusal() {
			t.Errorf("SELECT %s is answered by %+v", claim, got)
		}
		if got := loginRaw(t, d, r).do("APPEND INBOX " + claim); !got.refusal() {
			t.Errorf("APPEND %s is answered by %+v", claim, got)
		}
		if got := loginRaw(t, d, r).do("APPEND INBOX " + strings.Replace(claim, "}", "+}", 1) + "\r\nx"); !got.refusal() {
			t.Errorf("non-synchronising APPEND %s is answered by %+v", claim, got)
		}
	}
	long := strings.Repeat("x", 4<<20)
	if got := dialRaw(t, d, 0).do("LOGIN " + long); !got.refusal() {
		t.Errorf("a line of 4 MiB before login is answered by %+v", got)
	}
	if got := loginRaw(t, d, 0).do("SEARCH " + strings.Repeat("(", 1<<20)); !got.refusal() {
		t.Errorf("a million parentheses are answered by %+v", got)
	}
	if grown := resident(t, d.PID()) - before; grown > growthLimit {
		t.Errorf("the program grew by %d MiB", grown>>20)
	}
	same(t, d, "INBOX", 0)
	alive(t, d)
}

// TestOverLimitMessage announces one byte more than APPENDLIMIT allows.
func TestOverLimitMessage(t *testing.T) {
	d := fresh(t)
	c := loginRaw(t, d, 1)
	got := c.do("CAPABILITY")
	found := regexp.MustCompile(`APPENDLIMIT=(\d+)`).FindStringSubmatch(strings.Join(got.untagged, " "))
	if found == nil {
		t.Fatalf("no APPENDLIMIT in %q", got.untagged)
	}
	limit, err := strconv.Atoi(found[1])
	must(t, err)
	over := c.do(fmt.Sprintf("APPEND INBOX {%d}", limit+1))
	if !over.is("NO") && !over.is("BAD") {
		t.Errorf("a message over the limit is answered by %+v, want a refusal that can be read", over)
	}
	same(t, d, "INBOX", 0)
	alive(t, d)
}

// TestCutAppend ends the connection at many points of an APPEND, politely and by reset.
func TestCutAppend(t *testing.T) {
	d := fresh(t)
	body := string(mail("cut")) + strings.Repeat("0123456789abcdef\r\n", 8000)
	head := fmt.Sprintf("a APPEND INBOX (\\Seen) {%d}\r\n", len(body))
	cuts := []int{3, len(head) - 3, len(head), len(head) + 1, len(head) + 100, len(head) + len(body)/2,
		len(head) + len(body) - 1, len(head) + len(body)}
	for i, cut := range cuts {
		for _, reset := range []bool{false, true} {
			c := loginRaw(t, d, i%len(d.Replicas))
			c.send((head + body)[:min(cut, len(head))])
			if cut > len(head) {
				if got := c.await("a"); !got.is("+") {
					t.Fatalf("APPEND is answered by %+v", got)
				}
				c.send((head + body)[len(head):cut])
			}
			if reset {
				c.conn.(*net.TCPConn).SetLinger(0)
			}
			c.conn.Close()
		}
	}
	alive(t, d)
	same(t, d, "INBOX", 0)
}

// TestStrangeMessages stores messages that are hard on parsers. Each is refused in words or stored whole,
// and what is stored can be asked for everything without harm.
func TestStrangeMessages(t *testing.T) {
	d := fresh(t)
	before := resident(t, d.PID())
	kept := 0
	messages := strange()
	for _, name := range slices.Sorted(maps.Keys(messages)) {
		body := messages[name]
		c := loginRaw(t, d, kept%len(d.Replicas))
		got := c.put("INBOX", body)
		if got.is("NO") || got.is("BAD") {
			t.Logf("%s: refused: %s", name, got.text)
			continue
		}
		if !got.is("OK") {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		kept++
		inbox := stored(t, d, 0, "INBOX")
		if len(inbox) != kept || string(inbox[kept-1].Body) != body {
			t.Fatalf("%s: not stored as it was sent", name)
		}
		asking := loginRaw(t, d, (kept+1)%len(d.Replicas))
		asking.do("EXAMINE INBOX")
		for _, items := range []string{"(ENVELOPE BODYSTRUCTURE)", "(BODY.PEEK[HEADER])", "(BODY.PEEK[1.1.1.MIME])",
			"(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"} {
			if a := asking.do(fmt.Sprintf("FETCH %d %s", kept, items)); !a.is("OK") && !a.is("NO") {
				t.Errorf("%s: FETCH %s is answered by %+.200v", name, items, a)
			}
		}
		if a := asking.do(`SEARCH OR SUBJECT "needle" BODY "needle"`); !a.is("OK") && !a.is("NO") {
			t.Errorf("%s: SEARCH is answered by %+.200v", name, a)
		}
	}
	t.Logf("%d of %d stored; the program grew by %d MiB", kept, len(messages), (resident(t, d.PID())-before)>>20)
	same(t, d, "INBOX", kept)
	alive(t, d)
}

// strange returns hard messages by name.
func strange() map[string]string {
	var nested strings.Builder
	nested.WriteString("Subject: nested\r\n")
	for i := range 10_000 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	nested.WriteString("Content-Type: text/plain\r\n\r\ndeep\r\n")
	return map[string]string{
		"10,000 levels of multipart": nested.String(),
		"10,000 levels of message/rfc822": "Subject: s\r\n" +
			strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 10_000) + "x\r\n",
		"a header of 1 MiB":   "Subject: " + strings.Repeat("x", 1<<20) + "\r\n\r\nbody\r\n",
		"100,000 headers":     strings.Repeat("X: y\r\n", 100_000) + "\r\nbody\r\n",
		"100,000 addresses":   "To: " + strings.Repeat("a@b.example, ", 100_000) + "c@d.example\r\n\r\nbody\r\n",
		"nested comments":     "From: " + strings.Repeat("(", 50_000) + "\r\n\r\nbody\r\n",
		"10,000 parameters":   "Content-Type: text/plain" + strings.Repeat("; a*1*=b", 10_000) + "\r\n\r\nbody\r\n",
		"NUL bytes":           "Subject: a\x00b\r\n\r\n\x00\x00body\r\n",
		"no header end":       "Subject: never ends",
		"bare line feeds":     "Subject: unix\n\nbody\n",
		"eight-bit garbage":   "Subject: \xff\xfe\r\n\r\n\x80\x81\r\n",
		"open encoded word":   "Subject: =?utf-8?b?" + strings.Repeat("A", 5000) + "\r\n\r\nbody\r\n",
		"boundary of nothing": "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n----\r\n--\r\n",
	}
}

// TestStrangeNames gives mailbox names that are no modified UTF-7, hold NUL or control bytes, or are
// deeper or longer than allowed: refused, and nothing new is listed.
func TestStrangeNames(t *testing.T) {
	d := fresh(t)
	c := loginRaw(t, d, 0)
	before := c.do(`LIST "" "*"`)
	for _, name := range []string{`"&"`, `"&AGE"`, `"&!!!-"`, `"&AGE-&AGE-"`, `"&2AA-"`, "\"\xff\xfe\"", "\"a\x00b\"",
		"\"a\x01b\"", `""`, `"/"`, `"` + strings.Repeat("a/", 400) + `b"`, `"` + strings.Repeat("x", 8000) + `"`} {
		for _, command := range []string{"CREATE ", "SELECT ", "DELETE "} {
			got := c.do(command + name)
			if !got.refusal() {
				t.Errorf("%s%.60q is answered by %+v", command, name, got)
			}
			if got.is("closed") {
				c = loginRaw(t, d, 0)
			}
		}
	}
	after := c.do(`LIST "" "*"`)
	if len(after.untagged) != len(before.untagged) {
		t.Errorf("mailboxes before: %q, after: %q", before.untagged, after.untagged)
	}
	alive(t, d)
}

// TestGarbage sends random bytes to every port of every replica.
func TestGarbage(t *testing.T) {
	d := fresh(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 30 {
		for _, r := range d.Replicas {
			for _, address := range []string{r.IMAP, r.IMAPS} {
				conn, err := net.Dial("tcp", address)
				must(t, err)
				garbage := make([]byte, rng.IntN(3000))
				for i := range garbage {
					garbage[i] = byte(rng.Uint32())
					if round%3 == 0 && i%40 == 39 {
						garbage[i] = '\n'
					}
				}
				conn.Write(garbage) // the server may have closed already
				conn.Close()
			}
		}
	}
	alive(t, d)
}

// TestConnectionsAreCapped opens idle connections from one address until one is refused, then lets go.
func TestConnectionsAreCapped(t *testing.T) {
	const tries = 1500
	d := fresh(t)
	var open []net.Conn
	refused := false
	for range tries {
		conn, err := net.Dial("tcp", d.Replicas[0].IMAP)
		if err != nil {
			refused = true
			break
		}
		open = append(open, conn)
		conn.SetReadDeadline(time.Now().Add(rawLimit))
		greeting := make([]byte, 64)
		if n, err := conn.Read(greeting); err != nil || !strings.HasPrefix(string(greeting[:n]), "* OK") {
			refused = true
			break
		}
	}
	for _, conn := range open {
		conn.Close()
	}
	if !refused {
		t.Errorf("%d connections from one address were all taken", tries)
	}
	t.Logf("connection %d from one address was refused", len(open))
	demo.Eventually(t, rawLimit, "connections are taken again", func() bool {
		c, err := d.TryDial(0, demo.TLS, nil, d.TLS(t))
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	alive(t, d)
}
