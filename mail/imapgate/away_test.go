package imapgate

import (
	"crypto/tls"
	"testing"
)

// Whoever is sent away hears so at once: in IDLE, between commands, before login, and when it connects. Afterwards clients
// are welcome again.
func TestSendAway(t *testing.T) {
	g := open(t)
	idle, waiting, guest := g.selectInbox(), g.login(), g.dial()
	idle.send("a IDLE\r\n")
	idle.expect("+ idling")
	g.server.SendAway("Elsewhere, please")
	for _, c := range []*client{idle, waiting, guest} {
		c.expect("* BYE Elsewhere, please")
		c.expectClosed()
	}
	conn, err := tls.Dial("tcp", g.implicit.String(), g.clientTLS)
	if err != nil {
		t.Fatal(err)
	}
	late := newClient(t, conn)
	late.expect("* BYE Elsewhere, please")
	late.expectClosed()
	g.server.Welcome()
	g.login()
}
