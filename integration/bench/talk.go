package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// talkLimit is how long an answer may take before the measurement has failed.
const talkLimit = 60 * time.Second

// talk is a connection that speaks lines: as little as measuring needs, so that the load costs little.
type talk struct {
	conn net.Conn
	r    *bufio.Reader
	out  []byte
	tag  int
}

func dial(address string) (*talk, error) { return dialFrom(nil, address) }

// dialFrom is dial from an address of this machine; nil: from any.
func dialFrom(from net.IP, address string) (*talk, error) {
	var d net.Dialer
	if from != nil {
		d.LocalAddr = &net.TCPAddr{IP: from}
	}
	c, err := d.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	t := &talk{conn: c, r: bufio.NewReaderSize(c, 64<<10)}
	if err := c.SetDeadline(time.Now().Add(talkLimit)); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *talk) close() { _ = t.conn.Close() }

// line reads a line without its end; the bytes are good until the next call.
func (t *talk) line() ([]byte, error) {
	l, err := t.r.ReadSlice('\n')
	return bytes.TrimRight(l, "\r\n"), err
}

func (t *talk) send(parts ...[]byte) error {
	if err := t.conn.SetDeadline(time.Now().Add(talkLimit)); err != nil {
		return err
	}
	t.out = t.out[:0]
	for _, p := range parts {
		t.out = append(t.out, p...)
	}
	_, err := t.conn.Write(t.out)
	return err
}

// dialIMAP connects by TLS and reads the greeting.
func dialIMAP(from net.IP, address string) (*talk, error) {
	t, err := dialFrom(from, address)
	if err != nil {
		return nil, err
	}
	c := tls.Client(t.conn, &tls.Config{InsecureSkipVerify: true}) // own loopback only
	t.conn, t.r = c, bufio.NewReaderSize(c, 64<<10)
	if l, err := t.line(); err != nil || !bytes.HasPrefix(l, []byte("* OK")) {
		t.close()
		return nil, fmt.Errorf("greeting %q: %v", l, err)
	}
	return t, nil
}

// imap sends a command and reads up to its answer, which must be OK. A literal, if any, follows when the
// server asks for it. It returns the last untagged line that begins with "* want".
func (t *talk) imap(want, command string, literal []byte) (string, error) {
	t.tag++
	tag := "t" + strconv.Itoa(t.tag) + " "
	if literal != nil {
		command += " {" + strconv.Itoa(len(literal)) + "}"
	}
	if err := t.send([]byte(tag), []byte(command), []byte("\r\n")); err != nil {
		return "", err
	}
	found := ""
	for {
		l, err := t.line()
		if err != nil {
			return "", err
		}
		switch {
		case len(l) > 0 && l[0] == '+' && literal != nil:
			if err := t.send(literal, []byte("\r\n")); err != nil {
				return "", err
			}
			literal = nil
		case bytes.HasPrefix(l, []byte(tag)):
			if !bytes.HasPrefix(l[len(tag):], []byte("OK")) {
				return "", fmt.Errorf("%.60q was answered %q", command, l)
			}
			return found, nil
		case len(l) > 0 && l[len(l)-1] == '}':
			n, err := strconv.Atoi(string(l[bytes.LastIndexByte(l, '{')+1 : len(l)-1]))
			if err != nil {
				return "", err
			}
			if _, err := io.CopyN(io.Discard, t.r, int64(n)); err != nil {
				return "", err
			}
		case want != "" && bytes.HasPrefix(l, []byte("* "+want)):
			found = string(l)
		}
	}
}

// loginIMAP connects and logs in.
func loginIMAP(address, user string) (*talk, error) {
	return loginFrom(nil, address, user, loadPassword)
}

// loginFrom is loginIMAP from an address of this machine.
func loginFrom(from net.IP, address, user, password string) (*talk, error) {
	t, err := dialIMAP(from, address)
	if err != nil {
		return nil, err
	}
	if _, err := t.imap("", fmt.Sprintf("LOGIN %s %q", user, password), nil); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// messages returns how many a mailbox has.
func (t *talk) messages(mailbox string) (int, error) {
	l, err := t.imap("STATUS", "STATUS "+mailbox+" (MESSAGES)", nil)
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(l, "(MESSAGES ")
	return strconv.Atoi(strings.TrimRight(rest, ")"))
}

// dialSMTP connects and says EHLO.
func dialSMTP(address string) (*talk, error) {
	t, err := dial(address)
	if err != nil {
		return nil, err
	}
	if err = t.smtp("220", nil); err == nil {
		err = t.smtp("250", []byte("EHLO bench.example.net\r\n"))
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// smtp sends a line, unless it is nil, and reads an answer, which must have that code.
func (t *talk) smtp(code string, line []byte) error {
	if line != nil {
		if err := t.send(line); err != nil {
			return err
		}
	}
	for {
		l, err := t.line()
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(l, []byte(code)) {
			return fmt.Errorf("%.60q was answered %q", line, l)
		}
		if len(l) < 4 || l[3] != '-' {
			return nil
		}
	}
}

// mail sends a message.
func (t *talk) mail(to string, message []byte) error {
	for _, step := range []struct{ code, line string }{
		{"250", "MAIL FROM:<load@bench.example.net>\r\n"}, {"250", "RCPT TO:<" + to + ">\r\n"}, {"354", "DATA\r\n"},
	} {
		if err := t.smtp(step.code, []byte(step.line)); err != nil {
			return err
		}
	}
	if err := t.send(message, []byte(".\r\n")); err != nil {
		return err
	}
	return t.smtp("250", nil)
}
