package scenario

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/datadriven"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// TestScenarios plays the files in testdata. An enclave is named by its replica; a second instance of it has a letter
// behind (0b). Verbs:
//
//	group n=3 [cold]                 a new group, which is founded and whose first commands (FENCE) are ordered; cold: just started
//	start 0 [log=l]                  the enclave of 0 ends and starts again, from what the log shows, or from an older log
//	start 0b [log=l]                 a second instance of the enclave of 0 starts
//	kill 0                           it ends
//	log l [of=0]                     keeps what the log of 0 shows now; or what an empty one does
//	settle [but=(0)]                 honest hosts bring their enclaves back (bftcore/rejoin)
//	refound by=(1, 2)                an administrator orders the founding of these alone
//	fences                           what incarnations order first is ordered
//	byzantine 0                      the host of 0 does only what the script says from here on
//	certify 0 p prepare at=5 [view=1] batch=(a)   an enclave certifies; the message is kept as p
//	certify 1 c commit of=p
//	ask 1 m view-change [view=2] [with=(a, b)]    an enclave applies a rule; what it says is kept as m
//	spoil v as=w entries             a kept VIEW-CHANGE or NEW-VIEW without its last entry; previous: with another previous value
//	counts 2 p c                     do these certificates commit a batch, for the enclave of 2?
//	agree a [by=(0, 1)]              a batch is committed by these, or by all that can
//	order a [by=(0, 1)]              ... executed and answered, too
//	apply a                          the next order executes a in the store of a correct host (mailstore/state)
//	write 1 a x=new, read 1 a x      a session at 1 wants something ordered
//	validate 1 a x                   a session at 1 asks whether what its enclave knows of x is current
//	validates 1 n=30 x [drop=(0)]    ... n times in turn, the questions to some being lost; and how often it was what
//	executed 1 a order=5 [value=old] [durable=5] [depends=5] [nothing] [forged]   a host tells its enclave a result
//	keep m [from=0] [to=1]           keeps a message that is under way; show: says what it is
//	deliver [from=0] [to=1]          what enclaves say to each other arrives; drop: is lost
//	inject 1 m [flip=9]              a kept message arrives at 1 (once more); flip: with another byte at that place
//	tick 200                         milliseconds pass
//	status                           how all stand
func TestScenarios(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			var w *world
			defer func() {
				if w != nil {
					w.end()
				}
			}()
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
				if d.Cmd == "group" {
					if w != nil {
						w.end()
					}
					var n int
					d.ScanArgs(t, "n", &n)
					w = newWorld(t, n)
				}
				w.play(d)
				w.told()
				out := w.out.String()
				w.out.Reset()
				return out
			})
		})
	})
}

func (w *world) play(d *datadriven.TestData) {
	switch d.Cmd {
	case "group":
		w.begin(d.HasArg("cold"))
	case "start":
		name := w.arg(d, 0)
		l, ok := w.logs[option(d, "log")]
		if e := w.enclaves[name]; e != nil && !ok {
			l = e.log
		}
		w.start(name, wire.ReplicaID(name[0]-'0'), l.clone())
	case "kill":
		w.enclave(d).kill()
	case "log":
		w.logs[w.arg(d, 0)] = log{}
		if of := option(d, "of"); of != "" {
			w.logs[w.arg(d, 0)] = w.enclaves[of].log.clone()
		}
	case "settle":
		w.settle(values(d, "but"))
	case "refound":
		w.refound(values(d, "by"))
	case "fences":
		w.fences()
	case "byzantine":
		w.enclave(d).lies = true
	case "status":
		w.status()
	case "tick":
		w.loud = true
		w.pass(time.Duration(w.integer(w.arg(d, 0))) * time.Millisecond)
		w.loud = false
	case "certify", "spoil", "ask", "counts", "agree", "order", "apply":
		w.playOrder(d)
	case "write", "read", "validate", "validates", "executed":
		w.playRead(d)
	case "keep", "deliver", "drop", "inject":
		w.playNetwork(d)
	default:
		w.t.Fatalf("%s: no verb %q", d.Pos, d.Cmd)
	}
}

func (w *world) begin(cold bool) {
	for i := range w.group.N() {
		w.start(fmt.Sprint(i), wire.ReplicaID(i), log{})
	}
	if !cold {
		w.settle(nil)
		w.fences()
		w.checkpoint()
	}
}

// checkpoint moves all enclaves to a checkpoint behind the last order, so that what they disclose is short.
func (w *world) checkpoint() {
	order, root := w.next-1, wire.Sum([]byte("root"))
	var shown [][]byte
	for _, e := range w.driven(nil) {
		shown = append(shown, e.rule(boundary.Ask{Op: boundary.OpCheckpoint, Number: order, Digest: root}).Message)
	}
	for _, e := range w.driven(nil) {
		e.rule(boundary.Ask{Op: boundary.OpStable, Messages: shown[:w.group.Size()]})
	}
}

var rules = map[string]boundary.Op{
	"req-vc": boundary.OpReqVC, "view-change": boundary.OpViewChange, "new-view": boundary.OpNewView, "enter": boundary.OpEnter,
	"hello": boundary.OpHello, "answer": boundary.OpAnswer, "request": boundary.OpRequest, "grant": boundary.OpGrant,
	"recover": boundary.OpRecover, "resign": boundary.OpResign, "cold": boundary.OpCold, "join": boundary.OpJoin, "found": boundary.OpFound,
	"abandon": boundary.OpAbandon,
}

func (w *world) playOrder(d *datadriven.TestData) {
	switch d.Cmd {
	case "certify":
		e, keep := w.enclave(d), w.arg(d, 1)
		if w.arg(d, 2) == "commit" {
			w.commit(e, keep, w.message(d, option(d, "of")))
			return
		}
		at := wire.Position{View: e.position().View, Order: uint64(w.integer(option(d, "at")))}
		if v := option(d, "view"); v != "" {
			at.View = uint64(w.integer(v))
		}
		w.prepare(e, keep, at, w.wanted(values(d, "batch")))
	case "ask":
		w.ask(d)
	case "spoil":
		w.messages[option(d, "as")] = w.spoil(d, w.message(d, w.arg(d, 0)))
	case "counts":
		var names []string
		for _, a := range d.CmdArgs[1:] {
			names = append(names, a.Key)
		}
		w.counted(w.enclave(d), names)
	case "apply":
		w.apply(w.wanted([]string{w.arg(d, 0)}))
	case "agree", "order":
		var names []string
		voters := w.voters()
		for _, a := range d.CmdArgs {
			if a.Key == "by" {
				voters = a.Vals
			} else {
				names = append(names, a.Key)
			}
		}
		if d.Cmd == "agree" {
			w.agree(w.wanted(names), voters)
		} else {
			w.order(w.wanted(names), voters, false)
		}
	}
}

// message is a kept one.
func (w *world) message(d *datadriven.TestData, name string) []byte {
	raw, ok := w.messages[name]
	if !ok {
		w.t.Fatalf("%s: no message %q", d.Pos, name)
	}
	return raw
}

// ask has an enclave apply a rule to messages that the script keeps.
func (w *world) ask(d *datadriven.TestData) {
	e, keep := w.enclave(d), w.arg(d, 1)
	a := boundary.Ask{Op: rules[w.arg(d, 2)]}
	if v := option(d, "view"); v != "" {
		a.Number = uint64(w.integer(v))
	}
	for _, m := range values(d, "with") {
		a.Messages = append(a.Messages, w.message(d, m))
	}
	told := e.rule(a)
	switch {
	case told.Refusal != boundary.RefusedNothing:
		w.say("the enclave of %s refuses: %s", e.name, refusals[told.Refusal])
	case len(told.Message) == 0:
		w.say("done")
	default:
		w.messages[keep] = told.Message
		w.say("%s", w.describe(told.Message))
	}
}

func (w *world) playRead(d *datadriven.TestData) {
	e, name := w.enclave(d), w.arg(d, 1)
	switch d.Cmd {
	case "write":
		x := d.CmdArgs[2]
		w.asks(e, name, x.Key, x.Vals[0], true)
	case "read":
		w.asks(e, name, w.arg(d, 2), "", false)
	case "validate":
		var keys []string
		for _, a := range d.CmdArgs[2:] {
			keys = append(keys, a.Key)
		}
		w.validates(e, name, keys)
	case "validates":
		w.validatesOften(e, w.integer(option(d, "n")), w.arg(d, 2), values(d, "drop"))
	case "executed":
		order := uint64(w.integer(option(d, "order")))
		c := claim{value: option(d, "value"), durable: order, nothing: d.HasArg("nothing"), forged: d.HasArg("forged")}
		if v := option(d, "depends"); v != "" {
			c.depends = uint64(w.integer(v))
		}
		if v := option(d, "durable"); v != "" {
			c.durable = uint64(w.integer(v))
		}
		w.executes(e, w.requests[name], order, c)
	}
	w.rest()
}

func (w *world) playNetwork(d *datadriven.TestData) {
	which := func(l letter) bool {
		from, to := option(d, "from"), option(d, "to")
		return (from == "" || fmt.Sprint(l.from) == from) && (to == "" || fmt.Sprint(l.to) == to)
	}
	switch d.Cmd {
	case "keep":
		i := slices.IndexFunc(w.network, which)
		if i < 0 {
			w.t.Fatalf("%s: no such message", d.Pos)
		}
		w.messages[w.arg(d, 0)] = w.network[i].raw
		w.say("%s", w.describe(w.network[i].raw))
	case "deliver":
		w.deliver(which)
	case "drop":
		w.network = slices.DeleteFunc(w.network, which)
	case "inject":
		raw := slices.Clone(w.messages[w.arg(d, 1)])
		if at := option(d, "flip"); at != "" {
			raw[w.integer(at)]++
		}
		e := w.enclave(d)
		before := e.replica.Stats()
		w.hand(e, raw)
		w.effects(e, before)
	}
}
