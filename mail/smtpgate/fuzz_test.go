package smtpgate

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"troxymail/mail/limit"
)

var (
	replyLine = regexp.MustCompile(`^[2-5][0-9][0-9][ -][ -~]*\r\n\z`)
	endings   = regexp.MustCompile(`(?i)\r\n\.\r\n|\nBDAT +[0-9]+ +LAST`)
)

// FuzzDialogue: whatever is sent to either port, every line that comes back is a reply, nothing of the inside among
// it; what is stored was ended by one of the two ends of a message, and is clean; no panic, and all memory is
// given back.
func FuzzDialogue(f *testing.F) {
	server, _ := testTLS(f)
	fx := &fixture{t: f, post: &post{}}
	const many = 1 << 20
	var err error
	fx.server, err = New(Options{
		Courier: fx.post, Guests: guests, TLSConfig: server, PlainOnLoopback: true,
		Limits: Limits{MessageBytes: 4096, InFlight: 1 << 20,
			Caps: limit.Caps{Total: many, PreAuth: many, PerAddress: many, PerNetwork: many}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = fx.server.Shutdown(ctx)
	})
	f.Add(true, []byte("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"))
	f.Add(true, []byte("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nBDAT 3\r\nx\r\nBDAT 2 LAST\r\ny\rRSET\r\nSTARTTLS\r\n"))
	f.Add(false, []byte("EHLO x\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHJpZ2h0\r\nMAIL FROM:<alice@example.org>\r\n"))
	f.Add(false, []byte("EHLO x\r\nAUTH LOGIN\r\nYQ==\r\n*\r\nAUTH SCRAM-SHA-256 biws\r\n"))
	for _, end := range ends {
		f.Add(true, []byte("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nx"+end+second))
	}
	f.Fuzz(func(t *testing.T, intake bool, in []byte) {
		mode := Submission
		if intake {
			mode = Intake
		}
		fx.post.messages = nil
		tape := &tape{in: bytes.NewReader(in), closed: make(chan struct{})}
		fx.server.accept(tape, mode, false)
		<-tape.closed
		all := tape.out.Bytes()
		if i := bytes.Index(all, []byte("Ready to start TLS\r\n")); i >= 0 {
			all = all[:i+len("Ready to start TLS\r\n")] // an alert may follow
		}
		for _, line := range bytes.SplitAfter(all, []byte("\n")) {
			if len(line) > 0 && (!replyLine.Match(line) || bytes.Contains(line, []byte("secret"))) {
				t.Fatalf("%q answered with %q", in, line)
			}
		}
		stored := fx.post.stored()
		if whole := string(in) + "\r\n.\r\n"; len(stored) > len(endings.FindAllString("\n"+whole, -1))+1 {
			t.Fatalf("%q made %d messages", in, len(stored))
		}
		for _, m := range stored {
			if strings.ContainsAny(strings.ReplaceAll(m, "\r\n", ""), "\r\n\x00") {
				t.Fatalf("%q was stored", m)
			}
		}
		if n := fx.server.panics.Load(); n > 0 {
			t.Fatalf("%q made a panic", in)
		}
		for m := range fx.server.budgets {
			if free := fx.server.budgets[m].free; free != 1<<20 {
				t.Fatalf("%q keeps %d bytes of the budget", in, 1<<20-free)
			}
		}
	})
}

// tape is a connection from this machine whose client says in, whatever it hears, from the greeting on.
type tape struct {
	onLoopback
	in     *bytes.Reader
	out    bytes.Buffer
	closed chan struct{}
	once   sync.Once
}

// Read implements net.Conn.
func (c *tape) Read(p []byte) (int, error) {
	if c.out.Len() == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return c.in.Read(p)
}

// Write implements net.Conn.
func (c *tape) Write(p []byte) (int, error) { return c.out.Write(p) }

// Close implements net.Conn.
func (c *tape) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

// SetDeadline implements net.Conn.
func (c *tape) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn.
func (c *tape) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.Conn.
func (c *tape) SetWriteDeadline(time.Time) error { return nil }
