package clients

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// sink is a mail delivery agent: an LMTP server (RFC 2033) that keeps in memory what it gets. Safe for
// concurrent use.
type sink struct {
	mu  sync.Mutex
	got strings.Builder
}

// newSink serves a sink until the test ends and returns its port.
func newSink(t *testing.T) (*sink, string) {
	t.Helper()
	s := &sink{}
	server := smtp.NewServer(s)
	server.LMTP, server.Domain = true, "localhost"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var group sync.WaitGroup
	group.Go(func() { server.Serve(l) })
	t.Cleanup(func() {
		server.Close()
		group.Wait()
	})
	_, port := split(t, l.Addr().String())
	return s, port
}

// all returns everything that was delivered, lines ended by line feeds.
func (s *sink) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.String()
}

// NewSession makes the sink a smtp.Backend.
func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return delivery{s}, nil }

// delivery is one connection to a sink.
type delivery struct{ s *sink }

func (delivery) Reset()                               {}
func (delivery) Logout() error                        { return nil }
func (delivery) Mail(string, *smtp.MailOptions) error { return nil }
func (delivery) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (d delivery) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	d.s.got.WriteString(strings.ReplaceAll(string(text), "\r\n", "\n"))
	return err
}
