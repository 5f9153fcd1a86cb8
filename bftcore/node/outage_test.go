package node

import (
	"slices"
	"testing"

	"troxymail/bftcore"
	"troxymail/enclave/boundary"
)

// connected are links whose peers are there or not.
type connected [3]bool

func (connected) Send(int, []byte)          {}
func (c connected) Connected(peer int) bool { return c[peer] }

// plain are links that cannot tell.
type plain struct{}

func (plain) Send(int, []byte) {}

// bodiless is a state that lacks bodies.
type bodiless struct{ Checkpoints }

func (bodiless) Whole() bool { return false }

// What uses up the faults that the group survives, as one host sees it. This one is replica 1.
func TestOutages(t *testing.T) {
	late := 1 + silentAfter + 1
	at := func(first, last bftcore.PeerStatus) bftcore.Status {
		return bftcore.Status{Applied: 5000, Known: 5000, Peers: []bftcore.PeerStatus{first, {}, last}}
	}
	fine := bftcore.PeerStatus{HeardAt: late, Executed: 5000}
	all := connected{true, false, true}
	for name, x := range map[string]struct {
		links  Links
		status bftcore.Status
		change func(n *Node)
		want   []boundary.Outage
	}{
		"none":                    {all, at(fine, fine), nil, nil},
		"links that cannot tell":  {plain{}, at(fine, fine), nil, nil},
		"a link is down":          {connected{true, true, false}, at(fine, fine), nil, []boundary.Outage{{Replica: 2, Cause: boundary.CauseSilent}}},
		"a peer says nothing":     {all, at(bftcore.PeerStatus{HeardAt: 1, Executed: 5000}, fine), nil, []boundary.Outage{{Replica: 0, Cause: boundary.CauseSilent}}},
		"a peer lags":             {all, at(fine, bftcore.PeerStatus{HeardAt: late, Executed: 5000 - laggingFrom - 1}), nil, []boundary.Outage{{Replica: 2, Cause: boundary.CauseLagging}}},
		"a peer lags a little":    {all, at(fine, bftcore.PeerStatus{HeardAt: late, Executed: 5000 - laggingFrom}), nil, nil},
		"a peer comes back":       {all, at(fine, fine), func(n *Node) { n.needy.Store(1) }, []boundary.Outage{{Replica: 0, Cause: boundary.CauseNotActive}}},
		"a peer sent unfit parts": {all, at(fine, fine), func(n *Node) { n.transfers.liars.Store(4) }, []boundary.Outage{{Replica: 2, Cause: boundary.CauseSuspicious}}},
		"a peer floods":           {all, at(fine, fine), func(n *Node) { n.floods[0].Add(1) }, []boundary.Outage{{Replica: 0, Cause: boundary.CauseSuspicious}}},
		"itself takes a state over": {all, at(fine, fine), func(n *Node) { n.transfers.target.Store(9) },
			[]boundary.Outage{{Replica: 1, Cause: boundary.CauseLagging}}},
		"itself lacks bodies": {all, at(fine, fine), func(n *Node) { n.o.Checkpoints = bodiless{} },
			[]boundary.Outage{{Replica: 1, Cause: boundary.CauseLagging}}},
		"two": {connected{}, at(fine, fine), nil, []boundary.Outage{{Replica: 0, Cause: boundary.CauseSilent}, {Replica: 2, Cause: boundary.CauseSilent}}},
	} {
		n := statusNode(t, late)
		n.o.Links = x.links
		if x.change != nil {
			x.change(n)
		}
		if got := n.outages(&x.status); !slices.Equal(got, x.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
