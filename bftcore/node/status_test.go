package node

import (
	"sync/atomic"
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// statusNode is a node of three replicas, self 1, with nothing but what facts need.
func statusNode(t *testing.T, now int64) *Node {
	t.Helper()
	log, err := hostlog.Open(t.TempDir(), hostlog.Options{SegmentBytes: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	group, err := quorum.New(3)
	if err != nil {
		t.Fatal(err)
	}
	peers := func() []atomic.Uint64 { return make([]atomic.Uint64, group.N()) }
	return &Node{transfers: newTransfers(), began: 1, floods: peers(), cutFrom: peers(), o: Options{Config: bftcore.Config{Self: 1, Quorum: group}, Log: log, Now: func() int64 { return now }}}
}

func TestAlarms(t *testing.T) {
	late := 1 + silentAfter + 1
	heard := []bftcore.PeerStatus{{HeardAt: late}, {}, {HeardAt: late}}
	one := func(code boundary.AlarmCode, count uint64) []boundary.Alarm {
		return []boundary.Alarm{{Code: code, Subject: boundary.NoReplica, Count: count}}
	}
	for name, x := range map[string]struct {
		now      int64
		status   bftcore.Status
		counters bftcore.Counters
		lost     uint64
		want     []boundary.Alarm
	}{
		"none":           {late, bftcore.Status{Peers: heard, Known: catchingUpFrom, Applied: 0}, bftcore.Counters{}, 0, nil},
		"just begun":     {silentAfter, bftcore.Status{Peers: make([]bftcore.PeerStatus, 3)}, bftcore.Counters{}, 0, nil},
		"never heard":    {late, bftcore.Status{Peers: []bftcore.PeerStatus{{HeardAt: late}, {}, {}}}, bftcore.Counters{}, 0, []boundary.Alarm{{Code: boundary.AlarmPeerSilent, Subject: 2}}},
		"gone":           {2 * late, bftcore.Status{Peers: []bftcore.PeerStatus{{HeardAt: 1}, {}, {HeardAt: 2 * late}}}, bftcore.Counters{}, 0, []boundary.Alarm{{Code: boundary.AlarmPeerSilent, Subject: 0}}},
		"behind":         {late, bftcore.Status{Peers: heard, Known: 1000, Applied: 10}, bftcore.Counters{}, 0, one(boundary.AlarmCatchingUp, 990)},
		"forged":         {late, bftcore.Status{Peers: heard}, bftcore.Counters{ForgedCommits: 2}, 0, one(boundary.AlarmForgedPeer, 2)},
		"two proposals":  {late, bftcore.Status{Peers: heard}, bftcore.Counters{Conflict: 1}, 0, one(boundary.AlarmConflict, 1)},
		"refused":        {late, bftcore.Status{Peers: heard}, bftcore.Counters{RejectedBatches: 1, RefusedProposals: 1}, 0, one(boundary.AlarmRefusedBatch, 2)},
		"invalid":        {late, bftcore.Status{Peers: heard}, bftcore.Counters{InvalidRequests: 4}, 0, one(boundary.AlarmInvalidRequest, 4)},
		"other founding": {late, bftcore.Status{Peers: heard}, bftcore.Counters{OtherFounding: 1}, 0, one(boundary.AlarmOtherFounding, 1)},
		"lacking": {
			late, bftcore.Status{Peers: []bftcore.PeerStatus{{HeardAt: late, Executed: 9}, {}, {HeardAt: late}}, Missing: 9, MissingSince: 1},
			bftcore.Counters{}, 0, one(boundary.AlarmNeedsTransfer, 9),
		},
		"missing what nobody has": {
			late, bftcore.Status{Peers: []bftcore.PeerStatus{{HeardAt: late, Executed: 8}, {}, {HeardAt: late}}, Missing: 9, MissingSince: 1},
			bftcore.Counters{}, 0, nil,
		},
		"missing for a moment": {
			late, bftcore.Status{Peers: []bftcore.PeerStatus{{HeardAt: late, Executed: 9}, {}, {HeardAt: late}}, Missing: 9, MissingSince: late - 1},
			bftcore.Counters{}, 0, nil,
		},
		"set back": {
			late, bftcore.Status{Peers: []bftcore.PeerStatus{{HeardAt: late}, {}, {HeardAt: late, SetBack: 2}}}, bftcore.Counters{}, 0,
			[]boundary.Alarm{{Code: boundary.AlarmPeerSetBack, Subject: 2, Count: 2}},
		},
		"lost records": {late, bftcore.Status{Peers: heard}, bftcore.Counters{}, 5, one(boundary.AlarmBodyLost, 5)},
	} {
		n := statusNode(t, x.now)
		n.recordsLost.Store(x.lost)
		got := n.alarms(&x.status, &x.counters)
		if len(got) != len(x.want) || len(got) == 1 && got[0] != x.want[0] {
			t.Errorf("%s: %v, want %v", name, got, x.want)
		}
	}
}

// The newest digests are all kept, and of older ones the multiples of rootEvery; the list rises and fits its
// frame.
func TestRoots(t *testing.T) {
	var x roots
	const last = 10_000
	for order := uint64(1); order <= last; order++ {
		x.note(order, wire.Digest{byte(order), byte(order >> 8)})
	}
	list := x.list()
	if len(list) != boundary.MaxRoots || list[len(list)-1].Order != last {
		t.Fatalf("%d digests, the last at %d", len(list), list[len(list)-1].Order)
	}
	for i, r := range list {
		if i > 0 && r.Order <= list[i-1].Order || r.Digest != (wire.Digest{byte(r.Order), byte(r.Order >> 8)}) {
			t.Fatalf("%+v behind %+v", r, list[max(0, i-1)])
		}
		if r.Order <= last-maxNewRoots && r.Order%rootEvery != 0 {
			t.Fatalf("order %d is kept", r.Order)
		}
	}
	if first := list[0].Order; last-first < (maxOldRoots-1)*rootEvery {
		t.Fatalf("the oldest is %d", first)
	}
}
