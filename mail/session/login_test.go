package session

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/mail/auth"
	"troxymail/mailstore/command"
)

func TestLogin(t *testing.T) {
	w := newWorld(t, nil)
	w.do(w.admin.Create(t.Context(), "off@example.org", password, 0))
	w.do(w.admin.Enable(t.Context(), "off@example.org", false))
	for _, c := range []struct {
		what, username, password string
		want                     imap.ResponseCode
	}{
		{"right", "Alice.Canary@EXAMPLE.org", password, ""},
		{"wrong password", alice, "x", imap.ResponseCodeAuthenticationFailed},
		{"no password", alice, "", imap.ResponseCodeAuthenticationFailed},
		{"huge password", alice, strings.Repeat("x", 1<<20), imap.ResponseCodeAuthenticationFailed},
		{"unknown", "nobody@example.org", password, imap.ResponseCodeAuthenticationFailed},
		{"no address", "nobody", password, imap.ResponseCodeAuthenticationFailed},
		{"nothing", "", "", imap.ResponseCodeAuthenticationFailed},
		{"disabled", "off@example.org", password, imap.ResponseCodeAuthorizationFailed},
		{"disabled, wrong password", "off@example.org", "x", imap.ResponseCodeAuthenticationFailed},
	} {
		from := netip.AddrFrom4([4]byte{10, 0, byte(len(c.what)), 1})
		s, err := w.servers[0].Login(t.Context(), from, c.username, c.password)
		if code(err) != c.want || (err == nil) != (s != nil) {
			t.Errorf("%s: %v, want %s", c.what, err, c.want)
		}
		if s != nil {
			w.do(s.Close())
			w.do(s.Close())
			if _, err := s.Select(t.Context(), "INBOX", false); err != error(errClosed) {
				t.Errorf("after Close: %v", err)
			}
		}
	}
}

// Failed logins slow down, per connection and per account; the right password still works, and an
// unavailable cluster is nobody's failure.
func TestFailedLoginsSlowDown(t *testing.T) {
	w := newWorld(t, nil)
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		g := w.servers[0].NewGuest(netip.MustParseAddr("203.0.113.1"))
		var took []time.Duration
		for range 6 {
			start := time.Now()
			if _, err := g.Login(ctx, alice, "wrong"); err != error(errAuthFailed) {
				t.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
		for i, want := range []time.Duration{0, 0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
			if took[i] != want {
				t.Errorf("attempt %d waited %v, want %v", i+1, took[i], want)
			}
		}
		w.replicas[0].down = true
		other := w.servers[0].NewGuest(netip.MustParseAddr("198.51.100.1"))
		for range 20 {
			if _, err := other.Login(ctx, alice, password); err != error(errNoQuorum) {
				t.Fatalf("without a quorum: %v", err)
			}
		}
		if other.Failures() != 0 {
			t.Error("an unavailable cluster counted as a failed login")
		}
		w.replicas[0].down = false
		start := time.Now()
		s, err := other.Login(ctx, alice, password)
		if err != nil || time.Since(start) > auth.MaxAccountDelay {
			t.Fatalf("the owner: %v after %v", err, time.Since(start))
		}
		s.Close()
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if _, err := g.Login(short, alice, password); err != error(errBusyLogin) {
			t.Errorf("a caller that gave up: %v", err)
		}
	})
}

func TestSessionsOfAnAccountAreBounded(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Limits.SessionsPerAccount = 2 })
	first := w.login(0)
	w.login(0)
	_, err := w.servers[0].Login(t.Context(), peer, alice, password)
	w.wantCode(err, imap.ResponseCodeLimit)
	w.do(first.Close())
	w.do(first.Close())
	w.login(0)
	_, err = w.servers[0].Login(t.Context(), peer, alice, password)
	w.wantCode(err, imap.ResponseCodeLimit)
	if n := len(w.cluster.watchers); n != 2 {
		t.Errorf("%d watches for 2 sessions", n)
	}
}

// A changed password, a disabled or removed account ends its sessions, at once by a hint and within
// AccountCheck without one.
func TestChangedAccountsEndTheirSessions(t *testing.T) {
	for _, hinted := range []bool{true, false} {
		for what, change := range map[string]func(w *world) error{
			"password": func(w *world) error { return w.admin.SetPassword(w.Context(), alice, "another") },
			"disabled": func(w *world) error { return w.admin.Enable(w.Context(), alice, false) },
			"removed":  func(w *world) error { return w.admin.Remove(w.Context(), alice) },
		} {
			now := time.Now()
			w := newWorld(t, func(o *Options) { o.Now = func() time.Time { return now } })
			s, c := w.opened(0, "INBOX")
			if !hinted {
				clear(w.cluster.watchers)
			}
			w.do(change(w))
			if !hinted {
				now = now.Add(AccountCheck)
			}
			for range 2 {
				err := s.Poll(t.Context(), c, true)
				var e *imap.Error
				if !errors.As(err, &e) || e.Type != imap.StatusResponseTypeBye {
					t.Errorf("%s, hinted %v: %v", what, hinted, err)
				}
			}
			if _, err := s.Select(t.Context(), "INBOX", false); err != error(errAccountEnded) {
				t.Errorf("%s, hinted %v: SELECT says %v", what, hinted, err)
			}
		}
	}
}

// Within AccountCheck and without a hint, a disabled account still reads nothing: the mailbox read itself
// is refused.
func TestADisabledAccountReadsNothing(t *testing.T) {
	now := time.Now()
	w := newWorld(t, func(o *Options) { o.Now = func() time.Time { return now } })
	s, c := w.opened(0, "INBOX")
	clear(w.cluster.watchers)
	w.do(w.admin.Remove(t.Context(), alice))
	if err := s.Poll(t.Context(), c, true); err != error(errAccountEnded) {
		t.Errorf("Poll of a removed account: %v", err)
	}
}

func TestWithoutAQuorum(t *testing.T) {
	w := newWorld(t, nil)
	s, c := w.opened(0, "INBOX")
	c.appendTo(s, "INBOX", mail("one"))
	c.poll(s)
	ctx, text := t.Context(), mail("two")
	w.replicas[0].down = true
	each, _ := c.responses()
	for what, err := range map[string]error{
		"poll":  s.Poll(ctx, c, true),
		"fetch": s.Fetch(ctx, c, seqs(1), &imap.FetchOptions{Flags: true}, each),
		"list":  s.List(ctx, "", []string{"*"}, nil, nil),
		"append": func() error {
			_, err := s.Append(ctx, "INBOX", strings.NewReader(text), int64(len(text)), nil)
			return err
		}(),
	} {
		if code(err) != imap.ResponseCodeUnavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
	w.replicas[0].down = false
	c.poll(s)
	if answer := c.store(s, seqs(1), add(imap.FlagSeen)); answer != `1 (\Seen)` {
		t.Errorf("a session does not outlive an APPEND without an answer: %s", answer)
	}
}

// After a write whose outcome is unknown, the next one could be ordered before it: the session ends.
func TestNoWriteFollowsAnUnansweredOne(t *testing.T) {
	w := newWorld(t, nil)
	s, c := w.opened(0, "INBOX")
	c.appendTo(s, "INBOX", mail("one"))
	c.poll(s)
	w.replicas[0].lost = true
	if answer := c.store(s, seqs(1), add(imap.FlagSeen)); !strings.Contains(answer, "unknown whether") {
		t.Errorf("STORE answered %s", answer)
	}
	w.replicas[0].lost = false
	c.take()
	c.poll(s) // reads go on, and here it happened after all
	c.want(`1 FLAGS (\Seen)`)
	before := w.cluster.commands[command.KindStore]
	if err := s.Create(t.Context(), "x", nil); err != error(errUnanswered) {
		t.Errorf("the next write: %v", err)
	}
	if w.cluster.commands[command.KindMailboxCreate] != 0 || w.cluster.commands[command.KindStore] != before {
		t.Error("a write was ordered after one without an answer")
	}
	if err := s.Poll(t.Context(), c, true); err != error(errUnanswered) {
		t.Errorf("the session goes on: %v", err)
	}
}

// A hint that came while no quorum answered is not forgotten.
func TestAHintOutlivesAnOutage(t *testing.T) {
	now := time.Now()
	w := newWorld(t, func(o *Options) { o.Now = func() time.Time { return now } })
	s, c := w.opened(0, "INBOX")
	w.do(w.admin.SetPassword(t.Context(), alice, "another"))
	w.replicas[0].down = true
	w.wantCode(s.Poll(t.Context(), c, true), imap.ResponseCodeUnavailable)
	w.replicas[0].down = false
	if err := s.Poll(t.Context(), c, true); err != error(errAccountEnded) {
		t.Errorf("after the outage: %v", err)
	}
}
