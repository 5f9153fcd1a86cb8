package node

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// idle is an application that is never given anything.
type idle struct{ Application }

func (idle) Applied() uint64   { return 0 }
func (idle) Root() wire.Digest { return wire.Digest{} }
func (idle) Durable() uint64   { return 0 }
func (idle) SetDurable(uint64) {}

type noLinks struct{}

func (noLinks) Send(int, []byte) {}

// newLeader returns the node of replica 0 and the enclave's end of its link.
func newLeader(t *testing.T) (*Node, boundary.Link) {
	t.Helper()
	log, err := hostlog.Open(t.TempDir(), hostlog.Options{SegmentBytes: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	group, _ := quorum.New(3)
	enclave, host := boundary.Pipe()
	n, err := New(Options{
		Config: bftcore.Config{Quorum: group}, Dir: t.TempDir(), Log: log, Application: idle{}, Link: host, Links: noLinks{},
		Now: func() int64 { return 1 }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, enclave
}

// An enclave drops what comes before the start, so a peer's message that arrived early must not make the
// core ask anything before it: the question would never be answered, and the replica never vote.
func TestStartComesFirst(t *testing.T) {
	for range 50 {
		n, enclave := newLeader(t)
		header := wire.AppendRequestHeader(nil, wire.RequestID{Origin: 1, Generation: 1, Incarnation: 1, Sequence: 1}, 0, nil, nil, []byte("c"))
		raw := wire.AppendRequest(nil, header, wire.MAC{}, []byte("c"))
		request, err := wire.DecodeRequest(raw)
		if err != nil {
			t.Fatal(err)
		}
		n.Receive(1, wire.AppendForward(nil, []wire.Request{request}))
		ctx, cancel := context.WithCancel(context.Background())
		var done sync.WaitGroup
		done.Go(func() {
			if err := n.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		var kinds []boundary.Kind
		for len(kinds) < 2 {
			frames, err := enclave.Recv()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range frames {
				k, err := boundary.PeekKind(f)
				if err != nil {
					t.Fatal(err)
				}
				kinds = append(kinds, k)
			}
		}
		cancel()
		done.Wait()
		if kinds[0] != boundary.KindStart || kinds[1] != boundary.KindCertifyPrepare {
			t.Fatalf("frames %v: want the start, then the question", kinds)
		}
	}
}

// What only a comeback asks for is nothing to a node that has none, whatever frame carries it.
func TestAnswersToNoComeback(t *testing.T) {
	n, enclave := newLeader(t)
	told := boundary.Told{Token: rejoin.OwnToken | 1, Message: []byte("m")}
	refound := boundary.Refound{Members: []wire.ReplicaID{0, 1}}
	for _, f := range [][]byte{told.Append(nil), refound.Append(nil)} {
		if err := n.frame(f); err != nil {
			t.Error(err)
		}
	}
	if waiting := n.inbox.take(nil); len(waiting) > 0 {
		t.Errorf("kept for nobody: %+v", waiting)
	}
	_ = enclave.Close()
}
