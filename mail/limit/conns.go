package limit

import (
	"errors"
	"net/netip"
	"sync"
)

// Reasons why Conns.Open turns a connection away.
var (
	// ErrTotal: the replica holds Caps.Total connections already.
	ErrTotal = errors.New("limit: too many connections")
	// ErrPreAuth: Caps.PreAuth connections have not logged in yet.
	ErrPreAuth = errors.New("limit: too many connections before login")
	// ErrAddress: the address, or the network it is in, holds its share already.
	ErrAddress = errors.New("limit: too many connections from this address")
)

// Prefix lengths, in bits, under which a connection is counted. A household or a site commonly owns
// a whole IPv6 /56, so its single addresses cost nothing to change (RFC 6177).
const (
	v4Bits        = 32
	v6Bits        = 128
	v6NetworkBits = 56
)

// Caps are counts of connections; each must be positive.
type Caps struct {
	Total      int // all connections together
	PreAuth    int // those not logged in yet
	PerAddress int // one IPv4 /32 or one IPv6 /128
	PerNetwork int // one IPv6 /56
}

// DefaultCaps leaves room for an office behind one address, each client with five connections.
func DefaultCaps() Caps {
	return Caps{Total: 10_000, PreAuth: 1_000, PerAddress: 100, PerNetwork: 300}
}

// valid reports whether every cap is positive.
func (c Caps) valid() bool {
	return c.Total > 0 && c.PreAuth > 0 && c.PerAddress > 0 && c.PerNetwork > 0
}

// Conns counts open connections. It is safe for concurrent use.
type Conns struct {
	mu      sync.Mutex
	caps    Caps
	total   int
	preAuth int
	used    map[netip.Prefix]int
}

// NewConns returns an empty table. A cap that is not positive is taken from DefaultCaps as a whole:
// caps are either all given or none.
func NewConns(caps Caps) *Conns {
	if !caps.valid() {
		caps = DefaultCaps()
	}
	return &Conns{caps: caps, used: make(map[netip.Prefix]int)}
}

// Open counts a connection from peer that has not logged in, or says with ErrTotal, ErrPreAuth or
// ErrAddress why it must be turned away; then nothing is counted. IPv4 addresses in IPv6 form count
// as IPv4, zones are ignored; all peers without a valid address share one place in the table.
func (c *Conns) Open(peer netip.Addr) (*Ticket, error) {
	prefixes := networks(peer)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total >= c.caps.Total {
		return nil, ErrTotal
	}
	if c.preAuth >= c.caps.PreAuth {
		return nil, ErrPreAuth
	}
	for _, p := range prefixes {
		if c.used[p] >= c.share(p) {
			return nil, ErrAddress
		}
	}
	for _, p := range prefixes {
		c.used[p]++
	}
	c.total++
	c.preAuth++
	return &Ticket{conns: c, prefixes: prefixes, preAuth: true}, nil
}

// Count returns how many connections are open, and how many of them have not logged in.
func (c *Conns) Count() (total, preAuth int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total, c.preAuth
}

// share is the cap that applies to a prefix.
func (c *Conns) share(p netip.Prefix) int {
	if p.Bits() == v6NetworkBits {
		return c.caps.PerNetwork
	}
	return c.caps.PerAddress
}

// networks lists the prefixes under which a peer is counted.
func networks(peer netip.Addr) []netip.Prefix {
	peer = peer.Unmap().WithZone("")
	switch {
	case peer.Is4():
		return []netip.Prefix{netip.PrefixFrom(peer, v4Bits)}
	case peer.Is6():
		network, _ := peer.Prefix(v6NetworkBits) // 56 is valid for every IPv6 address
		return []netip.Prefix{netip.PrefixFrom(peer, v6Bits), network}
	default:
		return []netip.Prefix{{}}
	}
}

// Ticket is one counted connection. It is safe for concurrent use.
type Ticket struct {
	conns    *Conns
	prefixes []netip.Prefix
	preAuth  bool // guarded by conns.mu
	closed   bool // guarded by conns.mu
}

// LoggedIn frees the connection's place among those before login. Only the first call counts.
func (t *Ticket) LoggedIn() {
	t.conns.mu.Lock()
	defer t.conns.mu.Unlock()
	t.leavePreAuth()
}

// Close frees the connection's place. Only the first call counts.
func (t *Ticket) Close() {
	t.conns.mu.Lock()
	defer t.conns.mu.Unlock()
	if t.closed {
		return
	}
	t.closed = true
	t.leavePreAuth()
	t.conns.total--
	for _, p := range t.prefixes {
		t.conns.used[p]--
		if t.conns.used[p] == 0 {
			delete(t.conns.used, p)
		}
	}
}

// leavePreAuth is called with conns.mu held.
func (t *Ticket) leavePreAuth() {
	if t.preAuth {
		t.preAuth = false
		t.conns.preAuth--
	}
}
