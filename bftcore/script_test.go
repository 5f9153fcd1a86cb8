package bftcore_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// TestScripts plays the scenarios in testdata. Verbs:
//
//	cluster n=3 [batch=4] [window=8] [checkpoint=4] [strict] [continues] [pillars=2]  a new cluster; replica 0 leads view 0
//	quiet                                start-up messages and all that waits go unseen
//	submit 1 a [bodies=(x)] [size=9]     the enclave of 1 wants request a ordered; retransmit: again
//	answer 1                             the enclave of 1 answers what its host asked
//	sync 1                               the log of 1 is synced
//	deliver [from=0] [to=1] [only=prepare]  what is in the network now; drop: lose it
//	settle [but=(2)]                     answers, syncs and delivers until nothing is left, but at some
//	tick 50                              milliseconds pass, everybody gets a Tick
//	byzantine 0                          the host of 0 does nothing but what the script says from here on
//	certify 0 m prepare at=1 batch=(a, b)      a liar has its enclave certify and keeps the message as m
//	ask 1 m view-change view=1 with=(a, b)     a liar has its enclave apply a rule to messages that it keeps
//	forge m as=m2                        changes the MAC of what an enclave made by a rule
//	certify 1 m commit of=p              ... a COMMIT to the PREPARE that it keeps as p
//	spoil m as=m2 [cert] [mac] [order=9] [kind=4]  changes a kept message
//	inject from=0 to=1 m                 a liar sends a kept message; or invents one (see invent)
//	keep m from=0 to=1 only=prepare      copies a message that is in the network
//	body 1 x                             1 has a large body on its disk
//	restart 1 [power] [wiped] [applied=0]  the host stops; power: what was not synced is gone; wiped: all is
//	root 1 order=4 r                     the store of 1 is durable at order 4, with root r
//	cut 1 order=4                        the log of 1 is cut up to order 4; restart it then
//	install 1 order=4                    the host of 1 has transferred the state of order 4
//	fail 1                               ... has not, and gave up
//	need-state 0                         a peer asks the host of 0 for the state of a checkpoint that it has not
//	status, counters 1                   where all are, what 1 counted
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var w *world
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "cluster" {
				var n, batch, window, checkpoint, pillars int
				d.ScanArgs(t, "n", &n)
				maybe(t, d, "batch", &batch)
				maybe(t, d, "window", &window)
				maybe(t, d, "checkpoint", &checkpoint)
				maybe(t, d, "pillars", &pillars)
				w = newWorld(n, func(c *bftcore.Config) {
					c.MaxBatch, c.Window, c.Checkpoint, c.Strict = batch, window, uint64(checkpoint), d.HasArg("strict")
					c.Continues, c.Pillars = d.HasArg("continues"), pillars
				})
				return ""
			}
			w.play(t, d)
			out := w.out.String()
			w.out.Reset()
			return out
		})
	})
}

func (w *world) play(t *testing.T, d *datadriven.TestData) {
	switch d.Cmd {
	case "quiet":
		w.quiet = true
		w.settle(nil)
		w.now += 300 * millisecond
		w.tick()
		w.settle(nil)
		w.quiet = false
	case "submit", "retransmit":
		w.submit(t, d)
	case "answer":
		w.host(t, d).answer()
	case "sync":
		w.host(t, d).sync()
	case "deliver":
		w.deliver(w.pick(t, d))
	case "drop":
		w.pick(t, d)
	case "settle":
		w.settle(values(d, "but"))
	case "tick":
		w.now += bftcore.Time(number(t, d.CmdArgs[0].Key)) * millisecond
		w.tick()
	case "byzantine":
		w.host(t, d).mute = true
	case "certify", "ask", "forge", "spoil", "inject", "keep":
		w.lie(t, d)
	case "body":
		p := w.host(t, d)
		digest := wire.Sum([]byte("body " + d.CmdArgs[1].Key))
		p.bodies[digest] = true
		p.step(bftcore.BodyHeld{Body: digest})
	case "restart":
		w.restart(t, d)
	case "root":
		var order int
		d.ScanArgs(t, "order", &order)
		p := w.host(t, d)
		root := wire.Sum([]byte(d.CmdArgs[len(d.CmdArgs)-1].Key))
		w.names[root] = d.CmdArgs[len(d.CmdArgs)-1].Key
		p.step(bftcore.Rooted{Order: uint64(order), Root: root})
	case "cut":
		var order uint64
		d.ScanArgs(t, "order", &order)
		p := w.host(t, d)
		p.log = slices.DeleteFunc(p.log, func(r bftcore.Record) bool { return r.Order != 0 && r.Order <= order })
		p.base, p.synced = 0, len(p.log)
	case "install":
		var order int
		d.ScanArgs(t, "order", &order)
		p := w.host(t, d)
		p.applied = uint64(order)
		p.step(bftcore.Installed{Stable: wire.Stable{Order: uint64(order)}})
	case "fail":
		w.host(t, d).step(bftcore.NotInstalled{})
	case "need-state":
		w.host(t, d).step(bftcore.WantCheckpoint{})
	case "status":
		w.status()
	case "counters":
		w.counters(w.host(t, d))
	default:
		t.Fatalf("%s: no verb %q", d.Pos, d.Cmd)
	}
}

func (w *world) host(t *testing.T, d *datadriven.TestData) *player {
	return w.hosts[number(t, d.CmdArgs[0].Key)]
}

func number(t *testing.T, s string) int {
	var n int
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatalf("%q is no number", s)
	}
	return n
}

func (w *world) submit(t *testing.T, d *datadriven.TestData) {
	p, name := w.host(t, d), d.CmdArgs[1].Key
	var size int
	maybe(t, d, "size", &size)
	q, ok := w.requests[name]
	if !ok {
		q = w.request(name, p.id, values(d, "bodies"), size)
	}
	p.want(q, d.Cmd == "retransmit")
}

// pick takes messages out of the network.
func (w *world) pick(t *testing.T, d *datadriven.TestData) []inFlight {
	from, to, only := -1, -1, ""
	maybe(t, d, "from", &from)
	maybe(t, d, "to", &to)
	maybe(t, d, "only", &only)
	var taken, left []inFlight
	for _, m := range w.network {
		if (from < 0 || m.from == from) && (to < 0 || m.to == to) && (only == "" || only == kindOf(m.raw)) {
			taken = append(taken, m)
		} else {
			left = append(left, m)
		}
	}
	w.network = left
	return taken
}

func (w *world) deliver(messages []inFlight) {
	for _, m := range messages {
		w.hosts[m.to].step(bftcore.Received{From: wire.ReplicaID(m.from), Raw: m.raw})
	}
}

// settle lets everybody but some do what there is to do, until nothing is left.
func (w *world) settle(but []string) {
	out := map[int]bool{}
	for _, b := range but {
		out[int(b[0]-'0')] = true
	}
	for range 1000 {
		before := w.network
		w.network = nil
		busy := len(before) > 0
		for _, m := range before {
			if !out[m.to] {
				w.deliver([]inFlight{m})
			}
		}
		for _, p := range w.hosts {
			if out[p.id] {
				continue
			}
			p.collect()
			busy = busy || len(p.calls) > 0 || len(p.held) > 0 || p.synced < len(p.log)
			p.answer()
			p.sync()
		}
		if !busy {
			return
		}
	}
	w.say("never comes to rest")
}

func (w *world) tick() {
	for _, p := range w.hosts {
		p.step(bftcore.Tick{})
	}
}

func (w *world) restart(t *testing.T, d *datadriven.TestData) {
	p := w.host(t, d)
	if d.HasArg("power") {
		p.log = p.log[:p.synced]
	}
	if d.HasArg("wiped") {
		p.log = nil
	}
	applied := int(p.applied)
	maybe(t, d, "applied", &applied)
	p.applied, p.mute = uint64(applied), false
	p.start()
	p.collect()
}

func (w *world) status() {
	for _, p := range w.hosts {
		s := p.core.Status()
		view := ""
		if s.View > 0 {
			view = fmt.Sprintf(", view %d", s.View)
		}
		if !s.InView {
			view += ", which has not begun"
		}
		w.say("%d: prepared %d, executed %d, durable %d, waiting requests %d%s", p.id, s.Prepared, s.Executed,
			s.Durable, s.Pending, view)
	}
}

// counters prints what a core counted of refusals and verdicts, but for zeros.
func (w *world) counters(p *player) {
	v := reflect.ValueOf(p.core.Counters())
	var out []string
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if name == "Proposed" {
			break // from here on: work done
		}
		if n := v.Field(i).Uint(); n > 0 {
			out = append(out, fmt.Sprintf("%s %d", name, n))
		}
	}
	w.say("%s", strings.Join(out, "\n"))
}

// values returns the list that an argument holds; nil when it is missing.
func values(d *datadriven.TestData, key string) []string {
	for _, a := range d.CmdArgs {
		if a.Key == key {
			return a.Vals
		}
	}
	return nil
}

// maybe scans an argument that may be missing.
func maybe(t *testing.T, d *datadriven.TestData, key string, to any) {
	if d.HasArg(key) {
		d.ScanArgs(t, key, to)
	}
}
