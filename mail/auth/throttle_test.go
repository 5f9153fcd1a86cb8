package auth

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	start    = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	attacker = netip.MustParseAddr("203.0.113.7")
	owner    = netip.MustParseAddr("198.51.100.9")
	alice    = [16]byte{1}
	bob      = [16]byte{2}
)

func TestDelaysGrowAndAreBounded(t *testing.T) {
	th := NewThrottle()
	last := time.Duration(0)
	for range 40 {
		d := th.Delay(start, attacker, alice, 0)
		if d < last {
			t.Fatalf("delay fell from %v to %v", last, d)
		}
		last = d
		th.Failed(start, attacker, alice)
	}
	if last != MaxPrefixDelay {
		t.Errorf("after 40 failures the delay is %v, want %v", last, MaxPrefixDelay)
	}
	for n, want := range []time.Duration{0, 0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
		8 * time.Second} {
		if d := th.Delay(start, owner, bob, n); d != want {
			t.Errorf("connection with %d failures: %v, want %v", n, d, want)
		}
	}
}

// Whatever an attacker does, the account's owner waits little, and not at all from where he always comes.
func TestNobodyIsLockedOut(t *testing.T) {
	th := NewThrottle()
	home := netip.MustParseAddr("192.0.2.1")
	th.Succeeded(start, home, alice)
	for n := range 5000 {
		from := netip.AddrFrom4([4]byte{10, byte(n >> 8), byte(n), 1})
		th.Failed(start, from, alice)
	}
	if d := th.Delay(start, owner, alice, 0); d == 0 || d > MaxAccountDelay {
		t.Errorf("the owner at a new address waits %v; at most %v", d, MaxAccountDelay)
	}
	if d := th.Delay(start, home, alice, 0); d != 0 {
		t.Errorf("the owner at a known address waits %v", d)
	}
	if d := th.Delay(start, owner, bob, 0); d != 0 {
		t.Errorf("another account pays %v", d)
	}
	if d := th.Delay(start.Add(maxFailures*Forget), owner, alice, 0); d != 0 {
		t.Errorf("failures are not forgotten: %v", d)
	}
}

func TestASuccessDoesNotClearFailures(t *testing.T) {
	th := NewThrottle()
	for range 20 {
		th.Failed(start, attacker, alice)
		th.Succeeded(start, attacker, bob)
	}
	if d := th.Delay(start, attacker, alice, 0); d != MaxPrefixDelay {
		t.Errorf("an own account buys attempts: delay %v", d)
	}
}

func TestPrefixes(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"203.0.113.7", "203.0.113.250", true},
		{"203.0.113.7", "203.0.114.7", false},
		{"203.0.113.7", "::ffff:203.0.113.9", true},
		{"2001:db8:1:100::1", "2001:db8:1:1ff::2", true},
		{"2001:db8:1:100::1", "2001:db8:1:200::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
	} {
		same := Prefix(netip.MustParseAddr(c.a)) == Prefix(netip.MustParseAddr(c.b))
		if same != c.same {
			t.Errorf("%s and %s: same %v, want %v", c.a, c.b, same, c.same)
		}
	}
	if Prefix(netip.Addr{}).IsValid() {
		t.Error("no address has a prefix")
	}
}

func TestTablesAreBounded(t *testing.T) {
	th := NewThrottle()
	for n := range 3 * MaxThrottled {
		var account [16]byte
		binary.BigEndian.PutUint64(account[:], uint64(n))
		from := netip.AddrFrom4([4]byte{byte(n >> 16), byte(n >> 8), byte(n), 1})
		th.Failed(start, from, account)
		th.Succeeded(start, from, account)
	}
	for name, size := range map[string]int{
		"prefixes": len(th.prefixes.young) + len(th.prefixes.old),
		"accounts": len(th.accounts.young) + len(th.accounts.old),
		"friends":  len(th.friends.young) + len(th.friends.old),
	} {
		if size > MaxThrottled {
			t.Errorf("%s has %d entries", name, size)
		}
	}
}

// A table that is not full counts like a model that fades by one each Forget.
func TestCountsFade(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tab table[int]
		now, n, last := start, 0, start
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "seconds")) * time.Second)
			for n > 0 && now.Sub(last) >= Forget {
				n, last = n-1, last.Add(Forget)
			}
			if got := tab.count(now, 1); got != n {
				t.Fatalf("count %d, want %d", got, n)
			}
			if rapid.Bool().Draw(t, "fail") {
				if n == 0 {
					last = now
				}
				n = min(n+1, maxFailures)
				tab.add(now, 1, 1)
			}
		}
	})
}
