package node

import (
	"context"
	"testing"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/wire"
)

// watchedLinks counts frames, and those that left while something that was written was not synced.
type watchedLinks struct {
	log          *hostlog.Log
	sent, before int
}

func (w *watchedLinks) Send(int, []byte) {
	w.sent++
	if s := w.log.Stats(); s.DurableLSN < s.LastLSN {
		w.before++
	}
}

// A peer that lags is served from the log, whose readers see what is not synced too: a strict host's own certificate
// must not leave like that, nor may an order that is not durable yet be an error of the disk.
func TestStrictHostSyncsWhatItLoads(t *testing.T) {
	for _, c := range []struct {
		strict  bool
		durable uint64
		before  int // frames that may leave before a sync
	}{{false, 1, 1}, {true, 1, 0}, {true, 0, 0}} {
		n, _ := newLeader(t)
		links := &watchedLinks{log: n.o.Log}
		n.o.Links, n.o.Config.Strict = links, c.strict
		n.durable.Store(c.durable)
		x := wire.Certificate{
			Kind: wire.CertPrepare, New: wire.Position{Order: 1}, Incarnation: 1, Vector: []uint32{1, 1, 1}, Digest: wire.BatchDigest(nil),
		}
		prepare := wire.AppendPrepare(nil, &x, nil)
		if err := n.append([]hostlog.Record{{Kind: hostlog.Kind(bftcore.RecordPrepare), Order: 1, Body: prepare}}); err != nil {
			t.Fatal(err)
		}
		n.load(bftcore.Load{Peer: 1, From: 1, To: 1, MaxBytes: 1 << 20})
		if links.sent != 1 || links.before != c.before || n.diskErrors.Load() != 0 {
			t.Errorf("%+v: %d frames left, %d before the sync, %d disk errors", c, links.sent, links.before, n.diskErrors.Load())
		}
	}
}

// Whoever asks is told by the node's clock how long each sync took.
func TestSyncsAreTold(t *testing.T) {
	n, _ := newLeader(t)
	clock := int64(0)
	n.o.Now = func() int64 { clock += int64(time.Millisecond); return clock } // asked before the sync and after it
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var told []time.Duration
	n.o.Synced = func(took time.Duration) {
		told = append(told, took)
		stop()
	}
	if err := n.append([]hostlog.Record{{Kind: hostlog.Kind(bftcore.RecordPrepare), Order: 1, Body: []byte{1}}}); err != nil {
		t.Fatal(err)
	}
	n.unsynced <- struct{}{}
	if err := n.sync(ctx); err != nil {
		t.Fatal(err)
	}
	if s := n.o.Log.Stats(); len(told) != 1 || told[0] != time.Millisecond || s.DurableLSN != s.LastLSN {
		t.Errorf("told %v, durable up to %d of %d", told, s.DurableLSN, s.LastLSN)
	}
}
