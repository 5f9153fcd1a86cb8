package host

import (
	"context"
	"errors"
	"slices"

	"troxymail/bftcore/node"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/rr"
)

// serveReturning brings the enclave behind link to ACTIVE with the help of the other replicas, orders for it, and
// begins again with the same enclave when it resigned.
func (h *Host) serveReturning(ctx context.Context, link boundary.Link) error {
	model, err := rr.Majority(h.group.N())
	if err != nil {
		return err
	}
	relay := node.NewRelay(link)
	defer relay.Close()
	back := node.NewComeback(node.ComebackOptions{
		Config: rejoin.Config{Self: h.o.Self, Quorum: h.group, Recovery: model.Recovery(), Members: model.Members()},
		Log:    h.log, Links: late{h}, Now: h.now, Logger: h.o.Logger, Facts: h.waiting,
		Applied: func() uint64 { return h.machine().Applied() }, Follows: func() wire.Founding { return h.history.founding },
		Refusals: h.refusals,
	})
	h.back.Store(back)
	defer h.back.Store(nil)
	for first := true; ; first = false {
		state, err := back.Await(ctx, relay.Turn(), first)
		if err != nil {
			return err
		}
		begins, err := wire.DecodeFrontier(state)
		if err != nil {
			return err
		}
		if err := h.follow(&begins); err != nil {
			return err
		}
		o := h.nodeOptions(relay.Turn())
		o.Comeback, o.State = back, &begins
		if err := h.run(ctx, o); !errors.Is(err, node.ErrResigned) {
			return err
		}
	}
}

// waiting is what this host says of itself while its enclave comes back: for whom that waits.
func (h *Host) waiting() boundary.HostFacts {
	applied := h.machine().Applied()
	f := boundary.HostFacts{
		Executed: applied, Synced: applied, Known: applied, Roots: []boundary.Root{{Order: applied, Digest: h.machine().Root()}},
		Peers: make([]uint64, h.group.N()),
	}
	f.Peers[h.o.Self], f.Strict = applied, h.o.Strict
	f.Alarms, f.Out = h.awaited()
	return f
}

// awaited says for whom the own enclave waits, and which replicas cannot be counted on meanwhile, itself among them.
// Safe for concurrent use.
func (h *Host) awaited() (alarms []boundary.Alarm, out []boundary.Outage) {
	s := rejoin.Status{}
	if back := h.back.Load(); back != nil {
		s = back.Status()
	}
	for _, r := range s.Waiting {
		alarms = append(alarms, boundary.Alarm{Code: boundary.AlarmAwaits, Subject: r})
	}
	for r := range wire.ReplicaID(h.group.N()) {
		switch {
		case r == h.o.Self, slices.Contains(s.Down, r):
			out = append(out, boundary.Outage{Replica: r, Cause: boundary.CauseNotActive})
		case slices.Contains(s.Silent, r), !(late{h}).Connected(int(r)):
			out = append(out, boundary.Outage{Replica: r, Cause: boundary.CauseSilent})
		}
	}
	return append(alarms, h.faults.list()...), out
}
