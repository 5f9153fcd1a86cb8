//go:build bench

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

const (
	// maxLibraryRequest bounds a request of a client, in bytes.
	maxLibraryRequest = 128 << 10
	// maxLibraryWaiting bounds the requests that wait for the host.
	maxLibraryWaiting = 4096
	// maxLibraryClients bounds the clients that share one origin.
	maxLibraryClients = 4096
)

// library serves clients that vote themselves. Each takes the place of a share of one enclave's proxy: the client
// number i of n has the sequences from a base on that are i modulo n. A connection begins with origin, i and n (2 bytes
// each) and the base (8 bytes, all big endian); then come requests as an enclave hands them over, each behind its
// length (4 bytes), at the leader's host alone. The answers are reply sets of the own enclave, one for each request,
// behind their length. The enclave whose proxy is replaced says nothing: its own replies never leave it.
type library struct {
	ctx      context.Context // ends with the host
	self     wire.ReplicaID
	active   atomic.Bool                   // there was a client
	requests [wire.MaxReplicas]chan []byte // by origin
	forward  func(from int, frame []byte)  // the host's handler of what peers say

	mu      sync.RWMutex
	origins [wire.MaxReplicas]share // guarded by mu
}

// share is the clients of one origin.
type share struct {
	base    uint64
	clients []net.Conn
}

func newLibrary(ctx context.Context, self wire.ReplicaID) *library {
	b := &library{ctx: ctx, self: self}
	for origin := range b.requests {
		b.requests[origin] = make(chan []byte, maxLibraryWaiting)
		if origin != int(self) {
			go b.forwards(origin)
		}
	}
	return b
}

// forwards hands over requests of an origin elsewhere as that replica's host would, several at once where they wait.
func (b *library) forwards(origin int) {
	for {
		var all []wire.Request
		select {
		case raw := <-b.requests[origin]:
			all = b.take(all, raw)
		case <-b.ctx.Done():
			return
		}
		for range min(len(b.requests[origin]), wire.MaxBatchRequests-1) {
			all = b.take(all, <-b.requests[origin])
		}
		if len(all) > 0 {
			b.forward(origin, wire.AppendForward(nil, all))
		}
	}
}

// take decodes a request; what is none is dropped.
func (b *library) take(all []wire.Request, raw []byte) []wire.Request {
	if q, err := wire.DecodeRequest(raw); err == nil {
		all = append(all, q)
	}
	return all
}

func (b *library) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			b.client(c)
		}()
	}
}

// client serves one connection to its end.
func (b *library) client(c net.Conn) {
	r := bufio.NewReaderSize(c, 64<<10)
	var hello [14]byte
	if _, err := io.ReadFull(r, hello[:]); err != nil {
		return
	}
	number := func(at int) int { return int(binary.BigEndian.Uint16(hello[at:])) }
	origin, i, n, base := number(0), number(2), number(4), binary.BigEndian.Uint64(hello[6:])
	if origin >= wire.MaxReplicas || n > maxLibraryClients || i >= n {
		return
	}
	b.mu.Lock()
	s := &b.origins[origin]
	if s.base != base || len(s.clients) != n {
		*s = share{base: base, clients: make([]net.Conn, n)}
	}
	s.clients[i] = c
	b.mu.Unlock()
	b.active.Store(true)
	if _, err := c.Write([]byte{1}); err != nil { // known here from now on
		return
	}
	for {
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return
		}
		n := binary.BigEndian.Uint32(head[:])
		if n > maxLibraryRequest {
			return
		}
		raw := make([]byte, n)
		if _, err := io.ReadFull(r, raw); err != nil {
			return
		}
		b.requests[origin] <- raw
	}
}

// of returns whose request has that sequence, or nil.
func (b *library) of(origin wire.ReplicaID, sequence uint64) net.Conn {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := &b.origins[origin]
	if len(s.clients) == 0 || sequence < s.base {
		return nil
	}
	return s.clients[(sequence-s.base)%uint64(len(s.clients))]
}

// over puts the library between the host and a link to its enclave.
func (b *library) over(l boundary.Link) boundary.Link {
	x := &libraryLink{Link: l, library: b, frames: make(chan [][]byte)}
	go x.read()
	return x
}

// libraryLink is a link to an enclave that clients use as well.
type libraryLink struct {
	boundary.Link
	library *library
	frames  chan [][]byte
}

// read passes on what the enclave says, but for replies to clients.
func (x *libraryLink) read() {
	defer close(x.frames)
	for {
		batch, err := x.Link.Recv()
		if err != nil {
			return
		}
		kept := batch[:0]
		for _, f := range batch {
			if !x.library.answered(f) {
				kept = append(kept, f)
			}
		}
		if len(kept) > 0 {
			x.frames <- kept
		}
	}
}

// answered sends a reply set to its client; false when the frame is for the host.
func (b *library) answered(frame []byte) bool {
	kind, err := boundary.PeekKind(frame)
	if err != nil || kind != boundary.KindSendReplies || !b.active.Load() {
		return false
	}
	_, message, err := boundary.DecodeSend(frame)
	if err != nil {
		return false
	}
	set, err := wire.DecodeReplySet(message)
	if err != nil || len(set.Entries) != 1 {
		return false
	}
	c := b.of(set.Origin.Origin, set.Entries[0].Sequence)
	if c == nil {
		return false
	}
	_, _ = c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...))
	return true
}

// Recv implements boundary.Link for the host: what the enclave says, and requests of clients in its proxy's place.
func (x *libraryLink) Recv() ([][]byte, error) {
	own := x.library.requests[x.library.self]
	select {
	case batch, ok := <-x.frames:
		if !ok {
			return nil, boundary.ErrClosed
		}
		return batch, nil
	case raw := <-own:
		q := boundary.Request{Raw: raw}
		batch := [][]byte{q.Append(nil)}
		for range len(own) {
			q.Raw = <-own
			batch = append(batch, q.Append(nil))
		}
		return batch, nil
	}
}

// Send implements boundary.Link for the host: results go one by one, so that each client's reply has a MAC of its own.
func (x *libraryLink) Send(frames ...[]byte) error {
	if !x.library.active.Load() {
		return x.Link.Send(frames...)
	}
	var out [][]byte
	for _, f := range frames {
		kind, err := boundary.PeekKind(f)
		if err != nil || kind != boundary.KindExecuted {
			out = append(out, f)
			continue
		}
		e, err := boundary.DecodeExecuted(f)
		if err != nil {
			return err
		}
		for i := range e.Results {
			one := boundary.Executed{Order: e.Order, DurableUpTo: e.DurableUpTo, Results: e.Results[i : i+1]}
			out = append(out, one.Append(nil))
		}
	}
	return x.Link.Send(out...)
}
