package liar

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

const (
	// actEvery is the distance of the deeds that a lie does by itself.
	actEvery = 2 * time.Millisecond
	// maxSeen and maxSeenBytes bound what is remembered of what passed, for replays, in each direction.
	maxSeen      = 4096
	maxSeenBytes = 16 << 20
	// maxHeld bounds the frames that are held back.
	maxHeld = 64
)

// ErrUnknown is returned by New for a lie that is not in Lies.
var ErrUnknown = errors.New("liar: no such lie")

// Sender is what a host sends to its peers over.
type Sender interface {
	Send(to int, frame []byte)
}

// Liar makes one host lie. Its methods are safe for concurrent use.
type Liar struct {
	lie  *Lie
	self int
	n    int
	on   atomic.Bool
	told atomic.Uint64

	mu      sync.Mutex
	rng     *rand.Rand
	enclave boundary.Link // the real one; nil before Link
	peers   Sender        // the real ones; nil before Links
	to      seen          // frames to the own enclave
	around  seen          // frames of peers and to peers
	held    [][]byte      // frames to the enclave, held back
	late    [][]byte      // such as are held back for longer
	heldFor []letter      // frames to peers, held back
	token   uint64
	digests map[wire.Key]wire.Digest // as they were first reported
}

// letter is a frame for a peer.
type letter struct {
	to    int
	frame []byte
}

// New returns the liar of that name for replica self of n. It tells the truth until Lie(true).
func New(name string, self, n int, seed uint64) (*Liar, error) {
	for i := range Lies {
		if Lies[i].Name == name {
			return &Liar{lie: &Lies[i], self: self, n: n, rng: rand.New(rand.NewPCG(seed, 7)), token: 1 << 60,
				digests: map[wire.Key]wire.Digest{}}, nil
		}
	}
	names := make([]string, len(Lies))
	for i := range Lies {
		names[i] = Lies[i].Name
	}
	return nil, fmt.Errorf("%w: %q; there are: %s", ErrUnknown, name, strings.Join(names, ", "))
}

// Lie begins or ends the lying. What was held back leaves at the end.
func (l *Liar) Lie(on bool) {
	l.on.Store(on)
	if !on {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.held, l.late = append(l.held, l.late...), nil
		l.release()
	}
}

// Told counts what was changed, invented or withheld.
func (l *Liar) Told() uint64 { return l.told.Load() }

// Run does what the lie does by itself until ctx ends.
func (l *Liar) Run(ctx context.Context) {
	tick := time.NewTicker(actEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if l.on.Load() {
			l.mu.Lock()
			if l.lie.act != nil && l.enclave != nil && l.peers != nil {
				l.lie.act(l)
			}
			l.release()
			l.mu.Unlock()
		}
	}
}

// Link puts the liar between the host and its enclave: give the host what it returns.
func (l *Liar) Link(real boundary.Link) boundary.Link {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enclave = real
	return &link{Link: real, l: l}
}

type link struct {
	boundary.Link
	l *Liar
}

// Send takes what the host says to its enclave.
func (k *link) Send(frames ...[]byte) error {
	l := k.l
	l.mu.Lock()
	defer l.mu.Unlock()
	var out [][]byte
	for _, f := range frames {
		l.to.note(0, f)
		if l.on.Load() && l.lie.toEnclave != nil {
			out = append(out, l.lie.toEnclave(l, f)...)
		} else {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return k.Link.Send(out...)
}

// Recv gives the host what its enclave says.
func (k *link) Recv() ([][]byte, error) {
	for {
		frames, err := k.Link.Recv()
		if err != nil || !k.l.on.Load() || k.l.lie.fromEnclave == nil {
			return frames, err
		}
		k.l.mu.Lock()
		var out [][]byte
		for _, f := range frames {
			out = append(out, k.l.lie.fromEnclave(k.l, f)...)
		}
		k.l.mu.Unlock()
		if len(out) > 0 {
			return out, nil
		}
	}
}

// Links puts the liar between the host and its peers: give the host what it returns.
func (l *Liar) Links(real Sender) Sender {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.peers = real
	return sender{l}
}

type sender struct{ l *Liar }

// Send takes what the host says to a peer.
func (s sender) Send(to int, frame []byte) {
	l := s.l
	l.mu.Lock()
	defer l.mu.Unlock()
	l.around.note(to, frame)
	if !l.on.Load() || l.lie.toPeer == nil {
		l.peers.Send(to, frame)
		return
	}
	for _, x := range l.lie.toPeer(l, letter{to, frame}) {
		l.post(x)
	}
}

// post sends a letter, unless it is for the liar itself or nobody.
func (l *Liar) post(x letter) {
	if x.to != l.self && x.to >= 0 && x.to < l.n && len(x.frame) > 0 {
		l.peers.Send(x.to, x.frame)
	}
}

// Receive puts the liar between the links and the host: give the links what it returns.
func (l *Liar) Receive(next func(from int, frame []byte)) func(from int, frame []byte) {
	return func(from int, frame []byte) {
		l.mu.Lock()
		l.around.note(from, frame)
		deaf := l.on.Load() && l.lie.deaf
		l.mu.Unlock()
		if deaf {
			l.told.Add(1)
			return
		}
		next(from, frame)
	}
}

// release sends what was held back, in a new order.
func (l *Liar) release() {
	held, letters := l.held, l.heldFor
	l.held, l.heldFor = nil, nil
	l.rng.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
	l.rng.Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
	if len(held) > 0 {
		_ = l.enclave.Send(held...)
	}
	for _, x := range letters {
		l.post(x)
	}
}

// seen remembers frames, the newest ones.
type seen struct {
	list  []letter
	bytes int
}

func (s *seen) note(at int, frame []byte) {
	if len(frame) > maxSeenBytes/4 {
		return
	}
	s.list = append(s.list, letter{at, append([]byte(nil), frame...)})
	for s.bytes += len(frame); len(s.list) > maxSeen || s.bytes > maxSeenBytes; s.list = s.list[1:] {
		s.bytes -= len(s.list[0].frame)
	}
}

// any returns one of what was seen, nothing when nothing was.
func (l *Liar) any(s *seen) []byte {
	if len(s.list) == 0 {
		return nil
	}
	return s.list[l.rng.IntN(len(s.list))].frame
}

// kind returns the newest frame of one of the kinds, nothing without one; of the last few, one by chance.
func (l *Liar) kind(s *seen, kinds ...byte) []byte {
	skip := l.rng.IntN(4)
	var found []byte
	for i := len(s.list) - 1; i >= 0 && skip >= 0; i-- {
		if f := s.list[i].frame; len(f) > 0 && strings.IndexByte(string(kinds), f[0]) >= 0 {
			found = f
			skip--
		}
	}
	return found
}

// other returns some other replica.
func (l *Liar) other() int { return (l.self + 1 + l.rng.IntN(l.n-1)) % l.n }

// bytes returns n bytes of noise.
func (l *Liar) noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(l.rng.Uint32())
	}
	return b
}

// mutate changes, cuts or lengthens a frame behind its first two bytes.
func (l *Liar) mutate(frame []byte) []byte {
	out := append([]byte(nil), frame...)
	if len(out) < 3 {
		return out
	}
	switch l.rng.IntN(6) {
	case 0:
		return out[:2+l.rng.IntN(len(out)-2)]
	case 1:
		return append(out, byte(l.rng.Uint32()))
	}
	for range 1 + l.rng.IntN(3) {
		out[2+l.rng.IntN(len(out)-2)] ^= 1 << l.rng.IntN(8)
	}
	return out
}
