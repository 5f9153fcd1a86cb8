package node

import (
	"cmp"
	"slices"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

const (
	// silentAfter is how long a peer may say nothing before that is an alarm: three of the longest pauses
	// that an idle host makes between two signs of life.
	silentAfter = int64(30 * time.Second)
	// lackingAfter is how long an order may be missing that peers claim to have before that is an alarm.
	lackingAfter = int64(30 * time.Second)
	// catchingUpFrom is how many orders behind the highest known one is an alarm.
	catchingUpFrom = 256
)

// statusAsked is the enclave's question how the host fares; the orderer answers it, which has the figures.
type statusAsked struct {
	bftcore.Event
	token uint64
}

// Facts returns what this host says of itself when its enclave asks, as of a moment ago; for metrics too.
// Safe for concurrent use.
func (n *Node) Facts() boundary.HostFacts {
	s := n.Status()
	return n.facts(&s, n.counters.Load())
}

func (o *orderer) answerStatus(q statusAsked) {
	s, counters := o.n.core.Status(), o.n.core.Counters()
	answer := boundary.HostStatus{Token: q.token, Facts: o.n.facts(&s, &counters)}
	_ = o.n.o.Link.Send(answer.Append(nil))
}

func (n *Node) facts(s *bftcore.Status, counters *bftcore.Counters) boundary.HostFacts {
	f := boundary.HostFacts{
		View: s.View, Leader: s.Leader, Executed: s.Applied, Stable: s.Stable.Order, Synced: s.Durable, Known: s.Known,
		Roots: n.roots.list(), Peers: make([]uint64, len(s.Peers)), Strict: n.o.Config.Strict, Out: n.outages(s),
	}
	for i := range s.Peers {
		f.Peers[i] = s.Peers[i].Executed
	}
	f.Peers[n.o.Config.Self] = s.Applied
	f.Alarms = n.alarms(s, counters)
	return f
}

// alarms lists what a person should look at, in order of code.
func (n *Node) alarms(s *bftcore.Status, c *bftcore.Counters) []boundary.Alarm {
	var list []boundary.Alarm
	now := n.o.Now()
	for i := range s.Peers {
		heard := max(s.Peers[i].HeardAt, n.began)
		if i != int(n.o.Config.Self) && heard+silentAfter < now {
			list = append(list, boundary.Alarm{Code: boundary.AlarmPeerSilent, Subject: wire.ReplicaID(i)})
		}
	}
	if order := n.lacking(s); order != 0 {
		list = append(list, boundary.Alarm{Code: boundary.AlarmNeedsTransfer, Subject: boundary.NoReplica, Count: order})
	}
	if permille, comes := n.stateComes(); comes {
		list = append(list, boundary.Alarm{Code: boundary.AlarmTransfer, Subject: boundary.NoReplica, Count: permille / 10})
	}
	if s.Known > s.Applied+catchingUpFrom {
		list = append(list, boundary.Alarm{
			Code: boundary.AlarmCatchingUp, Subject: boundary.NoReplica, Count: s.Known - s.Applied,
		})
	}
	for _, x := range []struct {
		code  boundary.AlarmCode
		count uint64
	}{
		{boundary.AlarmLogTorn, uint64(max(0, n.o.Log.Stats().TornBytes))},
		{boundary.AlarmBodyLost, n.recordsLost.Load()},
		{boundary.AlarmForgedPeer, c.ForgedCommits + c.ForgedStatements},
		{boundary.AlarmConflict, c.Conflict},
		{boundary.AlarmRefusedBatch, c.RejectedBatches + c.RefusedProposals},
		{boundary.AlarmInvalidRequest, c.InvalidRequests},
		{boundary.AlarmOtherFounding, c.OtherFounding},
		{boundary.AlarmDisk, n.diskErrors.Load()},
	} {
		if x.count > 0 {
			list = append(list, boundary.Alarm{Code: x.code, Subject: boundary.NoReplica, Count: x.count})
		}
	}
	for i := range s.Peers {
		for _, x := range []struct {
			code  boundary.AlarmCode
			count uint64
		}{
			{boundary.AlarmPeerSetBack, s.Peers[i].SetBack}, {boundary.AlarmLogCut, n.cutFrom[i].Load()},
			{boundary.AlarmBodyFlood, n.floods[i].Load()}, {boundary.AlarmUnfitPart, n.transfers.liars.Load() >> i & 1},
		} {
			if x.count > 0 {
				list = append(list, boundary.Alarm{Code: x.code, Subject: wire.ReplicaID(i), Count: x.count})
			}
		}
	}
	if n.o.Faults != nil {
		list = append(list, n.o.Faults()...)
	}
	slices.SortStableFunc(list, func(a, b boundary.Alarm) int { return cmp.Compare(a.Code, b.Code) })
	return list[:min(len(list), boundary.MaxAlarms)]
}

// lacking returns an order that this host has missed for long although peers that are there claim to have
// executed it, 0 for none: their logs do not reach back to it.
func (n *Node) lacking(s *bftcore.Status) uint64 {
	now := n.o.Now()
	if s.Missing == 0 || now < s.MissingSince+lackingAfter {
		return 0
	}
	for i := range s.Peers {
		if p := &s.Peers[i]; p.Executed >= s.Missing && p.HeardAt+silentAfter > now {
			return s.Missing
		}
	}
	return 0
}
