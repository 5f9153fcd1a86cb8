package smtpgate

import (
	"bufio"
	"crypto/tls"
	"runtime"
	"strings"
	"testing"

	"troxymail/mail/limit"
)

const (
	// memoryBar is what a connection may take before its login, or its first message, in bytes.
	memoryBar   = 64 << 10
	crowd       = 150
	authRequest = "AUTH PLAIN "
)

// inUse is what the process uses, stacks included, in bytes.
func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// Whatever a stranger does and then stops doing, he takes less than memoryBar. What the client's own ends take in
// this process counts too, so the true figure is lower.
func TestMemoryBeforeLogin(t *testing.T) {
	rcpts := "EHLO there\r\nMAIL FROM:<x@elsewhere.net>\r\n" + strings.Repeat("RCPT TO:<bob@example.org>\r\n", 100)
	for _, stage := range []struct {
		name string
		mode Mode
		tls  bool
		say  string
	}{
		{"greeted", Intake, false, ""},
		{"half a command", Submission, false, "EHLO there\r\n" + strings.Repeat("x", 1500)},
		{"half of a long AUTH", Submission, false, "EHLO there\r\n" + authRequest + strings.Repeat("A", authBytes-500)},
		{"half of an endless line", Submission, false, "EHLO there\r\n" + strings.Repeat("x", skippedBytes-100)},
		{"100 recipients", Intake, false, rcpts},
		{"TLS, greeted", Submission, true, ""},
		{"TLS, half of a long AUTH", Submission, true, "EHLO there\r\n" + authRequest + strings.Repeat("A", authBytes-500)},
		{"TLS, 100 recipients", Intake, true, rcpts},
	} {
		t.Run(stage.name, func(t *testing.T) {
			f := newFixture(t, func(o *Options) {
				o.Limits.Caps = limit.Caps{Total: 2 * crowd, PreAuth: 2 * crowd, PerAddress: 2 * crowd, PerNetwork: 2 * crowd}
			})
			open := func() {
				c := f.connect(stage.mode, stage.tls)
				if stage.tls {
					c = f.secure(c)
				}
				c.want("220")
				c.send(stage.say)
				for range strings.Count(stage.say, "\r\n") {
					c.want("250")
				}
			}
			open() // what is made once
			before := inUse()
			for range crowd {
				open()
			}
			each := (inUse() - before) / crowd
			t.Logf("%d bytes a connection", each)
			if each > memoryBar {
				t.Errorf("%s: a connection takes %d bytes, more than %d", stage.name, each, memoryBar)
			}
		})
	}
}

// secure does the client's part of a handshake and keeps buffers small.
func (f *fixture) secure(c *client) *client {
	f.t.Helper()
	conn := tls.Client(c.conn, f.client)
	if err := conn.Handshake(); err != nil {
		f.t.Fatal(err)
	}
	return &client{t: f.t, conn: conn, r: bufio.NewReaderSize(conn, 16)}
}
