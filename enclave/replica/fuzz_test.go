package replica

import (
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/mac"
	"troxymail/enclave/troxy"
)

// attacker drives one ACTIVE enclave with whatever frames a host can make, its peers' authentic messages
// included, and checks all that comes out.
type attacker struct {
	*solo
	leader    *solo                         // replica 0's enclave, where PREPAREs come from
	prepares  []boundary.CertifyCommit      // authentic
	digests   map[wire.Position]wire.Digest // what the enclave certified where
	results   map[wire.Digest][2]wire.Digest
	recorded  [][]byte       // frames so far, to be repeated
	requested []wire.Request // that the enclave made itself
}

// choices are the attacker's decisions: a fuzzer's bytes, or rapid's.
type choices func(n int) int

func newAttacker(t testing.TB, self wire.ReplicaID) *attacker {
	a := &attacker{
		solo: active(t, 3, self), leader: active(t, 3, 0), digests: map[wire.Position]wire.Digest{},
		results: map[wire.Digest][2]wire.Digest{},
	}
	// It sees two orders committed without its part: only of those are results authenticated.
	leader, follower := signer(t, 3, 0), signer(t, 3, 2-self/2)
	for o := uint64(1); o <= 2; o++ {
		first := must(leader.CertifyPrepare(wire.Position{Order: o}, wire.Digest{byte(o)}))
		vote := must(follower.CertifyCommit(&first))
		a.send((&boundary.Verify{Certificates: []wire.Certificate{first, vote}}).Append(nil))
	}
	return a
}

// attack makes one frame, hands it in, and checks the answers.
func (a *attacker) attack(next choices, raw []byte) {
	f := a.make(next, raw)
	a.recorded = append(a.recorded, f)
	for _, out := range a.send(f) {
		a.check(out)
	}
	if next(8) == 0 {
		a.now += int64(next(12)) * 1e9
	}
}

func (a *attacker) make(next choices, raw []byte) []byte {
	items := []boundary.Item{request(wire.ReplicaID(next(3)), uint64(1+next(4))), request(1, uint64(1+next(2)))}[:next(3)]
	if len(items) > 0 && next(5) == 0 {
		items[0].MAC[next(32)]++
	}
	body := []byte{byte(next(3))}
	digest := wire.Sum(body)
	switch next(13) {
	case 0:
		return raw
	case 1:
		return append([]byte{byte(next(80)), wire.Version}, raw...)
	case 2:
		p := wire.Position{View: uint64(next(3)), Order: uint64(next(5))}
		return (&boundary.CertifyPrepare{Token: 1, Position: p, Items: items}).Append(nil)
	case 3: // the leader prepares and the attacker keeps it
		order := a.leader.w.counter.Position().Order + 1
		if out := a.leader.send(prepare(order, items...)); len(out) == 1 {
			if c, err := boundary.DecodeCertified(out[0]); err == nil && c.Refusal == boundary.RefusedNothing {
				a.prepares = append(a.prepares, boundary.CertifyCommit{Prepare: c.Certificate, Items: items})
			}
		}
		return nil
	case 4, 5:
		if len(a.prepares) == 0 {
			return nil
		}
		c := a.prepares[next(len(a.prepares))]
		switch next(5) {
		case 0:
			c.Items = items
		case 1:
			c.Prepare.Digest = batch(items...)
			c.Items = items
		case 2:
			c.Prepare.New = wire.Position{View: uint64(next(4)), Order: uint64(next(4))}
		}
		return c.Append(nil)
	case 6:
		e := boundary.Executed{Order: uint64(next(4)), DurableUpTo: uint64(next(4))}
		for _, it := range items {
			x := boundary.ExecutedItem{Item: it, Depends: uint64(next(4)), Full: next(2) == 0, Payload: body}
			x.Head.PayloadDigest = digest
			e.Results = append(e.Results, x)
		}
		return e.Append(nil)
	case 7:
		p := wire.Piece{Body: digest, Total: uint64(1 + next(2)), Offset: uint64(next(2)), Bytes: body}
		if p.Offset >= p.Total {
			p.Offset = 0
		}
		return boundary.AppendReadBack(nil, wire.ReplicaID(next(4)), p)
	case 8:
		return (&boundary.Record{Token: uint64(next(3)), Piece: wire.Piece{Body: digest, Total: 1, Bytes: body}}).Append(nil)
	case 9:
		return a.replies(next)
	case 10:
		s := boundary.Start{Boot: uint32(1 + next(3))}
		if len(a.prepares) > 0 {
			s.Certificates = []wire.Certificate{a.prepares[next(len(a.prepares))].Prepare}
		}
		return s.Append(nil)
	case 11: // sessions want something, and the host lends a position for it
		a.w.fence = troxy.FenceExecuted
		for range next(3) {
			a.w.enqueue(&submission{ctx: a.t.Context(), command: []byte{byte(next(3))}, done: make(chan troxy.Outcome, 1)})
		}
		return (&boundary.Reserve{Position: wire.Position{View: uint64(next(2)), Order: uint64(next(5))}}).Append(nil)
	}
	if len(a.recorded) == 0 {
		return nil
	}
	return a.recorded[next(len(a.recorded))]
}

// replies is a message of one lying peer, authentic: at most one enclave's vote about anything.
func (a *attacker) replies(next choices) []byte {
	if len(a.requested) == 0 {
		_, raw, err := a.w.client.Submit(a.now, a.now, []byte("mine"), 0, nil, nil)
		if err != nil {
			return nil
		}
		q := must(wire.DecodeRequest(raw))
		a.requested = append(a.requested, q)
	}
	q := &a.requested[next(len(a.requested))]
	origin := q.ID
	origin.Sequence = 0
	lie := wire.Result{Status: wire.Status(next(3))}
	s := wire.ReplySet{
		Founding: founding, Replica: 2, Incarnation: uint32(next(3)), Vector: []uint32{1, 1, 1}, Origin: origin,
		Order: uint64(next(3)), DurableUpTo: uint64(next(3)),
		Entries: []wire.ReplyEntry{{Sequence: q.ID.Sequence, Request: q.Digest(), Result: lie.Digest(), FullBytes: lie.Append(nil)}},
	}
	signed := s.AppendReplySigned(nil)
	m := mac.New([32]byte{3}, "troxymail/reply/v1").Sum(signed)
	return boundary.AppendPeer(nil, boundary.KindReplies, wire.AppendReplySet(nil, signed, m, s.Entries))
}

// check looks at one frame of the enclave: it decodes, and contradicts nothing that was said before.
func (a *attacker) check(out []byte) {
	kind, err := boundary.PeekKind(out)
	if err != nil {
		a.t.Fatal(err)
	}
	switch kind {
	case boundary.KindCertified:
		c, err := boundary.DecodeCertified(out)
		if err != nil {
			a.t.Fatal(err)
		}
		if c.Refusal == boundary.RefusedNothing {
			a.noted(&c.Certificate)
		}
	case boundary.KindProposed:
		p := must(boundary.DecodeProposed(out))
		var digests []wire.Digest
		for _, raw := range p.Requests {
			q := must(wire.DecodeRequest(raw))
			digests = append(digests, q.Digest())
		}
		if p.Certificate.Digest != wire.BatchDigest(digests) {
			a.t.Fatal("a certificate of other requests")
		}
		a.noted(&p.Certificate)
	case boundary.KindSendReplies:
		_, message, err := boundary.DecodeSend(out)
		set := must(wire.DecodeReplySet(must(message, err)))
		for _, e := range set.Entries {
			now := [2]wire.Digest{e.Result, {byte(set.Order)}}
			if before, ok := a.results[e.Request]; ok && before != now {
				a.t.Fatalf("two results of one request")
			}
			a.results[e.Request] = now
		}
	case boundary.KindSendStored:
		_, message, err := boundary.DecodeSend(out)
		c := must(wire.DecodeBodyStored(must(message, err))).Certificate
		for b := range byte(3) {
			if wire.Sum([]byte{b}) == c.Digest {
				return
			}
		}
		a.t.Fatal("attested a body that nobody has")
	case boundary.KindVerified, boundary.KindRequest:
	default:
		a.t.Fatalf("an answer of kind %d", kind)
	}
}

// noted notes what the enclave certified: one digest at a position.
func (a *attacker) noted(x *wire.Certificate) {
	a.t.Helper()
	if before, ok := a.digests[x.New]; ok {
		a.t.Fatalf("two certificates at %v: %v and %v", x.New, before, x.Digest)
	}
	a.digests[x.New] = x.Digest
}

// FuzzHostFrames lets a fuzzer choose what a host does: never a panic, never two digests at one position, two
// results of one request, or an attestation of what was not shown.
func FuzzHostFrames(f *testing.F) {
	f.Add(uint8(1), []byte("\x03\x01\x01\x01\x00\x03\x04\x00\x04\x00\x06\x07\x08\x09\x0a\x0b"))
	f.Add(uint8(0), []byte("\x02\x02\x00\x01\x02\x02\x00\x01\x06\x01\x01\x01\x06\x02\x02\x02"))
	for seed := range byte(8) {
		b := make([]byte, 200)
		for i := range b {
			b[i] = byte(i*i+3*i)*seed + byte(i)
		}
		f.Add(seed, b)
	}
	f.Fuzz(func(t *testing.T, self uint8, data []byte) {
		a := newAttacker(t, wire.ReplicaID(self%3))
		for steps := 0; len(data) > 0 && steps < 200; steps++ {
			a.attack(func(n int) int {
				if len(data) == 0 {
					return 0
				}
				v := int(data[0]) % n
				data = data[1:]
				return v
			}, data[:min(len(data), 64)])
		}
	})
}

// The same with choices that reach further than a short fuzzing run.
func TestHostCannotMakeItsEnclaveContradictItself(t *testing.T) {
	certificates, replies := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		a := newAttacker(t, wire.ReplicaID(rapid.IntRange(0, 2).Draw(r, "self")))
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			a.attack(func(n int) int { return rapid.IntRange(0, n-1).Draw(r, "choice") }, rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(r, "raw"))
		}
		certificates += len(a.digests)
		replies += len(a.results)
	})
	if certificates == 0 || replies == 0 {
		t.Fatalf("the attacker got %d certificates and %d replies: it tested nothing", certificates, replies)
	}
}
