package replica

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/counter"
	"troxymail/enclave/mac"
	"troxymail/enclave/troxy"
)

// solo is one owner without its goroutine: frames go in, frames come out, time stands still.
type solo struct {
	t   testing.TB
	w   *owner
	now int64
}

func newSolo(t testing.TB, n int, self wire.ReplicaID) *solo {
	s := &solo{t: t, now: 1}
	o := options(t, n, self, nil)
	o.Now = func() int64 { return s.now }
	o.Rand = rand.NewChaCha8([32]byte{1})
	s.w = newOwner(New(o))
	return s
}

// active returns a solo that has started with an empty log.
func active(t testing.TB, n int, self wire.ReplicaID) *solo {
	s := newSolo(t, n, self)
	s.send((&boundary.Start{Boot: 1}).Append(nil))
	return s
}

// send hands in one frame and returns what comes out.
func (s *solo) send(f []byte) [][]byte {
	s.w.frame(f)
	s.w.turn()
	return taken(s.w)
}

// taken empties what an owner has for its host and returns it.
func taken(w *owner) [][]byte {
	enclave, host := boundary.Pipe()
	n := w.out.Len()
	_ = w.out.SendTo(enclave)
	var frames [][]byte
	for len(frames) < n {
		batch, err := host.Recv()
		if err != nil {
			panic(err)
		}
		frames = append(frames, batch...)
	}
	return frames
}

// commit has the leader's enclave see the next orders up to upTo committed.
func (s *solo) commit(upTo uint64) {
	s.t.Helper()
	follower := signer(s.t, 3, 1)
	for o := uint64(1); o <= upTo; o++ {
		a := s.certified(prepare(o, request(1, o)))
		vote, err := follower.CertifyCommit(&a.Certificate)
		if err != nil {
			s.t.Fatal(err)
		}
		s.send((&boundary.Verify{Token: o, Certificates: []wire.Certificate{vote}}).Append(nil))
	}
}

// signer returns a counter of replica self under the group's key: what its enclave could certify.
func signer(t testing.TB, n int, self wire.ReplicaID) *counter.Set {
	o := options(t, n, self, nil)
	set := counter.New(counter.Config{Group: o.Group, Self: self, Key: o.Certificate})
	set.Activate(founding)
	return set
}

// request is an authentic request of replica origin.
func request(origin wire.ReplicaID, sequence uint64) boundary.Item {
	id := wire.RequestID{Origin: origin, Generation: 1, Incarnation: 1, Sequence: sequence}
	h := wire.AppendRequestHeader(nil, id, 0, nil, nil, []byte("command"))
	return boundary.Item{Header: h, MAC: mac.New([32]byte{2}, "troxymail/request/v1").Sum(h)}
}

func batch(items ...boundary.Item) wire.Digest {
	digests := make([]wire.Digest, len(items))
	for i := range items {
		digests[i] = wire.Sum(items[i].Header)
	}
	return wire.BatchDigest(digests)
}

func prepare(order uint64, items ...boundary.Item) []byte {
	return (&boundary.CertifyPrepare{Token: order, Position: wire.Position{Order: order}, Items: items}).Append(nil)
}

func (s *solo) certified(f []byte) boundary.Certified {
	s.t.Helper()
	out := s.send(f)
	if len(out) != 1 {
		s.t.Fatalf("%d answers, want 1", len(out))
	}
	a, err := boundary.DecodeCertified(out[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func TestCertifyPrepareRefuses(t *testing.T) {
	forged := request(1, 2)
	forged.MAC[0]++
	leader := active(t, 3, 0)
	for i, c := range []struct {
		name  string
		frame []byte
		want  boundary.Refusal
		bad   []uint32
	}{
		{"a forged request", prepare(1, request(1, 1), forged), boundary.RefusedRequest, []uint32{1}},
		{"more of them", prepare(1, forged, request(1, 1), forged), boundary.RefusedRequest, []uint32{0, 2}},
		{"the first", prepare(1, request(1, 1)), boundary.RefusedNothing, nil},
		{"another batch at that order", prepare(1, request(1, 2)), boundary.RefusedDigest, nil},
		{"the same frame twice", prepare(1, request(1, 1)), boundary.RefusedPosition, nil},
		{"a gap", prepare(3, request(1, 2)), boundary.RefusedPosition, nil},
		{"a huge order", prepare(1<<63, request(1, 2)), boundary.RefusedWindow, nil},
		{"the next, empty", prepare(2), boundary.RefusedNothing, nil},
	} {
		a := leader.certified(c.frame)
		if a.Refusal != c.want || !slices.Equal(a.Bad, c.bad) {
			t.Errorf("%d, %s: refusal %d (requests %d), want %d (%d)", i, c.name, a.Refusal, a.Bad, c.want, c.bad)
		}
		if c.want == boundary.RefusedNothing && !signer(t, 3, 1).Verify(&a.Certificate) {
			t.Errorf("%s: the certificate is not authentic", c.name)
		}
	}
	if n := leader.w.stats.RefusedCertificates; n != 1 {
		t.Errorf("the host is accused %d times, want once: of another batch at one order, and not of what is late or forged by peers", n)
	}
	if a := active(t, 3, 1).certified(prepare(1, request(1, 1))); a.Refusal != boundary.RefusedRole {
		t.Errorf("as a follower: %d", a.Refusal)
	}
}

func TestCertifyCommitRefuses(t *testing.T) {
	items := []boundary.Item{request(1, 1), request(2, 5)}
	good, err := signer(t, 3, 0).CertifyPrepare(wire.Position{Order: 1}, batch(items...))
	if err != nil {
		t.Fatal(err)
	}
	attestation, err := signer(t, 3, 0).AttestStored(batch(items...))
	if err != nil {
		t.Fatal(err)
	}
	ofFollower := good // no enclave makes one; if one did, it would not be a proposal
	ofFollower.Replica = 2
	ofFollower.MAC = mac.New([32]byte{1}, "troxymail/certificate/v1").Sum(ofFollower.AppendStatement(nil))
	if !signer(t, 3, 0).Verify(&ofFollower) {
		t.Fatal("the certificate under test is not authentic")
	}
	for _, c := range []struct {
		name  string
		spoil func(c *boundary.CertifyCommit)
		want  boundary.Refusal
	}{
		{"a forged PREPARE", func(c *boundary.CertifyCommit) { c.Prepare.MAC[0]++ }, boundary.RefusedPrepare},
		{"a PREPARE at another order", func(c *boundary.CertifyCommit) { c.Prepare.New.Order++ }, boundary.RefusedPrepare},
		{"a PREPARE of another view", func(c *boundary.CertifyCommit) { c.Prepare.New.View++ }, boundary.RefusedPrepare},
		{"no PREPARE", func(c *boundary.CertifyCommit) { c.Prepare = attestation }, boundary.RefusedPrepare},
		{"a follower's PREPARE", func(c *boundary.CertifyCommit) { c.Prepare = ofFollower }, boundary.RefusedPrepare},
		{"a request less", func(c *boundary.CertifyCommit) { c.Items = c.Items[:1] }, boundary.RefusedPrepare},
		{"another order of requests", func(c *boundary.CertifyCommit) { c.Items = []boundary.Item{items[1], items[0]} }, boundary.RefusedPrepare},
		{"a forged request", func(c *boundary.CertifyCommit) { c.Items = []boundary.Item{items[0], {Header: items[1].Header}} }, boundary.RefusedRequest},
	} {
		f := boundary.CertifyCommit{Prepare: good, Items: items}
		c.spoil(&f)
		if a := active(t, 3, 1).certified(f.Append(nil)); a.Refusal != c.want {
			t.Errorf("%s: %d, want %d", c.name, a.Refusal, c.want)
		}
	}
	follower, f := active(t, 3, 1), boundary.CertifyCommit{Prepare: good, Items: items}
	if a := follower.certified(f.Append(nil)); a.Refusal != boundary.RefusedNothing || a.Certificate.Digest != good.Digest {
		t.Errorf("a good one: %d", a.Refusal)
	}
	if a := follower.certified(f.Append(nil)); a.Refusal != boundary.RefusedPosition {
		t.Errorf("a good one again: %d", a.Refusal)
	}
	if a := active(t, 3, 0).certified(f.Append(nil)); a.Refusal != boundary.RefusedRole {
		t.Errorf("as the leader: %d", a.Refusal)
	}
}

func TestStart(t *testing.T) {
	own, other := signer(t, 3, 0), signer(t, 3, 3-1)
	frontier, _ := own.CertifyPrepare(wire.Position{Order: 1}, wire.Digest{1})
	forged := frontier
	forged.New.Order = 9
	attestation, _ := own.AttestStored(wire.Digest{1})
	foreign, _ := other.CertifyCommit(&frontier)
	elsewhere := counter.New(counter.Config{Group: options(t, 3, 0, nil).Group, Key: [32]byte{1}})
	elsewhere.Activate(wire.Founding{Generation: 2})
	later, _ := elsewhere.CertifyPrepare(wire.Position{Order: 1}, wire.Digest{1})
	s := newSolo(t, 3, 0)
	for name, c := range map[string]*wire.Certificate{
		"forged": &forged, "an attestation": &attestation, "another replica's": &foreign, "another founding's": &later,
	} {
		if out := s.send((&boundary.Start{Boot: 1, Certificates: []wire.Certificate{*c}}).Append(nil)); len(out) != 0 || s.w.client != nil {
			t.Errorf("started with a frontier that is %s", name)
		}
		if a := s.certified(prepare(1)); a.Refusal == boundary.RefusedNothing {
			t.Errorf("%s: certified before it was ACTIVE", name)
		}
	}
	if out := s.send((&boundary.Start{Boot: 1, Certificates: []wire.Certificate{frontier}}).Append(nil)); len(out) != 1 || s.w.client == nil {
		t.Fatal("not started with the own frontier")
	}
	before := s.w.counter.Position()
	if out := s.send((&boundary.Start{Boot: 2}).Append(nil)); len(out) != 0 || s.w.counter.Position() != before {
		t.Fatalf("started twice: %v, was %v", s.w.counter.Position(), before)
	}
	if a := s.certified(prepare(1)); a.Refusal != boundary.RefusedDigest {
		t.Errorf("certified below the frontier: %d", a.Refusal)
	}
}

func TestReadBack(t *testing.T) {
	body := bytes.Repeat([]byte{7}, 2*wire.ChunkBytes+9)
	digest := wire.Sum(body)
	show := func(s *solo, ps ...wire.Piece) (n int) {
		for _, p := range ps {
			n += len(s.send(boundary.AppendReadBack(nil, 2, p)))
		}
		return n
	}
	ps := pieces(digest, body)
	wrong := ps[1]
	wrong.Bytes = make([]byte, wire.ChunkBytes)
	longer := ps[1]
	longer.Total++
	for name, shown := range map[string][]wire.Piece{
		"a gap": {ps[0], ps[2]}, "not from the beginning": {ps[1], ps[2]}, "twice the same": {ps[0], ps[1], ps[1], ps[2]},
		"wrong bytes": {ps[0], wrong, ps[2]}, "another size": {ps[0], longer, ps[2]}, "backwards": {ps[2], ps[1], ps[0]},
		"begun anew in the middle": {ps[0], ps[1], ps[0], ps[2]}, "not to the end": {ps[0], ps[1]},
	} {
		s := active(t, 3, 1)
		if n := show(s, shown...); n != 0 {
			t.Errorf("%s: attested", name)
		}
		if n := show(s, ps...); n != 1 {
			t.Errorf("%s: a whole showing afterwards gives %d attestations", name, n)
		}
	}
	s := active(t, 3, 1)
	for i := range 3 * maxReadBacks {
		p := ps[0]
		binary.BigEndian.PutUint32(p.Body[:], uint32(i))
		show(s, p)
	}
	if n := len(s.w.backs.open); n > maxReadBacks {
		t.Errorf("%d bodies are open", n)
	}
}

// heap returns what is alive.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Floods of each kind of frame, authentic ones of peers and nonsense, leave a bounded rest.
func TestFloods(t *testing.T) {
	const frames, bound = 100_000, 24 << 20
	stored := wire.BodyStored{}
	stored.Certificate, _ = signer(t, 3, 2).AttestStored(wire.Digest{1})
	replies := wire.ReplySet{Founding: founding, Replica: 2, Incarnation: 1, Vector: []uint32{1, 1, 1}, Order: 1,
		Origin: wire.RequestID{Origin: 1, Generation: 1, Incarnation: 1}, Entries: make([]wire.ReplyEntry, 20)}
	signed := replies.AppendReplySigned(nil)
	message := wire.AppendReplySet(nil, signed, mac.New([32]byte{3}, "troxymail/reply/v1").Sum(signed), replies.Entries)
	random := rand.NewChaCha8([32]byte{9})
	at := func(f []byte, place, i int) []byte { binary.BigEndian.PutUint32(f[place:], uint32(i)); return f }
	piece := wire.Piece{Total: 1000, Bytes: make([]byte, 999)}
	floods := map[string]func(i int) []byte{
		"Start":       func(i int) []byte { return (&boundary.Start{Boot: uint32(i + 1)}).Append(nil) },
		"PREPAREs":    func(i int) []byte { return prepare(uint64(i+1), request(2, 1)) },
		"Verify":      func(int) []byte { return (&boundary.Verify{Certificates: make([]wire.Certificate, 1)}).Append(nil) },
		"replies":     func(int) []byte { return boundary.AppendPeer(nil, boundary.KindReplies, message) },
		"BODY-STORED": func(int) []byte { return boundary.AppendPeer(nil, boundary.KindBodyStored, stored.Append(nil)) },
		"read back":   func(i int) []byte { return at(boundary.AppendReadBack(nil, 2, piece), 4, i) },
		"records":     func(i int) []byte { return at((&boundary.Record{Piece: piece}).Append(nil), 6, i) },
		"results": func(i int) []byte {
			x := boundary.ExecutedItem{Item: request(2, uint64(i+1)), Head: wire.ResultHead{PayloadDigest: wire.Digest{byte(i)}}}
			return (&boundary.Executed{Order: uint64(i%1000 + 1), Results: []boundary.ExecutedItem{x}}).Append(nil)
		},
		"random bytes": func(i int) []byte {
			f := make([]byte, 100)
			_, _ = random.Read(f)
			f[0], f[1] = byte(i%100), wire.Version
			return f
		},
	}
	for name, flood := range floods {
		s := active(t, 3, 0)
		_, _, _ = s.w.client.Submit(1, 1, []byte("one is open"), 0, nil, nil)
		if name == "results" {
			s.commit(1000)
		}
		before := heap()
		for i := range frames {
			s.send(flood(i))
		}
		if rest := int64(heap()) - int64(before); rest > bound {
			t.Errorf("%s: %d KiB are left after %d frames", name, rest>>10, frames)
		}
		runtime.KeepAlive(s)
	}
}

// Results for an origin that has restarted since, and of a read that was ordered twice, are not answered, which is
// no fault of the host; results that cannot be are one.
func TestClaimsThatAreNoFault(t *testing.T) {
	s := active(t, 3, 0)
	s.commit(8)
	tell := func(incarnation uint32, flags wire.RequestFlags, order, depends uint64) uint64 {
		id := wire.RequestID{Origin: 2, Generation: 1, Incarnation: incarnation, Sequence: 1}
		h := wire.AppendRequestHeader(nil, id, flags, nil, nil, []byte("command"))
		x := boundary.ExecutedItem{
			Item: boundary.Item{Header: h, MAC: mac.New([32]byte{2}, "troxymail/request/v1").Sum(h)}, Depends: depends,
		}
		s.send((&boundary.Executed{Order: order, DurableUpTo: order, Results: []boundary.ExecutedItem{x}}).Append(nil))
		return s.w.stats.RefusedClaims
	}
	if n := tell(2, wire.FlagReadOnly, 5, 5) + tell(1, 0, 5, 5) + tell(2, wire.FlagReadOnly, 6, 5); n != 0 {
		t.Errorf("%d claims of an honest host count as refused", n)
	}
	if n := tell(3, 0, 7, 8); n != 1 {
		t.Errorf("%d claims of a lying host count as refused", n)
	}
	if n := tell(3, 0, 7, 7) + tell(3, 0, 8, 7); n != 3 {
		t.Errorf("after a write with two orders: %d", n)
	}
}

// Commands whose callers do not wait are bounded too.
func TestQueuesAreBounded(t *testing.T) {
	s := newSolo(t, 3, 0) // not ACTIVE: nothing leaves the queue
	busy := 0
	for range 1000 {
		sub := &submission{ctx: t.Context(), command: make([]byte, wire.MaxCommandBytes), done: make(chan troxy.Outcome, 1)}
		s.w.enqueue(sub)
		if len(sub.done) == 1 {
			if o := <-sub.done; !errors.Is(o.Err, ErrBusy) {
				t.Fatal(o.Err)
			}
			busy++
		}
	}
	if kept := 1000 - busy; kept*wire.MaxCommandBytes != maxPendingBytes || s.w.pendingBytes != maxPendingBytes {
		t.Errorf("%d large commands wait, %d bytes counted", kept, s.w.pendingBytes)
	}
	for range 2 * maxWaiting {
		s.w.enqueue(&submission{ctx: t.Context(), done: make(chan troxy.Outcome, 1)})
	}
	if len(s.w.queue) != maxWaiting {
		t.Errorf("%d commands wait", len(s.w.queue))
	}
	s.now += int64(troxy.GiveUpAfter)
	s.w.turn()
	if len(s.w.queue) != 0 || s.w.pendingBytes != 0 {
		t.Errorf("%d commands, %d bytes wait after their time", len(s.w.queue), s.w.pendingBytes)
	}
}
