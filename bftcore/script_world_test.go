package bftcore_test

import (
	"fmt"
	"slices"
	"strings"

	"troxymail/bftcore"
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
	"troxymail/enclave/mac"
)

const millisecond = bftcore.Time(1e6)

var founding = wire.Founding{Generation: 1, Digest: wire.Sum([]byte("script"))}

// world is a cluster that moves only when a script says so: each core with its genuine enclave, a log, and
// messages that lie in the network until they are delivered or dropped.
type world struct {
	group    quorum.Config
	now      bftcore.Time
	hosts    []*player
	network  []inFlight
	requests map[string]wire.Request // by name
	names    map[wire.Digest]string  // of requests and bodies
	batches  map[wire.Digest]string
	messages map[string][]byte // that a script keeps under a name
	mac      *mac.Authenticator
	sequence map[int]uint64
	out      strings.Builder
	quiet    bool
}

type inFlight struct {
	from, to int
	raw      []byte
}

// player is one replica.
type player struct {
	w       *world
	id      int
	core    *bftcore.Core
	set     *counter.Set
	calls   []bftcore.Call
	lent    wire.Position     // to its enclave (bftcore.Reserve); order 0: nothing is
	held    []bftcore.Message // wait for a sync
	log     []bftcore.Record
	base    int
	synced  int
	applied uint64
	mute    bool                 // its Readies are thrown away: it does what the script says
	bodies  map[wire.Digest]bool // on its disk
	done    map[wire.Digest]bool // requests that its store executed
	config  bftcore.Config
}

func newWorld(n int, edit func(*bftcore.Config)) *world {
	g, err := quorum.New(n)
	if err != nil {
		panic(err)
	}
	w := &world{
		group: g, now: 1000 * millisecond, requests: map[string]wire.Request{}, names: map[wire.Digest]string{}, batches: map[wire.Digest]string{},
		messages: map[string][]byte{}, sequence: map[int]uint64{}, mac: mac.New([32]byte{2}, "request"),
	}
	for i := range n {
		c := bftcore.Config{Self: wire.ReplicaID(i), Quorum: g, Founding: founding}
		edit(&c)
		p := &player{w: w, id: i, config: c, bodies: map[wire.Digest]bool{}, done: map[wire.Digest]bool{}}
		w.hosts = append(w.hosts, p)
		p.start()
	}
	return w
}

// start boots core and enclave from the log.
func (p *player) start() {
	core, err := bftcore.New(p.config, p.w.now, bftcore.Restored{Records: slices.Values(p.log),
		Applied: p.applied})
	if err != nil {
		p.w.say("%d cannot start: %v", p.id, err)
		return
	}
	p.lent = wire.Position{}
	p.core, p.calls, p.held, p.base, p.synced = core, nil, nil, len(p.log), len(p.log)
	p.set = counter.New(counter.Config{Group: p.w.group, Self: p.config.Self, Pillars: p.config.Pillars, Key: [32]byte{1},
		NoCheckpoints: p.config.Checkpoint == 0})
	evidence := core.Evidence()
	err = p.set.ResumeLog(founding, evidence.Frontier, evidence.Own)
	if err != nil {
		p.w.say("enclave %d cannot start: %v", p.id, err)
	}
}

func (w *world) say(format string, args ...any) {
	if !w.quiet {
		fmt.Fprintf(&w.out, format+"\n", args...)
	}
}

// request makes a request of replica origin under a name.
func (w *world) request(name string, origin int, bodies []string, size int) wire.Request {
	w.sequence[origin]++
	id := wire.RequestID{Origin: wire.ReplicaID(origin), Generation: 1, Incarnation: 1,
		Sequence: w.sequence[origin]}
	var digests []wire.Digest
	for _, b := range bodies {
		d := wire.Sum([]byte("body " + b))
		w.names[d] = b
		digests = append(digests, d)
	}
	command := append([]byte(name), make([]byte, size)...)
	h := wire.AppendRequestHeader(nil, id, 0, nil, digests, command)
	q, err := wire.DecodeRequest(wire.AppendRequest(nil, h, w.mac.Sum(h), command))
	if err != nil {
		panic(err)
	}
	w.requests[name], w.names[q.Digest()] = q, name
	return q
}

// step gives an event to a core and collects what comes out.
func (p *player) step(e bftcore.Event) {
	p.core.Step(p.w.now, e)
	p.collect()
}

// collect takes a Ready as the contract says: log first.
func (p *player) collect() {
	r := p.core.Ready()
	if p.mute {
		p.core.Advance()
		return
	}
	w := p.w
	for _, x := range r.Records {
		p.log = append(p.log, x)
		what := w.describe(x.Body)
		if x.Kind == bftcore.RecordCheckpoint {
			what = "what makes the checkpoint stable"
		}
		w.say("%d logs %s", p.id, what)
	}
	p.sendAll(r.Messages)
	for _, c := range r.Calls {
		p.calls = append(p.calls, c)
		w.say("%d asks its enclave %s", p.id, w.describeCall(c))
	}
	for _, b := range r.Execute {
		p.applied = b.Order
		for i := range b.Requests {
			p.done[b.Requests[i].Digest()] = true
		}
		w.say("%d executes [%d|%d] %s", p.id, b.View, b.Order, w.list(b.Requests))
	}
	for _, q := range r.Reanswer {
		w.say("%d answers %s again", p.id, w.name(q.Digest()))
	}
	for _, l := range r.Load {
		w.say("%d loads orders %d to %d for %d", p.id, l.From, l.To, l.Peer)
		p.load(l)
	}
	var held []wire.Digest
	for _, d := range r.NeedBody {
		w.say("%d needs body %s", p.id, w.name(d))
		if p.bodies[d] {
			held = append(held, d)
		}
	}
	for _, o := range r.Recall {
		p.recall(o)
	}
	if r.Stable != nil {
		w.say("%d has a stable checkpoint at %d", p.id, r.Stable.Order)
	}
	if r.Transfer != nil {
		w.say("%d needs the state of order %d", p.id, r.Transfer.Stable.Order)
	}
	executed, asked := len(r.Execute) > 0, append([]wire.Request(nil), r.Reanswer...)
	p.core.Advance()
	for _, q := range asked {
		if p.done[q.Digest()] {
			p.step(bftcore.Known{Request: q})
		}
	}
	for _, d := range held {
		p.step(bftcore.BodyHeld{Body: d})
	}
	if executed {
		p.step(bftcore.Executed{Order: p.applied})
	}
}

func (p *player) sendAll(messages []bftcore.Message) {
	for i := 0; i < len(messages); {
		to := []string{}
		j := i
		for ; j < len(messages) && string(messages[j].Raw) == string(messages[i].Raw); j++ {
			to = append(to, fmt.Sprint(messages[j].To))
		}
		after := ""
		if messages[i].AfterSync {
			after = ", once synced"
		}
		p.w.say("%d sends to %s: %s%s", p.id, strings.Join(to, ", "), p.w.describe(messages[i].Raw), after)
		for ; i < j; i++ {
			if messages[i].AfterSync {
				p.held = append(p.held, messages[i])
			} else {
				p.emit(messages[i])
			}
		}
	}
}

func (p *player) emit(m bftcore.Message) {
	p.w.network = append(p.w.network, inFlight{from: p.id, to: int(m.To), raw: m.Raw})
}

func (p *player) load(l bftcore.Load) {
	size := 0
	for o := l.From; o <= l.To; o++ {
		for _, raw := range p.config.Evidence(o, p.log, l.View) {
			size += len(raw)
			p.emit(bftcore.Message{To: l.Peer, Raw: raw})
		}
	}
	p.core.Step(p.w.now, bftcore.Loaded{To: l.Peer, Bytes: size})
}

// recall gives the core back what the log holds of an order.
func (p *player) recall(order uint64) {
	p.w.say("%d takes order %d back from its log", p.id, order)
	e := bftcore.Recalled{Order: order}
	for _, r := range p.log {
		if r.Order == order && r.Kind == bftcore.RecordPrepare {
			e.Prepares = append(e.Prepares, r.Body)
		}
	}
	p.core.Step(p.w.now, e)
}

// sync makes the log durable and lets go of what waited for it.
func (p *player) sync() {
	for _, m := range p.held {
		p.emit(m)
	}
	p.held = nil
	if p.synced < len(p.log) {
		p.synced = len(p.log)
		p.step(bftcore.Synced{Record: uint64(p.synced - p.base)})
	}
}

// answer has the enclave answer all open calls.
func (p *player) answer() {
	calls := p.calls
	p.calls = nil
	for _, c := range calls {
		if e := p.ask(c); e != nil {
			p.step(e)
		}
	}
}

// want is a request that a client of the enclave wants ordered: certified at once when an order was lent for it.
func (p *player) want(q wire.Request, again bool) {
	at := p.lent
	if at.Order != 0 && !again && len(q.Bodies) == 0 {
		p.lent = wire.Position{}
		if x, err := p.set.CertifyPrepare(at, wire.BatchDigest([]wire.Digest{q.Digest()})); err == nil {
			p.w.say("enclave %d certifies %s at %v by itself", p.id, p.w.name(q.Digest()), at)
			p.step(bftcore.Proposed{Certificate: x, Requests: [][]byte{q.Raw}})
			return
		}
	}
	p.step(bftcore.Submit{Raw: q.Raw, Retransmit: again})
}

// ask is the genuine enclave. Nil: that is not answered.
func (p *player) ask(c bftcore.Call) bftcore.Event {
	switch c := c.(type) {
	case bftcore.Reserve:
		p.lent = wire.Position{View: c.View, Order: c.Order}
		return nil
	case bftcore.CertifyPrepare:
		p.lent = wire.Position{}
		digest, bad := p.w.check(c.Requests)
		if bad >= 0 {
			return bftcore.Prepared{Token: c.Token, Invalid: []int{bad}}
		}
		x, err := p.set.CertifyPrepare(wire.Position{View: c.View, Order: c.Order}, digest)
		if err != nil {
			return bftcore.Prepared{Token: c.Token}
		}
		return bftcore.Prepared{Token: c.Token, Certificate: &x}
	case bftcore.CertifyCommit:
		digest, bad := p.w.check(c.Requests)
		if bad >= 0 || digest != c.Prepare.Digest {
			return bftcore.Committed{Token: c.Token}
		}
		x, err := p.set.CertifyCommit(&c.Prepare)
		if err != nil {
			return bftcore.Committed{Token: c.Token}
		}
		return bftcore.Committed{Token: c.Token, Certificate: &x}
	case bftcore.CheckRequests:
		p.lent = wire.Position{}
		e := bftcore.Checked{Token: c.Token}
		for i := range c.Requests {
			if !p.w.mac.Verify(c.Requests[i].Header, c.Requests[i].MAC) {
				e.Invalid = append(e.Invalid, i)
			}
		}
		return e
	case bftcore.Ask:
		said, err := p.rule(c)
		if err != nil {
			p.w.say("enclave %d refuses: %v", p.id, err)
		}
		return bftcore.Told{Token: c.Token, Refused: err != nil, Message: said.Message, Frontier: said.Frontier}
	}
	v := c.(bftcore.Verify)
	e := bftcore.Verified{Token: v.Token}
	for i := range v.Certificates {
		e.OK = append(e.OK, p.set.Verify(&v.Certificates[i]))
	}
	return e
}

// rule has the enclave apply one of the rules beside the hot path.
func (p *player) rule(c bftcore.Ask) (counter.Said, error) {
	switch c.Op {
	case bftcore.AskReqVC:
		return p.set.ReqVC(c.Number)
	case bftcore.AskViewChange:
		return p.set.ViewChange(c.Number, c.Messages)
	case bftcore.AskNewView:
		return p.set.NewView(c.Number, c.Messages)
	case bftcore.AskEnter:
		return p.set.Enter(c.Messages[0])
	case bftcore.AskCheckpoint:
		return p.set.Checkpoint(c.Number, c.Digest)
	case bftcore.AskStable:
		return p.set.Advance(c.Messages)
	}
	panic("script: no such rule")
}

func (w *world) check(requests []wire.Request) (wire.Digest, int) {
	for i := range requests {
		if !w.mac.Verify(requests[i].Header, requests[i].MAC) {
			return wire.Digest{}, i
		}
	}
	return wire.BatchDigest(wire.RequestDigests(requests)), -1
}
