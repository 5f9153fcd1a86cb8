package sim

import (
	"encoding/binary"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
	"troxymail/enclave/mac"
)

// Enclave is the trusted side of one replica, as far as ordering needs it: what a host, honest or not, can
// ask of it. A nil certificate is a refusal.
type Enclave interface {
	// CertifyPrepare returns a PREPARE certificate and, when it refuses because of a request's MAC, the
	// index of the first bad one (else -1).
	CertifyPrepare(at wire.Position, requests []wire.Request) (*wire.Certificate, int)
	// CertifyCommit returns a COMMIT certificate for a PREPARE.
	CertifyCommit(prepare *wire.Certificate, requests []wire.Request) *wire.Certificate
	// Verify reports whether a certificate is genuine.
	Verify(c *wire.Certificate) bool
	// Request makes the next request of this enclave's proxy.
	Request(command []byte, flags wire.RequestFlags, bodies []wire.Digest) []byte
	// Authentic reports whether a request's MAC is genuine.
	Authentic(q *wire.Request) bool
}

var (
	counterKey = [32]byte{1}
	requestKey = [32]byte{2}
	founding   = wire.Founding{Generation: 1, Digest: wire.Sum([]byte("sim"))}
)

// trusted is an Enclave on the product's own counter.
type trusted struct {
	group    quorum.Config
	self     wire.ReplicaID
	set      *counter.Set
	requests *mac.Authenticator
	boot     uint32
	sequence uint64
}

// newEnclave starts an enclave from the newest certificate that its host's log holds, as the product does
// for now; boot is a number that the replica never used.
func newEnclave(group quorum.Config, self wire.ReplicaID, boot uint32,
	frontier *wire.Certificate) (*trusted, error) {
	t := &trusted{
		group: group, self: self, boot: boot, requests: mac.New(requestKey, "troxymail/request/v1"),
		set: counter.New(counter.Config{Group: group, Self: self, Key: counterKey}),
	}
	if frontier != nil && frontier.Kind == 0 {
		frontier = nil
	}
	return t, t.set.ResumeUnsafe(founding, frontier)
}

func (t *trusted) digest(requests []wire.Request) (wire.Digest, int) {
	for i := range requests {
		if !t.Authentic(&requests[i]) {
			return wire.Digest{}, i
		}
	}
	return wire.BatchDigest(wire.RequestDigests(requests)), -1
}

func (t *trusted) CertifyPrepare(at wire.Position, requests []wire.Request) (*wire.Certificate, int) {
	d, bad := t.digest(requests)
	if bad >= 0 {
		return nil, bad
	}
	c, err := t.set.CertifyPrepare(at, d)
	if err != nil {
		return nil, -1
	}
	return &c, -1
}

func (t *trusted) CertifyCommit(p *wire.Certificate, requests []wire.Request) *wire.Certificate {
	d, bad := t.digest(requests)
	if bad >= 0 || p.Kind != wire.CertPrepare || p.Digest != d || p.Replica != t.group.Leader(p.New.View) ||
		!t.set.Verify(p) {
		return nil
	}
	c, err := t.set.CertifyCommit(p.New, d)
	if err != nil {
		return nil
	}
	return &c
}

func (t *trusted) Verify(c *wire.Certificate) bool { return t.set.Verify(c) }

func (t *trusted) Authentic(q *wire.Request) bool { return t.requests.Verify(q.Header, q.MAC) }

func (t *trusted) Request(command []byte, flags wire.RequestFlags, bodies []wire.Digest) []byte {
	t.sequence++
	id := wire.RequestID{Origin: t.self, Generation: 1, Incarnation: t.boot, Sequence: t.sequence}
	key := wire.Key{Kind: wire.KeyMailbox, Mailbox: binary.BigEndian.Uint32(command)}
	h := wire.AppendRequestHeader(nil, id, flags, []wire.Key{key}, bodies, command)
	return wire.AppendRequest(nil, h, t.requests.Sum(h), command)
}
