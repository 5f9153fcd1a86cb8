package smtpgate

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// ends are spellings that some server somewhere takes for the end of a message. Behind each stands what an
// attacker wants to be taken for a second one.
var ends = []string{
	"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\n.\r", "\r.\n", "\n\n.\n\n", "\r\r.\r\r",
	"\r\n\x00.\r\n", "\r\n.\x00\r\n", "\x00\r\n.\n", "\r\n..\n", "\n..\r\n", "\r\n.\r\r\n", "\r\r\n.\r\r\n",
	"\n\r.\n\r", "\r\n.\x0b\r\n", "\r\n\x85.\n", "\r\n. \n", "\r\n\t.\n", "\n. \r\n",
}

const second = "MAIL FROM:<evil@elsewhere.net>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n" +
	"Subject: smuggled\r\n\r\nsecond\r\n.\r\n"

// harmless spellings have no CR, LF or NUL by itself: they are content.
func harmless(end string) bool {
	t := text{}
	return t.check([]byte(end)) == nil && !t.cr
}

// Every spelling, by DATA and BDAT, in one piece and cut at every byte: one message or none, never two.
func TestNoSpellingMakesTwoMessages(t *testing.T) {
	for _, end := range ends {
		for _, bdat := range []bool{false, true} {
			t.Run(fmt.Sprintf("%q bdat %v", end, bdat), func(t *testing.T) {
				smuggle(t, end, bdat)
			})
		}
	}
}

func smuggle(t *testing.T, end string, bdat bool) {
	body := "Subject: first\r\n\r\nfirst" + end + second[:len(second)-3]
	f := newFixture(t, nil)
	for split := range len(end) + 1 {
		c := f.dial(Intake)
		c.envelope()
		before := len(f.post.stored())
		at := strings.Index(body, end) + split
		if bdat {
			c.send(fmt.Sprintf("BDAT %d\r\n%s", at, body[:at]))
			first := c.reply()
			if strings.HasPrefix(first, "250") {
				c.send(fmt.Sprintf("BDAT %d LAST\r\n%s", len(body)-at, body[at:]))
				first = c.reply()
			}
			if bare := !harmless(end); bare == strings.HasPrefix(first, "250") {
				t.Fatalf("split %d: %q", split, first)
			}
		} else {
			c.do("DATA", "354")
			c.send(body[:at])
			c.send(body[at:] + ".\r\n")
			want := "550 5.6"
			if harmless(end) {
				want = "250"
			}
			c.want(want)
		}
		c.do("NOOP", "250")
		if n := len(f.post.stored()) - before; n > 1 || n == 1 && !harmless(end) {
			t.Fatalf("split %d: %d messages", split, n)
		}
		c.conn.Close()
	}
}

// What follows the true end is commands, however it is cut.
func TestTheTrueEndInPieces(t *testing.T) {
	f := newFixture(t, nil)
	whole := "Subject: x\r\n\r\n..dots\r\n...\r\nend\r\n.\r\n"
	for split := range len(whole) + 1 {
		c := f.dial(Intake)
		c.envelope()
		c.do("DATA", "354")
		c.send(whole[:split])
		c.send(whole[split:])
		c.want("250")
		c.do("QUIT", "221")
		c.closed()
	}
	stored := f.post.stored()
	if len(stored) != len(whole)+1 {
		t.Fatalf("%d messages", len(stored))
	}
	for _, m := range stored {
		if m != "Subject: x\r\n\r\n.dots\r\n..\r\nend\r\n" {
			t.Fatalf("stored %q", m)
		}
	}
}

// reference reads a message the slow way, a byte at a time over the whole input.
func reference(in []byte) (content []byte, rest []byte, ended bool) {
	line, start := []byte{}, true
	for i, c := range in {
		line = append(line, c)
		if c != '\n' {
			continue
		}
		if start && string(line) == ".\r\n" {
			return content, in[i+1:], true
		}
		crlf := bytes.HasSuffix(line, []byte("\r\n"))
		if start && line[0] == '.' {
			line = line[1:]
		}
		content, line, start = append(content, line...), line[:0:0], crlf
	}
	return content, nil, false
}

func FuzzReadData(f *testing.F) {
	for _, end := range ends {
		f.Add([]byte("a\r\n.b"+end+second), 1)
	}
	f.Add([]byte(".\r\nrest"), 0)
	f.Add(bytes.Repeat([]byte("long"), 2000), 7)
	f.Fuzz(func(t *testing.T, in []byte, dribble int) {
		var source io.Reader = bytes.NewReader(in)
		if dribble%2 == 1 {
			source = iotest.OneByteReader(source)
		}
		r := bufio.NewReaderSize(source, 16)
		b := &budget{free: 1 << 30}
		got := &text{budget: b, limit: 1 << 20}
		err := readData(r, got)
		content, rest, ended := reference(in)
		if ended != (err == nil) {
			t.Fatalf("ended %v, error %v", ended, err)
		}
		if !ended {
			return
		}
		left, _ := io.ReadAll(r)
		if !bytes.Equal(left, rest) {
			t.Fatalf("left %q, want %q", left, rest)
		}
		clean := !bytes.ContainsAny(bytes.ReplaceAll(content, []byte("\r\n"), nil), "\r\n\x00")
		if (got.fault == nil) != (clean && len(content) > 0) {
			t.Fatalf("content %q: fault %v", content, got.fault)
		}
		if got.fault == nil && !bytes.Equal(got.bytes, content) {
			t.Fatalf("read %q, want %q", got.bytes, content)
		}
		got.drop()
		if b.free != 1<<30 {
			t.Fatalf("%d bytes of the budget are missing", 1<<30-b.free)
		}
	})
}
