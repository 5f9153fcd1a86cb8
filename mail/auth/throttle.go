package auth

import (
	"net/netip"
	"time"
)

// How failed logins slow down. Every failure beyond the free ones doubles the delay, up to a bound; the
// memory of failures fades by one each Forget.
const (
	// FirstDelay is the delay after the first failure that is not free.
	FirstDelay = time.Second
	// MaxPrefixDelay bounds the delay that an address prefix earns.
	MaxPrefixDelay = 8 * time.Second
	// MaxAccountDelay bounds the delay that an account earns: anybody can cause it, so its owner, coming
	// from an address without failures, waits no longer than this.
	MaxAccountDelay = 4 * time.Second
	// MaxConnectionDelay bounds the delay that a connection earns.
	MaxConnectionDelay = 8 * time.Second
	// Forget is how long it takes until one failure is forgotten.
	Forget = time.Minute

	freePrefix     = 4 // failures without delay: one person's typing
	freeAccount    = 8
	freeConnection = 1
	maxFailures    = 64 // what is counted at most, so that an hour forgets all

	// MaxThrottled bounds each of Throttle's tables, in entries.
	MaxThrottled = 8192
)

// Throttle remembers failed logins by address prefix (/24, /56) and by account. Pure: not safe for
// concurrent use, no clock of its own.
type Throttle struct {
	prefixes table[netip.Prefix]
	accounts table[[16]byte]
	friends  table[friend]
}

// friend is an account together with a prefix that its owner logged in from.
type friend struct {
	prefix  netip.Prefix
	account [16]byte
}

// NewThrottle returns an empty throttle.
func NewThrottle() *Throttle { return &Throttle{} }

// Delay returns how long an attempt has to wait before it is looked at: what its connection, its address
// prefix and the account that it names earned, whichever is longest. connection is how many attempts failed
// on that connection. Never more than MaxPrefixDelay or MaxConnectionDelay. A prefix that the account was
// logged in from lately does not pay for others' failures at the account.
func (t *Throttle) Delay(now time.Time, peer netip.Addr, account [16]byte, connection int) time.Duration {
	p := Prefix(peer)
	d := max(delay(connection-freeConnection, MaxConnectionDelay),
		delay(t.prefixes.count(now, p)-freePrefix, MaxPrefixDelay))
	if t.friends.count(now, friend{p, account}) > 0 {
		return d
	}
	return max(d, delay(t.accounts.count(now, account)-freeAccount, MaxAccountDelay))
}

// Failed notes a failed login. Call it only when the password was wrong or the account unknown, never
// when the cluster could not be asked.
func (t *Throttle) Failed(now time.Time, peer netip.Addr, account [16]byte) {
	t.prefixes.add(now, Prefix(peer), 1)
	t.accounts.add(now, account, 1)
}

// Succeeded notes a login. It does not clear failures: an attacker with an account of his own would.
func (t *Throttle) Succeeded(now time.Time, peer netip.Addr, account [16]byte) {
	t.friends.add(now, friend{Prefix(peer), account}, maxFailures)
}

// Prefix returns the prefix that an address's failures count for: /24 for IPv4, /56 for IPv6 (what one
// subscriber commonly gets). The zero address has one of its own.
func Prefix(peer netip.Addr) netip.Prefix {
	peer = peer.Unmap().WithZone("")
	bits := 56
	if peer.Is4() {
		bits = 24
	}
	p, err := peer.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// delay doubles FirstDelay for each failure over, up to max.
func delay(over int, most time.Duration) time.Duration {
	if over <= 0 {
		return 0
	}
	return min(FirstDelay<<min(over-1, 10), most)
}

// table counts events by key; the counts fade. Bounded: when it is full, the oldest half leaves.
type table[K comparable] struct {
	young, old map[K]tally
}

type tally struct {
	n    int
	last time.Time // up to when fading is accounted for
}

func (a tally) at(now time.Time) tally {
	faded := int(max(now.Sub(a.last), 0) / Forget)
	if faded >= a.n {
		return tally{last: now}
	}
	return tally{n: a.n - faded, last: a.last.Add(time.Duration(faded) * Forget)}
}

func (t *table[K]) get(k K) tally {
	if a, ok := t.young[k]; ok {
		return a
	}
	return t.old[k]
}

func (t *table[K]) count(now time.Time, k K) int { return t.get(k).at(now).n }

func (t *table[K]) add(now time.Time, k K, n int) {
	a := t.get(k).at(now)
	if a.n == 0 {
		a.last = now
	}
	a.n = min(a.n+n, maxFailures)
	if t.young == nil || len(t.young) >= MaxThrottled/2 {
		t.old, t.young = t.young, make(map[K]tally)
	}
	t.young[k] = a
	delete(t.old, k)
}
