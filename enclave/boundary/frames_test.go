package boundary

import (
	"encoding/hex"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

// frame is one kind of frame, as tests handle all of them: decode returns the value and what encodes it.
type frame struct {
	name   string
	kind   Kind
	decode func(f []byte) (value any, encode func() []byte, err error)
	golden any
}

// frames are all frames that have a decoder here.
var frames = []frame{
	{"start", KindStart, decodeWith(DecodeStart, (*Start).Append), Start{Boot: 7, Frontier: []byte("frontier"), Certificates: []wire.Certificate{goldenCertificate}}},
	{"start of an empty log", KindStart, decodeWith(DecodeStart, (*Start).Append), Start{Boot: 1, Frontier: []byte{}}},
	{"certify PREPARE", KindCertifyPrepare, decodeWith(DecodeCertifyPrepare, (*CertifyPrepare).Append),
		CertifyPrepare{Token: 1, Position: wire.Position{View: 2, Order: 3}, Items: []Item{goldenItem, goldenItem}}},
	{"reserve", KindReserve, decodeWith(DecodeReserve, (*Reserve).Append), Reserve{Position: wire.Position{View: 2, Order: 3}}},
	{"proposed", KindProposed, decodeWith(DecodeProposed, (*Proposed).Append),
		Proposed{Certificate: goldenCertificate, Requests: [][]byte{[]byte("first"), []byte("second")}}},
	{"certify COMMIT", KindCertifyCommit, decodeWith(DecodeCertifyCommit, (*CertifyCommit).Append),
		CertifyCommit{Token: 1, Prepare: goldenCertificate, Items: []Item{goldenItem}}},
	{"verify", KindVerify, decodeWith(DecodeVerify, (*Verify).Append),
		Verify{Token: 1, Certificates: []wire.Certificate{goldenCertificate}}},
	{"executed", KindExecuted, decodeWith(DecodeExecuted, (*Executed).Append), Executed{Order: 5, DurableUpTo: 4, Results: []ExecutedItem{
		{Item: goldenItem, Head: goldenHead, Depends: 4},
		{Item: goldenItem, Head: goldenHead, Depends: 5, Payload: []byte("payload"), Full: true}}}},
	{"read back", KindReadBack, decodeWith(decodeShown, (*shown).append), shown{Origin: 2, Piece: goldenPiece}},
	{"record", KindRecord, decodeWith(DecodeRecord, (*Record).Append), Record{Token: 9, Piece: goldenPiece}},
	{"ready", KindReady, decodeWith(DecodeReady, (*Ready).Append), Ready{Incarnation: wire.Incarnation{
		Founding: wire.Founding{Generation: 1, Digest: wire.Digest{2}}, Replica: 3, Number: 4}}},
	{"request", KindRequest, decodeWith(DecodeRequest, (*Request).Append), Request{Retransmit: true, Raw: []byte("raw")}},
	{"certified", KindCertified, decodeWith(DecodeCertified, (*Certified).Append), Certified{Token: 1, Certificate: goldenCertificate}},
	{"refused", KindCertified, decodeWith(DecodeCertified, (*Certified).Append), Certified{Token: 1, Refusal: RefusedRequest, Bad: []uint32{3, 4}}},
	{"verified", KindVerified, decodeWith(DecodeVerified, (*Verified).Append), Verified{Token: 1, OK: []bool{true, false}}},
	{"send", KindSendReplies, decodeWith(decodeSent, (*sent).append), sent{To: 2, Message: []byte("message")}},
	{"get record", KindGetRecord, decodeWith(DecodeGetRecord, (*GetRecord).Append), GetRecord{Token: 1, Digest: wire.Digest{2}, Size: 3}},
	{"host status query", KindHostStatusQuery, decodeWith(DecodeHostStatusQuery, (*HostStatusQuery).Append), HostStatusQuery{Token: 5}},
	{"host status", KindHostStatus, decodeWith(DecodeHostStatus, (*HostStatus).Append), HostStatus{Token: 5, Facts: HostFacts{
		View: 1, Leader: 1, Executed: 9, Stable: 2, Synced: 8, Known: 10, Roots: []Root{{Order: 8}, {Order: 9, Digest: wire.Digest{1}}},
		Peers: []uint64{9, 8, 7}, Alarms: []Alarm{{Code: AlarmDisk, Subject: NoReplica, Count: 2}},
		Out: []Outage{{Replica: 0, Cause: CauseLagging}, {Replica: 2, Cause: CauseSilent}}, Strict: true}}},
	{"ask", KindAsk, decodeWith(DecodeAsk, (*Ask).Append), Ask{Token: 1, Op: OpViewChange, Number: 2, Digest: wire.Digest{3},
		Messages: [][]byte{[]byte("first"), []byte("second")}}},
	{"peek", KindPeek, decodeWith(DecodePeek, (*Peek).Append), Peek{Token: 6, Command: []byte("command")}},
	{"peeked", KindPeeked, decodeWith(DecodePeeked, (*Peeked).Append),
		Peeked{Token: 6, Done: true, Status: 3, Payload: []byte("payload"), Evidence: []byte("evidence")}},
	{"reads", KindReads, decodeWith(DecodeReads, (*Reads).Append), Reads{Current: 1, Bounded: 2, Validated: 3, ContentHits: 4, PartsBytes: 5}},
	{"told", KindTold, decodeWith(DecodeTold, (*Told).Append), Told{Token: 1, Message: []byte("message"), Frontier: []byte("frontier")}},
	{"told no", KindTold, decodeWith(DecodeTold, (*Told).Append), Told{Token: 1, Refusal: RefusedQuorum, Message: []byte{}, Frontier: []byte{}}},
	{"refound", KindRefound, decodeWith(DecodeRefound, (*Refound).Append), Refound{Ordered: true, Members: []wire.ReplicaID{0, 2}}},
	{"store body", KindStoreBody, decodeWith(decodeStored, (*stored).append), stored{goldenPiece}},
}

// shown, sent and stored are what the decoders with several results return.
type (
	shown struct {
		Origin wire.ReplicaID
		Piece  wire.Piece
	}
	sent struct {
		To      wire.ReplicaID
		Message []byte
	}
	stored struct{ Piece wire.Piece }
)

func decodeShown(f []byte) (shown, error) {
	origin, p, err := DecodeReadBack(f)
	return shown{origin, p}, err
}

func (s *shown) append(dst []byte) []byte {
	return append(dst, AppendReadBack(nil, s.Origin, s.Piece)...)
}

func decodeSent(f []byte) (sent, error) {
	to, m, err := DecodeSend(f)
	return sent{to, m}, err
}

func (s *sent) append(dst []byte) []byte { return AppendSend(dst, KindSendReplies, s.To, s.Message) }

func decodeStored(f []byte) (stored, error) {
	p, err := DecodeStoreBody(f)
	return stored{p}, err
}

func (s *stored) append(dst []byte) []byte { return AppendStoreBody(dst, s.Piece) }

func decodeWith[T any](decode func([]byte) (T, error), encode func(*T, []byte) []byte) func([]byte) (any, func() []byte, error) {
	return func(f []byte) (any, func() []byte, error) {
		v, err := decode(f)
		return v, func() []byte { return encode(&v, nil) }, err
	}
}

// encode returns the encoding of a golden value.
func (f *frame) encode() []byte {
	v := reflect.New(reflect.TypeOf(f.golden))
	v.Elem().Set(reflect.ValueOf(f.golden))
	switch x := v.Interface().(type) {
	case *shown:
		return x.append(nil)
	case *sent:
		return x.append(nil)
	case *stored:
		return x.append(nil)
	case interface{ Append([]byte) []byte }:
		return x.Append(nil)
	}
	panic("no encoder for " + f.name)
}

var (
	goldenItem        = Item{Header: []byte("header"), MAC: wire.MAC{1, 2}}
	goldenCertificate = wire.Certificate{
		Kind: wire.CertPrepare, Founding: wire.Founding{Generation: 1}, Incarnation: 1, Vector: []uint32{1, 2, 3},
		New: wire.Position{View: 1, Order: 2}, Digest: wire.Digest{3}, MAC: wire.MAC{4},
	}
	goldenHead = wire.ResultHead{
		Status: 1, Touched: []wire.KeyDigest{{Key: wire.Key{Kind: wire.KeyMailbox, Mailbox: 2}, Digest: wire.Digest{5}}},
	}
	goldenPiece = wire.Piece{Body: wire.Digest{6}, Total: 100, Offset: 10, Bytes: []byte("piece")}
)

// The bytes are the contract between the two sides, which may be of different builds: a change of one of
// these digests is a change of the format and needs a new wire.Version.
func TestGoldenFrames(t *testing.T) {
	for i := range frames {
		f := &frames[i]
		sum := wire.Sum(f.encode())
		if got := hex.EncodeToString(sum[:8]); got != goldenSums[f.name] {
			t.Errorf("%q: %q, // %d bytes", f.name, got, len(f.encode()))
		}
	}
	if len(goldenSums) != len(frames) {
		t.Errorf("%d golden digests for %d frames", len(goldenSums), len(frames))
	}
	// Two in full, so that the layout can be read here.
	start := Start{Boot: 7}
	item := GetRecord{Token: 1, Size: 3}
	for want, got := range map[string][]byte{
		"01" + "01" + "00000007" + "00000000" + "00000000":                             start.Append(nil),
		"47" + "01" + "0000000000000001" + zeros(32) + "00000003":                      item.Append(nil),
		"06" + "01" + "68656c6c6f":                                                     AppendPeer(nil, KindReplies, []byte("hello")),
		"45" + "01" + "0002" + "68656c6c6f":                                            AppendSend(nil, KindSendReplies, 2, []byte("hello")),
		"42" + "01" + "01" + "68656c6c6f":                                              (&Request{Retransmit: true, Raw: []byte("hello")}).Append(nil),
		"44" + "01" + "0000000000000009" + "00000002" + "01" + "00":                    (&Verified{Token: 9, OK: []bool{true, false}}).Append(nil),
		"43" + "01" + "0000000000000009" + "05" + "00000002" + "00000003" + "00000004": (&Certified{Token: 9, Refusal: RefusedRequest, Bad: []uint32{3, 4}}).Append(nil),
		"02" + "01" + zeros(8) + zeros(7) + "01" + zeros(7) + "02" + "00000000":        (&CertifyPrepare{Position: wire.Position{View: 1, Order: 2}}).Append(nil),
	} {
		if got != nil && hex.EncodeToString(got) != want {
			t.Errorf("got %x, want %s", got, want)
		}
	}
}

func zeros(n int) string { return hex.EncodeToString(make([]byte, n)) }

func TestFramesRoundTrip(t *testing.T) {
	for i := range frames {
		f := &frames[i]
		encoded := f.encode()
		kind, err := PeekKind(encoded)
		if err != nil || kind != f.kind {
			t.Errorf("%s: kind %d, %v", f.name, kind, err)
		}
		got, again, err := f.decode(encoded)
		if err != nil || !reflect.DeepEqual(got, f.golden) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", f.name, err, got, f.golden)
			continue
		}
		if string(again()) != string(encoded) {
			t.Errorf("%s: encodes again as %x", f.name, again())
		}
		carriesRest := f.kind == KindRequest || f.kind == KindSendReplies // whose last field has no length
		for n := range encoded {
			if _, _, err := f.decode(encoded[:n]); err == nil && !(carriesRest && n >= 3) {
				t.Errorf("%s: decoded from the first %d of %d bytes", f.name, n, len(encoded))
			}
		}
		if _, _, err := f.decode(append(encoded, 0)); err == nil && !carriesRest {
			t.Errorf("%s: decoded with a byte behind the end", f.name)
		}
	}
}

func TestOtherVersionsAreRefused(t *testing.T) {
	for i := range frames {
		f := frames[i].encode()
		f[1]++
		if _, err := PeekKind(f); !errors.Is(err, ErrFrame) {
			t.Errorf("%s of another version: %v", frames[i].name, err)
		}
	}
}

func items(t *rapid.T) []Item {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Item {
		return Item{Header: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "header"), MAC: array(t)}
	}), 0, 5).Draw(t, "items")
}

func array(t *rapid.T) (a [32]byte) {
	copy(a[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "array"))
	return a
}

// Decoding into what was used for another frame before leaves nothing of that.
func TestExecutedRoundTrips(t *testing.T) {
	got := Executed{Results: []ExecutedItem{}}
	rapid.Check(t, func(t *rapid.T) {
		e := Executed{Order: rapid.Uint64().Draw(t, "order"), DurableUpTo: rapid.Uint64().Draw(t, "durable"), Results: []ExecutedItem{}}
		for _, it := range items(t) {
			x := ExecutedItem{Item: it, Depends: rapid.Uint64().Draw(t, "depends"), Full: rapid.Bool().Draw(t, "full")}
			x.Head = wire.ResultHead{Status: wire.Status(rapid.Uint16().Draw(t, "status")), PayloadDigest: array(t)}
			if x.Full {
				x.Payload = rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "payload")
			}
			e.Results = append(e.Results, x)
		}
		err := got.Decode(e.Append(nil))
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, got, e)
		}
	})
}

func TestCertifyRoundTrips(t *testing.T) {
	var got CertifyPrepare
	rapid.Check(t, func(t *rapid.T) {
		c := CertifyPrepare{Token: rapid.Uint64().Draw(t, "token"), Items: items(t)}
		c.Position = wire.Position{View: rapid.Uint64().Draw(t, "view"), Order: rapid.Uint64().Draw(t, "order")}
		err := got.Decode(c.Append(nil))
		if err != nil || len(got.Items) != len(c.Items) || got.Token != c.Token || got.Position != c.Position ||
			len(c.Items) > 0 && !reflect.DeepEqual(got.Items, c.Items) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, got, c)
		}
	})
}

// Lists and pieces over their limits are refused, whatever follows.
func TestLimits(t *testing.T) {
	piece := func(p wire.Piece) []byte { return (&Record{Piece: p}).Append(nil) }
	many := func(n int) []byte { return (&CertifyPrepare{Items: make([]Item, n)}).Append(nil) }
	long := &CertifyPrepare{Items: []Item{{Header: make([]byte, maxHeaderBytes+1)}}}
	full := &Executed{Results: []ExecutedItem{{Full: true, Payload: make([]byte, wire.MaxResultBytes+1)}}}
	for name, c := range map[string]struct {
		frame []byte
		ok    bool
	}{
		"most requests":            {many(MaxItems), true},
		"too many requests":        {many(MaxItems + 1), false},
		"a long header":            {long.Append(nil), false},
		"a long payload":           {full.Append(nil), false},
		"the largest piece":        {piece(wire.Piece{Total: wire.MaxBodyBytes, Bytes: make([]byte, wire.ChunkBytes)}), true},
		"a long piece":             {piece(wire.Piece{Total: wire.MaxBodyBytes, Bytes: make([]byte, wire.ChunkBytes+1)}), false},
		"a piece of a huge body":   {piece(wire.Piece{Total: wire.MaxBodyBytes + 1}), false},
		"a piece behind the end":   {piece(wire.Piece{Total: 5, Offset: 6}), false},
		"a piece over the end":     {piece(wire.Piece{Total: 5, Offset: 4, Bytes: []byte("ab")}), false},
		"an offset that overflows": {piece(wire.Piece{Total: 5, Offset: 1<<64 - 1, Bytes: []byte("ab")}), false},
		"most messages":            {(&Ask{Op: OpJoin, Messages: make([][]byte, MaxMessages)}).Append(nil), true},
		"too many messages":        {(&Ask{Op: OpJoin, Messages: make([][]byte, MaxMessages+1)}).Append(nil), false},
		"no operation":             {(&Ask{}).Append(nil), false},
		"an unknown operation":     {(&Ask{Op: maxOp + 1}).Append(nil), false},
		"boot 0":                   {(&Start{}).Append(nil), false},
		"a huge boot":              {(&Start{Boot: wire.MaxIncarnation + 1}).Append(nil), false},
	} {
		kind, _ := PeekKind(c.frame)
		var err error
		for i := range frames {
			if frames[i].kind == kind {
				_, _, err = frames[i].decode(c.frame)
			}
		}
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
