package linear

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"troxymail/cmd/cluster"
	"troxymail/integration/liar"
)

// kind is a kind of history: what happens while clients work.
type kind struct {
	name    string
	daily   int // histories in the daily tests
	blow    func(s *storm)
	bounded bool   // reads = "bounded"
	parts   bool   // links carry nothing for a while
	five    bool   // replicas, and two faults at a time
	lie     string // of all hosts
}

var kinds = []kind{
	{name: "calm", daily: 4, blow: (*storm).calm},
	{name: "leader", daily: 1, blow: (*storm).leader},
	{name: "host", daily: 1, blow: (*storm).host},
	{name: "enclave", daily: 2, blow: (*storm).enclave},
	{name: "enclaves", daily: 1, blow: (*storm).enclaves},
	{name: "all", daily: 1, blow: (*storm).all},
	{name: "parted", daily: 1, blow: (*storm).parted, parts: true},
	{name: "one-way", daily: 1, blow: (*storm).oneWay, parts: true},
	{name: "mixed", daily: 1, blow: (*storm).mixed},
	{name: "late", daily: 4, blow: (*storm).calm, lie: "late-peeks"},
	{name: "bounded", daily: 1, blow: (*storm).enclave, bounded: true},
	{name: "bounded-parted", daily: 1, blow: (*storm).parted, bounded: true, parts: true},
	{name: "five", daily: 1, blow: (*storm).two, parts: true, five: true},
}

// tally is what the histories of one kind were.
type tally struct {
	histories, operations, sessions, unknown, lost int
	views, frames, told                            uint64 // frames: that links did not carry
}

func (n *tally) add(x *trial) {
	n.histories++
	n.operations += len(x.operations)
	n.sessions += len(x.sessions)
	n.unknown += x.unknown
	n.lost += x.lost
}

// String is what `make histories` prints.
func (n *tally) String() string {
	return fmt.Sprintf("histories %d operations %d sessions %d connections-lost %d outcomes-unknown %d views %d frames-lost %d lies-told %d",
		n.histories, n.operations, n.sessions, n.lost, n.unknown, n.views, n.frames, n.told)
}

// play makes one history in a cluster and judges it.
func play(t *testing.T, c *cluster.Cluster, x *trial, blow func(s *storm), bounded bool, n *tally) {
	t.Helper()
	x.place = place{replicas: c.Replicas(), dial: c.Dial, user: cluster.Address, password: c.Password}
	s := &storm{Cluster: c, rng: rand.New(rand.NewPCG(x.seed, 1<<32))}
	for i := range c.Replicas() {
		if i != x.apart {
			s.honest = append(s.honest, i)
		}
	}
	var over atomic.Bool
	x.goingOn = func() bool { return !over.Load() }
	x.ready = make(chan struct{})
	worked := make(chan error, 1)
	go func() { worked <- x.run() }()
	<-x.ready
	before := c.View()
	blow(s)
	c.AwaitServing()
	over.Store(true)
	if err := <-worked; err != nil {
		t.Fatal(err)
	}
	n.views += c.View() - min(before, c.View())
	n.add(x)
	if err := x.judge(bounded, again(t, x.seed)); err != nil {
		t.Error(err)
	}
}

// Clients at all replicas, while one kind of fault after the other happens.
func TestFaults(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			first := seed(t)
			at := []int{0, 1, 2}
			if k.five {
				at = append(at, 3, 4)
			}
			c := cluster.Start(t, cluster.Options{Replicas: len(at), Bounded: k.bounded, Lie: k.lie, Seed: first})
			if k.lie != "" {
				for _, i := range at {
					c.LieAt(i)
				}
			}
			var n tally
			for i := range number(k.daily) {
				play(t, c, &trial{seed: first + uint64(i), homes: homes(at...), apart: -1}, k.blow, k.bounded, &n)
				if t.Failed() || late() {
					break
				}
			}
			if r := c.Reads(t.Context(), 0); k.name == "calm" && (r.Current == 0 || r.Checked == 0) {
				t.Errorf("all reads were ordered: %+v", r)
			}
			if n.told = c.Told(); n.told == 0 && k.lie != "" {
				t.Error("the lie was never told")
			}
			if n.frames = c.Lost(); n.frames == 0 && k.parts {
				t.Error("the links carried all")
			}
			if n.lost == 0 && n.histories >= 10 && (!k.parts || k.five) && k.name != "calm" && k.lie == "" {
				t.Error("nobody lost a connection")
			}
			t.Logf("histories of %s: %v", k.name, &n)
		})
	}
}

// dailyLies are told in the daily tests: those about reads, and one of each kind of the others.
var dailyLies = []string{"wrong-digests", "old-orders", "silent-about-results", "altered-validations", "reports-reads-alone", "old-digests"}

// Clients at all replicas beside a host that lies, to its own enclave and its peers. Those at its own replica are told the
// truth or nothing.
func TestLies(t *testing.T) {
	names := dailyLies
	if *histories > 0 {
		names = slices.DeleteFunc(append(liar.Names(false), liar.Names(true)...), elsewhere)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			beside(t, name, max(1, number(1)/20))
		})
	}
}

// elsewhere reports whether a lie is told in other tests alone: floods cost others the processor time that they have in
// common here, and nothing here is a large body or asks for a status.
func elsewhere(name string) bool {
	return strings.HasPrefix(name, "floods-") || slices.Contains([]string{"garbage-to-its-enclave", "garbage-to-peers", "endless-records",
		"false-read-backs", "altered-bodies-for-peers", "withholds-bodies", "lying-status"}, name)
}

// beside makes histories beside one lie. During half of them an enclave restarts.
func beside(t *testing.T, name string, histories int) {
	first := seed(t)
	lie, _ := liar.Find(name)
	c := cluster.Start(t, cluster.Options{Replicas: 3, Lie: name, Seed: first})
	who := c.Leader()
	if !lie.Leads {
		who = (who + 1) % 3
	}
	var n tally
	for i := range histories {
		c.LieAt(who)
		blow := func(s *storm) { s.beside(who, lie.AtStart) }
		play(t, c, &trial{seed: first + uint64(i), homes: homes(0, 1, 2), apart: who}, blow, false, &n)
		c.EndLie()
		if t.Failed() || late() {
			break
		}
	}
	if n.told = c.Told(); n.told == 0 && histories > 1 {
		t.Error("the lie was never told")
	}
	t.Logf("histories beside %s: %v", name, &n)
}

// pattern is the pattern of go test -run for a test.
func pattern(name string) string { return "^" + strings.ReplaceAll(name, "/", "$/^") + "$" }
