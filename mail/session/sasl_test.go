package session

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/integration/scram"
	"troxymail/mail/auth"
	"troxymail/mail/sasl"
)

var _ sasl.Checker = (*Guest)(nil)

// bySCRAM logs a guest in and returns the challenge too.
func bySCRAM(t *testing.T, g *Guest, username, password string) (challenge string, err error) {
	t.Helper()
	c := scram.New(username, password)
	mechanism, response, _ := c.Start()
	x := sasl.Begin(mechanism, g, "0123456789abcdefghijkl")
	for {
		said, done, err := x.Next(t.Context(), response)
		if err != nil || done {
			if done && !c.Verified {
				t.Error("in without the server's proof")
			}
			return challenge, err
		}
		if challenge == "" {
			challenge = string(said)
		}
		if response, err = c.Next(said); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSCRAMLogins(t *testing.T) {
	w := newWorld(t, nil)
	w.do(w.admin.Create(t.Context(), "off@example.org", password, 0))
	w.do(w.admin.Enable(t.Context(), "off@example.org", false))
	app, err := auth.NewAppPassword(w.servers[0].rand)
	w.do(err)
	w.do(w.admin.AddAppPassword(t.Context(), alice, "phone", app))
	for i, c := range []struct {
		what, username, password string
		want                     imap.ResponseCode
	}{
		{"right", "Alice.Canary@EXAMPLE.org", password, ""},
		{"an app password", alice, app, ""},
		{"wrong password", alice, "x", imap.ResponseCodeAuthenticationFailed},
		{"unknown", "nobody@example.org", password, imap.ResponseCodeAuthenticationFailed},
		{"no address", "nobody", password, imap.ResponseCodeAuthenticationFailed},
		{"disabled", "off@example.org", password, imap.ResponseCodeAuthorizationFailed},
	} {
		g := w.servers[0].NewGuest(netip.AddrFrom4([4]byte{10, 0, byte(i), 1}))
		_, err := bySCRAM(t, g, c.username, c.password)
		if code(err) != c.want {
			t.Errorf("%s: %v, want %s", c.what, err, c.want)
		}
		s, err := g.Open()
		if (err == nil) != (c.want == "") || (g.Identity().Address == alice) != (c.want == "") {
			t.Errorf("%s: session %v, identity %+v", c.what, err, g.Identity())
		}
		if s != nil {
			w.do(s.Close())
		}
	}
	w.do(w.admin.RemoveAppPassword(t.Context(), alice, "phone"))
	if _, err := bySCRAM(t, w.servers[0].NewGuest(peer), alice, app); code(err) != imap.ResponseCodeAuthenticationFailed {
		t.Errorf("a removed app password: %v", err)
	}
}

// What a stranger is told of an account is the same at all replicas, at all times, and says not whether it exists.
func TestChallengesTellNothing(t *testing.T) {
	w := newWorld(t, nil)
	salt := func(replica int, username string) string {
		challenge, _ := bySCRAM(t, w.servers[replica].NewGuest(peer), username, "x")
		parts := strings.Split(challenge, ",")
		if len(parts) != 3 || parts[2] != "i=4096" {
			t.Fatalf("challenge %q", challenge)
		}
		return parts[1]
	}
	before := salt(0, "bob@example.net")
	if before == salt(0, alice) || before == salt(0, "carol@example.net") {
		t.Error("two accounts have one salt")
	}
	if salt(1, "BOB@example.net") != before {
		t.Error("the salt of nobody changes from replica to replica")
	}
	w.do(w.admin.Create(t.Context(), "bob@example.net", password, 0))
	if salt(0, "bob@example.net") != before {
		t.Error("the salt shows that there is an account now")
	}
}

// Failures by one mechanism, or on one connection, delay the others: an account's and an address's limits are one,
// whichever protocol a connection speaks.
func TestMechanismsShareTheirLimits(t *testing.T) {
	w := newWorld(t, nil)
	synctest.Test(t, func(t *testing.T) {
		g := w.servers[0].NewGuest(netip.MustParseAddr("203.0.113.1"))
		for range 2 {
			if _, err := bySCRAM(t, g, alice, "x"); code(err) != imap.ResponseCodeAuthenticationFailed {
				t.Fatal(err)
			}
			if err := g.CheckPassword(t.Context(), alice, "x"); code(err) != imap.ResponseCodeAuthenticationFailed {
				t.Fatal(err)
			}
		}
		if g.Failures() != 4 {
			t.Errorf("%d failures", g.Failures())
		}
		start := time.Now()
		if _, err := bySCRAM(t, g, alice, password); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 4*time.Second {
			t.Errorf("the fifth attempt waited %v", waited)
		}
		for i, want := range []time.Duration{0, time.Second} { // four failures of a prefix are free
			near := w.servers[0].NewGuest(netip.MustParseAddr("203.0.113.77"))
			start := time.Now()
			if _, err := bySCRAM(t, near, "bob@example.org", "x"); code(err) != imap.ResponseCodeAuthenticationFailed {
				t.Fatal(err)
			}
			if waited := time.Since(start); waited != want {
				t.Errorf("neighbour %d waited %v, want %v", i, waited, want)
			}
		}
	})
}
