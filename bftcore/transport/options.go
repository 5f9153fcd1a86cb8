package transport

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"time"
)

// Defaults of the times in Options.
const (
	DefaultHandshakeTimeout = 5 * time.Second
	DefaultKeepAlive        = 5 * time.Second
	DefaultStallTimeout     = 10 * time.Second
	DefaultBackoffMin       = 50 * time.Millisecond
	DefaultBackoffMax       = 500 * time.Millisecond

	maxHandshakes    = 32 // accepted connections that have not shown who they are, at once
	silentKeepAlives = 3  // a peer silent for so many keep-alive times is gone
)

// Peer is a replica's host as the configuration names it.
type Peer struct {
	Addr string // host:port, for those who dial it
	Key  Pin
}

// Options of TLS links. Zero limits and times mean the defaults.
type Options struct {
	Self        int             // own replica number, an index of Peers
	Cluster     [32]byte        // equal on all replicas, such as the hash of the genesis file
	Peers       []Peer          // all replicas, 2 to MaxReplicas, own one included, keys distinct
	Certificate tls.Certificate // of the own key, pinned in Peers[Self]
	Listener    net.Listener    // closed by Close; only replica 0, which is never dialled, needs none
	Handler     Handler

	// Observe is optional. It is called one at a time and must not block or call the links.
	Observe func(Event)
	// Dial connects to a peer's address; nil means TCP.
	Dial func(ctx context.Context, addr string) (net.Conn, error)
	// Rand is the source of jitter; nil means crypto/rand.
	Rand io.Reader

	QueueBytes       int // per peer, at least one frame of MaxFrameBytes
	MaxFrameBytes    int // at most 1 GiB
	HandshakeTimeout time.Duration
	KeepAlive        time.Duration // how often something is sent on an idle link
	StallTimeout     time.Duration // for a frame begun to be received, and for 64 KiB sent
	BackoffMin       time.Duration
	BackoffMax       time.Duration
}

func orDefault[T int | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

func (o Options) complete() (Options, error) {
	orDefault(&o.QueueBytes, DefaultQueueBytes)
	orDefault(&o.MaxFrameBytes, DefaultMaxFrameBytes)
	orDefault(&o.HandshakeTimeout, DefaultHandshakeTimeout)
	orDefault(&o.KeepAlive, DefaultKeepAlive)
	orDefault(&o.StallTimeout, DefaultStallTimeout)
	orDefault(&o.BackoffMin, DefaultBackoffMin)
	orDefault(&o.BackoffMax, DefaultBackoffMax)
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Dial == nil {
		o.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", addr)
		}
	}
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	return o, o.check()
}

func (o Options) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrOptions, fmt.Sprintf(format, args...))
	}
	switch {
	case len(o.Peers) < 2 || len(o.Peers) > MaxReplicas:
		return bad("%d peers, allowed 2 to %d", len(o.Peers), MaxReplicas)
	case o.Self < 0 || o.Self >= len(o.Peers):
		return bad("Self %d of %d", o.Self, len(o.Peers))
	case o.Listener == nil && o.Self > 0:
		return bad("replica %d needs a Listener", o.Self)
	case o.Handler == nil:
		return bad("no Handler")
	case o.MaxFrameBytes < 1 || o.MaxFrameBytes > 1<<30:
		return bad("MaxFrameBytes %d, allowed 1 to 1 GiB", o.MaxFrameBytes)
	case o.QueueBytes < o.MaxFrameBytes+frameHeaderBytes:
		return bad("QueueBytes %d hold no frame of MaxFrameBytes %d", o.QueueBytes, o.MaxFrameBytes)
	case min(o.HandshakeTimeout, o.KeepAlive, o.StallTimeout, o.BackoffMin) <= 0 || o.BackoffMax < o.BackoffMin:
		return bad("times must be positive, BackoffMax at least BackoffMin")
	case len(o.Certificate.Certificate) == 0:
		return bad("no Certificate")
	}
	seen := map[Pin]int{}
	for i, p := range o.Peers {
		if j, ok := seen[p.Key]; ok {
			return bad("replicas %d and %d have the same Key", j, i)
		}
		seen[p.Key] = i
		if p.Addr == "" && i > o.Self {
			return bad("replica %d has no Addr to dial", i)
		}
	}
	own, err := x509.ParseCertificate(o.Certificate.Certificate[0])
	if err != nil {
		return bad("Certificate: %v", err)
	}
	if sha256.Sum256(own.RawSubjectPublicKeyInfo) != o.Peers[o.Self].Key {
		return bad("Certificate's key is not that of Peers[%d]", o.Self)
	}
	return nil
}
