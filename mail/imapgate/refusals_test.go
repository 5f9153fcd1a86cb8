package imapgate

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

var (
	tryCreate   = &imap.Error{Type: "NO", Code: imap.ResponseCodeTryCreate, Text: "No such mailbox"}
	unavailable = &imap.Error{Type: "NO", Code: imap.ResponseCodeUnavailable, Text: "No quorum"}
)

// refuseCall makes a hook that fails the calls of one name.
func refuseCall(name string, err error) func(context.Context, string) error {
	return func(_ context.Context, call string) error {
		if strings.HasPrefix(call, name) {
			return err
		}
		return nil
	}
}

func mustDial(t testing.TB, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// ctxShutdown ends the server; when it returns no connection is being served.
func ctxShutdown(t testing.TB, g *gate) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := g.server.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
}
