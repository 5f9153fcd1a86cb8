package clients

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"troxymail/integration/demo"
)

// rawLimit bounds the wait for an answer; login delays stay below it.
const rawLimit = 45 * time.Second

// raw is an IMAP connection that sends what it is told, right or wrong.
type raw struct {
	conn net.Conn
	in   *bufio.Reader
	tags int
}

// dialRaw connects in the clear and reads the greeting.
func dialRaw(t *testing.T, d *demo.Demo, r int) *raw {
	t.Helper()
	c := &raw{conn: d.RawDial(t, r)}
	c.in = bufio.NewReader(c.conn)
	greeting, err := c.line()
	if err != nil || !strings.HasPrefix(greeting, "* OK") {
		t.Fatalf("greeting %q: %v", greeting, err)
	}
	return c
}

// login is dialRaw, logged in.
func loginRaw(t *testing.T, d *demo.Demo, r int) *raw {
	t.Helper()
	c := dialRaw(t, d, r)
	if got := c.do(fmt.Sprintf("LOGIN %q %q", d.Accounts[0].Address, d.Accounts[0].Password)); !got.is("OK") {
		t.Fatalf("LOGIN: %+v", got)
	}
	return c
}

func (c *raw) line() (string, error) {
	c.conn.SetReadDeadline(time.Now().Add(rawLimit))
	line, err := c.in.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

func (c *raw) send(text string) {
	c.conn.SetWriteDeadline(time.Now().Add(rawLimit))
	io.WriteString(c.conn, text) // a refused write shows as a closed connection at the next read
}

// answer is what came for one command.
type answer struct {
	status   string   // OK, NO or BAD; + for a continuation request; closed for a closed connection; late
	text     string   // the line with the status
	untagged []string // lines before it
}

func (a answer) is(status string) bool { return a.status == status }

// refusal reports whether the server said no or closed the connection, and did so in time.
func (a answer) refusal() bool { return a.is("NO") || a.is("BAD") || a.is("closed") }

// do sends a command line with a tag of its own and reads the answer.
func (c *raw) do(command string) answer {
	c.tags++
	tag := fmt.Sprintf("t%d", c.tags)
	c.send(tag + " " + command + "\r\n")
	return c.await(tag)
}

// await reads until the tagged answer, a continuation request or the end of the connection.
func (c *raw) await(tag string) answer {
	var a answer
	for {
		line, err := c.line()
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			a.status = "late"
			return a
		}
		if err != nil {
			a.status = "closed"
			return a
		}
		switch rest, tagged := strings.CutPrefix(line, tag+" "); {
		case tagged:
			a.status, _, _ = strings.Cut(rest, " ")
			a.text = rest
			return a
		case strings.HasPrefix(line, "+"):
			a.status, a.text = "+", line
			return a
		case strings.HasPrefix(line, "* BAD") || strings.HasPrefix(line, "* BYE"):
			a.text = line
		}
		a.untagged = append(a.untagged, line)
	}
}

// put appends a message by hand. The answer of the command, or of its literal when that was refused.
func (c *raw) put(mailbox, body string) answer {
	if a := c.do(fmt.Sprintf("APPEND %s {%d}", mailbox, len(body))); !a.is("+") {
		return a
	}
	c.send(body + "\r\n")
	return c.await(fmt.Sprintf("t%d", c.tags))
}

// alive shows that the demo still serves everybody: each replica takes a message and the next shows it.
func alive(t *testing.T, d *demo.Demo) {
	t.Helper()
	select {
	case <-d.Ended():
		t.Fatal("the program ended")
	default:
	}
	for r := range d.Replicas {
		c := d.Dial(t, r, demo.TLS, nil)
		body := mail("alive")
		if _, _, err := c.Put("Sent", body); err != nil {
			t.Fatalf("replica %d takes no mail any more: %v", r, err)
		}
		got := stored(t, d, r, "Sent")
		if len(got) == 0 || string(got[len(got)-1].Body) != string(body) {
			t.Fatalf("what replica %d took is not shown by the next", r)
		}
		c.Close()
	}
}

// same fails unless every replica shows exactly n messages in a mailbox.
func same(t *testing.T, d *demo.Demo, mailbox string, n int) {
	t.Helper()
	for r := range d.Replicas {
		if got := stored(t, d, r, mailbox); len(got) != n {
			t.Fatalf("%s holds %d messages at replica %d, want %d", mailbox, len(got), (r+1)%len(d.Replicas), n)
		}
	}
}
