package scenario

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mailstore/command"
)

// request is what a session wants of the group. The state of the group is a value for each key, that of its last write.
type request struct {
	name  string
	wire  wire.Request
	key   string
	value string // of a write
	fence bool
}

func (q *request) item() boundary.Item { return boundary.Item{Header: q.wire.Header, MAC: q.wire.MAC} }

func account(key string) command.AccountID {
	d := wire.Sum([]byte(key))
	return command.AccountID(d[:16])
}

func (w *world) value(v string) wire.Digest {
	d := wire.Sum([]byte(v))
	w.words[d] = v
	return d
}

// asks has a session of an enclave write or read through the order.
func (w *world) asks(e *enclave, name, key, value string, write bool) {
	w.requests[name] = &request{name: name, key: key, value: value}
	e.wishes = append(e.wishes, name)
	var c command.Command = &command.AccountRead{Account: account(key)}
	if write {
		c = &command.AccountEnable{Account: account(key), Enabled: true}
	}
	go func() {
		o, err := e.replica.Do(context.Background(), c)
		what := fmt.Sprintf("%s of %s: %s = %s at order %d", name, e.name, key, o.Payload, o.Order)
		switch {
		case err != nil:
			what = fmt.Sprintf("%s of %s: %v", name, e.name, err)
		case write:
			what = fmt.Sprintf("%s of %s: %s at order %d", name, e.name, o.Payload, o.Order)
		}
		w.became(name, what)
	}()
}

// validates has a session ask whether what its enclave knows of keys is current.
func (w *world) validates(e *enclave, name string, keys []string) {
	var list []wire.Key
	for _, k := range keys {
		list = append(list, command.AccountKey(account(k)))
	}
	go func() {
		versions, ok := e.replica.Validate(context.Background(), list)
		what := fmt.Sprintf("%s of %s: has to be ordered", name, e.name)
		if ok {
			what = fmt.Sprintf("%s of %s: valid,", name, e.name)
			for i, v := range versions {
				what += fmt.Sprintf(" %s = %s of order %d", keys[i], w.word(v.Digest), v.Version)
			}
		}
		w.became(name, what)
	}()
}

// validatesOften has a session ask n times, each time until it has an answer, and counts the outcomes.
func (w *world) validatesOften(e *enclave, n int, key string, lost []string) {
	before := e.replica.Stats().Reads
	for i := range n {
		w.quiet = true
		w.validates(e, fmt.Sprint(i), []string{key})
		for waited := 0; ; waited++ {
			w.rest()
			w.network = slices.DeleteFunc(w.network, func(l letter) bool { return slices.Contains(lost, fmt.Sprint(l.to)) })
			w.deliver(func(letter) bool { return true })
			w.mu.Lock()
			_, ended := w.done[fmt.Sprint(i)]
			w.mu.Unlock()
			if ended {
				break
			}
			w.pass(10 * time.Millisecond)
		}
		w.told()
		w.quiet = false
	}
	s := e.replica.Stats().Reads
	w.say("valid %d, conflicts %d, not answered %d, not even asked %d", s.Valid-before.Valid, s.Conflicts-before.Conflicts,
		s.TimedOut-before.TimedOut, s.Refused-before.Refused)
}

func (w *world) became(name, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done[name] = what
}

// told says what became of the questions of sessions since.
func (w *world) told() {
	w.rest()
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for n := range w.done {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		w.say("%s", w.done[n])
	}
	clear(w.done)
}

// wished takes the request that an enclave wants ordered.
func (w *world) wished(e *enclave, f []byte) {
	r, err := boundary.DecodeRequest(f)
	if err != nil {
		w.t.Fatal(err)
	}
	q, err := wire.DecodeRequest(r.Raw)
	if err != nil {
		w.t.Fatal(err)
	}
	if old := w.known[q.Digest()]; old != nil {
		if w.loud {
			w.say("%s asks everybody for %s", e.name, old.name)
		}
		return
	}
	x := &request{name: fmt.Sprintf("fence-%s-%d", e.name, q.ID.Incarnation), fence: true}
	fence := &command.Ping{Data: []byte("fence")}
	switch {
	case bytes.Equal(q.Command, fence.Append(nil)):
	case len(e.wishes) > 0:
		x = w.requests[e.wishes[0]]
		e.wishes = e.wishes[1:]
		w.say("%s wants %s ordered: %s", e.name, x.name, x.what())
	default: // a read that nobody answers is asked anew
		return
	}
	x.wire = q
	w.requests[x.name], w.known[q.Digest()] = x, x
}

func (q *request) what() string {
	if q.value == "" {
		return "read " + q.key
	}
	return q.key + " := " + q.value
}

// truth is the value of a key after an order.
func (w *world) truth(key string, order uint64) string {
	for o := order; o > 0; o-- {
		for _, q := range w.history[o] {
			if q.key == key && q.value != "" {
				return q.value
			}
		}
	}
	return ""
}

// claim is what a host tells its enclave of a result, where it lies.
type claim struct {
	value   string // "": the truth
	durable uint64
	nothing bool // names no digest
	forged  bool // of a request with another MAC
	depends uint64
}

// executes has a host show its enclave what certificates there are of an order, and tell it the result of a request there.
func (w *world) executes(e *enclave, q *request, order uint64, c claim) {
	if c.value == "" {
		c.value = w.truth(q.key, order)
	}
	payload := []byte(c.value)
	if q.value != "" {
		payload = []byte("written")
	}
	r := wire.Result{Status: command.StatusOK, Payload: payload}
	if !q.fence && !c.nothing {
		r.Touched = []wire.KeyDigest{{Key: command.AccountKey(account(q.key)), Digest: w.value(c.value)}}
	}
	if c.depends == 0 {
		c.depends = order
	}
	x := boundary.ExecutedItem{Item: q.item(), Head: r.Head(), Depends: c.depends, Full: true, Payload: payload}
	if c.forged {
		x.Item.MAC[0]++
	}
	e.verified(w.seen[order]) // an enclave answers for orders that it saw committed
	before := e.replica.Stats()
	e.send((&boundary.Executed{Order: order, DurableUpTo: c.durable, Results: []boundary.ExecutedItem{x}}).Append(nil))
	w.rest()
	if after := e.replica.Stats(); after.RefusedClaims > before.RefusedClaims {
		w.say("the enclave of %s does not authenticate that", e.name)
	}
}

// deliver takes messages out of the network and gives them to the enclaves that they are for.
func (w *world) deliver(which func(l letter) bool) {
	for {
		i := slices.IndexFunc(w.network, which)
		if i < 0 {
			return
		}
		l := w.network[i]
		w.network = slices.Delete(w.network, i, i+1)
		w.hand(w.present(l.to), l.raw)
	}
}

// hand gives a message of an enclave to another.
func (w *world) hand(e *enclave, raw []byte) {
	kind := boundary.KindCache
	if k, _ := wire.PeekKind(raw); k == wire.KindReplies {
		kind = boundary.KindReplies
	}
	e.send(boundary.AppendPeer(nil, kind, raw))
	w.rest()
}
