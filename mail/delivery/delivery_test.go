package delivery

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

func TestFind(t *testing.T) {
	w := newWorld(t, "alice@example.org", "carol+x@example.org", "zoe@other.net")
	w.create("small@example.org", 100)
	w.create("off@example.org", 0)
	if err := w.admin.Enable(t.Context(), "off@example.org", false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		address Address
		size    int64
		want    error
	}{
		{at("alice"), 0, nil}, {at("ALICE"), 0, nil}, {at("alice+tag"), 0, nil}, {at("alice+a+b"), 0, nil},
		{Address{"alice", "EXAMPLE.org"}, 0, nil}, {at("carol+x"), 0, nil}, {Address{"zoe", "other.net"}, 0, nil},
		{at("carol"), 0, ErrUnknown}, {at("bob"), 0, ErrUnknown}, {at("+alice"), 0, ErrUnknown},
		{at("a b"), 0, ErrUnknown}, {at("jürgen"), 0, ErrUnknown},
		{Address{"bob", "other.net"}, 0, ErrElsewhere}, {Address{"alice", "example.org.evil.net"}, 0, ErrElsewhere},
		{at("off"), 0, ErrDisabled}, {at("small"), 100, nil}, {at("small"), 101, ErrTooLarge},
	} {
		if _, err := w.courier.Find(t.Context(), c.address, c.size); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.address, err, c.want)
		}
	}
	if err := w.courier.Deliver(t.Context(), make([]byte, 90), []*Recipient{w.find(at("small"))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.courier.Find(t.Context(), at("small"), 20); !errors.Is(err, ErrOverQuota) {
		t.Errorf("nearly full: %v", err)
	}
	w.cluster.down = true
	if _, err := w.courier.Find(t.Context(), at("alice"), 0); !errors.Is(err, ErrUnavailable) {
		t.Errorf("no quorum: %v", err)
	}
}

func TestPostmaster(t *testing.T) {
	w := newWorld(t)
	if _, err := w.courier.Find(t.Context(), Address{Local: "postmaster"}, 0); !errors.Is(err, ErrUnknown) {
		t.Fatalf("no account at all: %v", err)
	}
	w.create("zoe@example.org", 0)
	w.create("bob@example.org", 0)
	for _, a := range []Address{{Local: "Postmaster"}, at("postmaster")} {
		if err := w.courier.Deliver(t.Context(), []byte("x\r\n"), []*Recipient{w.find(a)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.inbox("bob@example.org")); n != 2 {
		t.Fatalf("the first account has %d messages", n)
	}
	w.create("postmaster@example.org", 0)
	if err := w.courier.Deliver(t.Context(), []byte("y\r\n"), []*Recipient{w.find(Address{Local: "POSTMASTER"})}); err != nil {
		t.Fatal(err)
	}
	if got := w.inbox("postmaster@example.org"); !slices.Equal(got, []string{"y\r\n"}) {
		t.Fatalf("its own account has %q", got)
	}
	if _, err := w.courier.Find(t.Context(), Address{"postmaster", "other.net"}, 0); !errors.Is(err, ErrElsewhere) {
		t.Errorf("another domain's: %v", err)
	}
}

func TestDeliverToMany(t *testing.T) {
	w := newWorld(t, "alice@example.org", "bob@example.org")
	alice, bob := w.find(at("alice")), w.find(at("bob"))
	small, large := "Subject: x\r\n\r\nsmall\r\n", "Subject: y\r\n\r\n"+strings.Repeat("large\r\n", 30_000)
	for _, raw := range []string{small, large} {
		if err := w.courier.Deliver(t.Context(), []byte(raw), []*Recipient{bob, alice, bob}); err != nil {
			t.Fatal(err)
		}
	}
	for _, address := range []string{"alice@example.org", "bob@example.org"} {
		if got := w.inbox(address); !slices.Equal(got, []string{small, large}) {
			t.Errorf("%s has %d messages", address, len(got))
		}
	}
	if n := w.cluster.commands[command.KindDeliver]; n != 2 || len(w.cluster.bodies) != 1 {
		t.Errorf("%d commands, %d bodies", n, len(w.cluster.bodies))
	}
}

// As many recipients as may be, with headers that would not fit the command a hundred times: one command.
func TestDeliverToTheMost(t *testing.T) {
	w := newWorld(t)
	var to []*Recipient
	for i := range MaxRecipients {
		w.create(fmt.Sprintf("u%d@example.org", i), 0)
		to = append(to, w.find(at(fmt.Sprintf("u%d", i))))
	}
	raw := "Subject: " + strings.Repeat("long ", 3000) + "\r\n\r\n" + strings.Repeat("text\r\n", 7000)
	if err := w.courier.Deliver(t.Context(), []byte(raw), to); err != nil {
		t.Fatal(err)
	}
	if n := w.cluster.commands[command.KindDeliver]; n != 1 || w.cluster.largest > wire.MaxCommandBytes {
		t.Fatalf("%d commands, the largest of %d bytes", n, w.cluster.largest)
	}
	for _, i := range []int{0, 57, MaxRecipients - 1} {
		if got := w.inbox(fmt.Sprintf("u%d@example.org", i)); !slices.Equal(got, []string{raw}) {
			t.Errorf("recipient %d has %d messages", i, len(got))
		}
	}
	if err := w.courier.Deliver(t.Context(), []byte(raw), append(to, &Recipient{})); !errors.Is(err, ErrInternal) {
		t.Errorf("one more: %v", err)
	}
}

// What changes between RCPT and the end of the message is refused by the state machine, for all.
func TestRefusedByTheStateMachine(t *testing.T) {
	w := newWorld(t, "alice@example.org", "off@example.org", "gone@example.org")
	w.create("small@example.org", 50)
	to := map[string]*Recipient{}
	for _, local := range []string{"alice", "off", "gone", "small"} {
		to[local] = w.find(at(local))
	}
	if err := errors.Join(w.admin.Enable(t.Context(), "off@example.org", false),
		w.admin.Remove(t.Context(), "gone@example.org")); err != nil {
		t.Fatal(err)
	}
	for local, want := range map[string]error{"off": ErrDisabled, "gone": ErrUnknown, "small": ErrOverQuota} {
		raw := []byte(strings.Repeat("x", 60))
		if err := w.courier.Deliver(t.Context(), raw, []*Recipient{to["alice"], to[local]}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", local, err, want)
		}
	}
	if n := len(w.inbox("alice@example.org")); n != 0 {
		t.Errorf("alice has %d messages", n)
	}
}

// An account that was removed and made anew gets nothing that was sealed for the one before; the next message, sealed
// for it, reaches it.
func TestAccountsMadeAnew(t *testing.T) {
	for _, remembered := range []bool{false, true} {
		w := newWorld(t, "alice@example.org")
		if remembered {
			if err := w.courier.Deliver(t.Context(), []byte("before\r\n"), []*Recipient{w.find(at("alice"))}); err != nil {
				t.Fatal(err)
			}
		}
		old := w.find(at("alice"))
		if err := w.admin.Remove(t.Context(), "alice@example.org"); err != nil {
			t.Fatal(err)
		}
		w.create("alice@example.org", 0)
		if err := w.courier.Deliver(t.Context(), []byte("old\r\n"), []*Recipient{old}); !errors.Is(err, ErrChanged) {
			t.Errorf("remembered %v: %v", remembered, err)
		}
		if err := w.courier.Deliver(t.Context(), []byte("new\r\n"), []*Recipient{w.find(at("alice"))}); err != nil {
			t.Errorf("remembered %v, found anew: %v", remembered, err)
		}
		if got := w.inbox("alice@example.org"); !slices.Equal(got, []string{"new\r\n"}) {
			t.Errorf("remembered %v: alice has %q", remembered, got)
		}
	}
}

// No quorum: an error, and when only the answer was lost, the message is there once.
func TestUnanswered(t *testing.T) {
	w := newWorld(t, "alice@example.org")
	alice := w.find(at("alice"))
	if _, err := w.courier.inbox(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	w.cluster.down = true
	for _, n := range []int{10, wire.InlineBodyBytes + 1} {
		if err := w.courier.Deliver(t.Context(), make([]byte, n), []*Recipient{alice}); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	w.cluster.down, w.cluster.lost = false, true
	if err := w.courier.Deliver(t.Context(), []byte("x\r\n"), []*Recipient{alice}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("answer lost: %v", err)
	}
	w.cluster.lost = false
	if got := w.inbox("alice@example.org"); !slices.Equal(got, []string{"x\r\n"}) {
		t.Errorf("alice has %q", got)
	}
}

func TestCompose(t *testing.T) {
	w := newWorld(t)
	trace := Trace{Helo: "client", Peer: netip.MustParseAddr("2001:db8::1"), By: "mx", With: "ESMTPS", Sender: "a@b", For: "c@d"}
	compose := func(raw string) string {
		t.Helper()
		b, id, err := w.courier.Compose([]byte(raw), &trace)
		if err != nil || !strings.Contains(string(b), "with ESMTPS id "+id) {
			t.Fatalf("%q: %v", raw, err)
		}
		return string(b)
	}
	got := compose("Subject: x\r\nReturn-Path: <forged@x>\r\n\r\nbody\r\n")
	for _, want := range []string{"Return-Path: <a@b>\r\nReceived: from client ([IPv6:2001:db8::1])\r\n\tby mx ", "for <c@d>;",
		"\r\nDate: ", "\r\nMessage-ID: <", "\r\nSubject: x\r\n\r\nbody\r\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
	if strings.Contains(got, "forged") {
		t.Error("a forged Return-Path stays")
	}
	got = compose("DATE: d\r\nmessage-id: <m>\r\n\r\nDate: in the body\r\n")
	if strings.Count(strings.ToLower(got), "\r\ndate:") != 2 || strings.Count(strings.ToLower(got), "message-id") != 1 {
		t.Errorf("added what was there: %q", got)
	}
	for _, raw := range []string{"no header\r\n", " folded\r\n"} {
		if got := compose(raw); !strings.HasSuffix(got, "\r\n\r\n"+raw) {
			t.Errorf("%q became a part of the header: %q", raw, got)
		}
	}
	for _, field := range []string{"Received", "return-path"} {
		_, _, err := w.courier.Compose([]byte(strings.Repeat(field+": x\r\n", MaxHops+1)+"\r\n"), &trace)
		if !errors.Is(err, ErrLoop) {
			t.Errorf("a loop by %s: %v", field, err)
		}
	}
	trace.Account = "alice@example.org"
	for from, ok := range map[string]bool{
		"From: alice@example.org": true, "from: Alice <ALICE+x@Example.org>": true, "From: a@b <alice@example.org>": false,
		"From: \"bob@x\" <alice@example.org>": true, "From: alice@example.org, Alice <alice+y@example.org>": true,
		"From: bob@example.org": false, "From: alice@example.org, bob@example.org": false, "From: alice@example.org.evil": false,
		"From: alice@example.org\r\nFrom: bob@x": false, "Subject: none": false, "From: group: alice@example.org;": false,
		"From:": false, "From : bob@x": false, "From : alice@example.org": false, "From\t: alice@example.org": false, "From: alice@example.org\r\nFROM: alice@example.org": false,
	} {
		_, _, err := w.courier.Compose([]byte(from+"\r\n\r\nx\r\n"), &trace)
		if ok != (err == nil) || err != nil && !errors.Is(err, ErrFrom) {
			t.Errorf("%q: %v", from, err)
		}
	}
}

func TestOwns(t *testing.T) {
	for a, want := range map[Address]bool{
		at("alice"): true, at("Alice+tag"): true, at("bob"): false, at("alice.x"): false, {}: false,
		{"alice", "other.net"}: false, {Local: "alice"}: false, at("+alice"): false,
	} {
		if Owns("alice@example.org", a) != want {
			t.Errorf("%v: not %v", a, want)
		}
	}
}
