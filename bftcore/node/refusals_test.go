package node

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
)

// Frames that do not decode are counted and told once, whoever they are for: those of cores have a test there.
func TestBadFramesAreCountedAndToldOnce(t *testing.T) {
	for _, kind := range []wire.Kind{0, 99, wire.KindRequest, wire.KindFrontier, wire.KindTransfer, wire.KindBody, wire.KindFetched, wire.KindFetch} {
		n, _ := newLeader(t)
		var text bytes.Buffer
		n.o.Refusals = NewRefusals(3, slog.New(slog.NewTextHandler(&text, nil)))
		for range 3 {
			n.Receive(1, []byte{byte(kind), wire.Version, 0xff})
		}
		n.Receive(2, []byte{byte(kind), wire.Version, 0xff})
		if c := n.o.Refusals.Counts(); c["malformed"] != 4 || len(c) != 1 {
			t.Errorf("kind %d: counted %v", kind, c)
		}
		lines := strings.Count(text.String(), "msg=peer.refused")
		if lines != 2 || !strings.Contains(text.String(), "peer=1 cause=malformed") || !strings.Contains(text.String(), "peer=2 cause=malformed") {
			t.Errorf("kind %d: %d lines\n%s", kind, lines, &text)
		}
	}
}

// The same while the enclave is not ACTIVE, and by whom it comes back; and what is said in another's name.
func TestBadFramesOfComebacks(t *testing.T) {
	group, _ := quorum.New(3)
	driver := rejoin.New(rejoin.Config{Self: 2, Quorum: group, Recovery: 2, Members: 3}, 1)
	driver.Step(1, rejoin.Began{})
	refusals := NewRefusals(3, nil)
	x := wire.Certificate{Kind: wire.CertRecHello, Replica: 1, Incarnation: 1, Vector: []uint32{1, 1, 1}}
	hello := wire.RecHello{Certificate: x}
	hello.Certificate.Digest = hello.NonceDigest()
	for _, raw := range [][]byte{nil, {0xee, wire.Version + 1}, hello.Append(nil)} {
		driver.Step(1, rejoin.Received{From: 0, Raw: raw})
	}
	kinds := []wire.Kind{
		wire.KindRecHello, wire.KindRecInfo, wire.KindRecRequest, wire.KindRecState, wire.KindStatement, wire.KindColdState, wire.KindJoin,
		wire.KindPrepare, wire.KindProof, wire.KindFetch,
	}
	for _, k := range kinds {
		driver.Step(1, rejoin.Received{From: 1, Raw: []byte{byte(k), wire.Version, 0xff}})
	}
	refusals.driver(driver.Ready().Refusals)
	c := refusals.Counts()
	if c[bftcore.CauseMalformed.String()] != uint64(2+len(kinds)) || c[bftcore.CauseMisattributed.String()] != 1 {
		t.Errorf("%v", c)
	}
	back := NewComeback(ComebackOptions{Config: rejoin.Config{Self: 2, Quorum: group}, Now: func() int64 { return 0 }, Refusals: refusals})
	back.Receive(1, []byte{0xee})
	if n := refusals.Counts()["malformed"]; n != c["malformed"]+1 {
		t.Errorf("%d malformed", n)
	}
}
