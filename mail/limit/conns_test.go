package limit

import (
	"errors"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestCapsAreHeld(t *testing.T) {
	caps := Caps{Total: 5, PreAuth: 4, PerAddress: 2, PerNetwork: 3}
	steps := []struct {
		peer string
		want error
	}{
		{"192.0.2.1", nil},
		{"::ffff:192.0.2.1", nil}, // the same IPv4 address in IPv6 form
		{"192.0.2.1", ErrAddress},
		{"192.0.2.2", nil},
		{"2001:db8::1", nil},
		{"2001:db8::2", ErrPreAuth},
	}
	c := NewConns(caps)
	var open []*Ticket
	for i, s := range steps {
		ticket, err := c.Open(netip.MustParseAddr(s.peer))
		if !errors.Is(err, s.want) {
			t.Fatalf("step %d from %s: got %v, want %v", i, s.peer, err, s.want)
		}
		if ticket != nil {
			open = append(open, ticket)
		}
	}
	open[0].LoggedIn()
	open[0].LoggedIn() // counts once
	if _, err := c.Open(netip.MustParseAddr("2001:db8::2")); err != nil {
		t.Fatalf("after a login there is room before login: %v", err)
	}
	open[1].LoggedIn()
	if _, err := c.Open(netip.MustParseAddr("198.51.100.1")); !errors.Is(err, ErrTotal) {
		t.Fatalf("total: got %v", err)
	}
}

func TestIPv6NetworkSharesItsCap(t *testing.T) {
	c := NewConns(Caps{Total: 100, PreAuth: 100, PerAddress: 10, PerNetwork: 3})
	for _, a := range []string{"2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:ff::9"} {
		if _, err := c.Open(netip.MustParseAddr(a)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Open(netip.MustParseAddr("2001:db8:0:3::1")); !errors.Is(err, ErrAddress) {
		t.Fatalf("fourth address of one /56: got %v", err)
	}
	if _, err := c.Open(netip.MustParseAddr("2001:db8:0:100::1")); err != nil {
		t.Fatalf("the next /56 has its own share: %v", err)
	}
}

// Whatever is opened, logged in and closed in whatever order, the counts equal a plain list and the
// table is empty once everything is closed.
func TestCountsEqualAPlainList(t *testing.T) {
	peers := []string{"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:1::1"}
	rapid.Check(t, func(t *rapid.T) {
		c := NewConns(Caps{Total: 6, PreAuth: 4, PerAddress: 2, PerNetwork: 3})
		type entry struct {
			ticket *Ticket
			in     bool
		}
		var open []*entry
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch op := rapid.IntRange(0, 2).Draw(t, "op"); {
			case op == 0 || len(open) == 0:
				peer := netip.MustParseAddr(rapid.SampledFrom(peers).Draw(t, "peer"))
				if ticket, err := c.Open(peer); err == nil {
					open = append(open, &entry{ticket: ticket})
				}
			case op == 1:
				e := open[rapid.IntRange(0, len(open)-1).Draw(t, "login")]
				e.ticket.LoggedIn()
				e.in = true
			default:
				i := rapid.IntRange(0, len(open)-1).Draw(t, "close")
				open[i].ticket.Close()
				open[i].ticket.Close()
				open = append(open[:i], open[i+1:]...)
			}
			pre := 0
			for _, e := range open {
				if !e.in {
					pre++
				}
			}
			if total, preAuth := c.Count(); total != len(open) || preAuth != pre {
				t.Fatalf("count %d/%d, list %d/%d", total, preAuth, len(open), pre)
			}
			if pre > 4 || len(open) > 6 {
				t.Fatalf("caps passed: %d open, %d before login", len(open), pre)
			}
		}
		for _, e := range open {
			e.ticket.Close()
		}
		if len(c.used) != 0 {
			t.Fatalf("%d networks left in the table", len(c.used))
		}
	})
}
