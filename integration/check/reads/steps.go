package reads

import (
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/cache/index"
)

// Next implements explore.Model.
func (m Model) Next(b []byte, yield func(label func() string, next []byte)) {
	s := m.decode(b)
	try := func(step func(t *state) bool, format string, args ...any) {
		if t := s; step(&t) {
			yield(func() string { return fmt.Sprintf(format, args...) }, m.encode(&t))
		}
	}
	for i := range n {
		m.begin(try, i)
		m.host(&s, try, i)
		m.enclave(try, i)
	}
	for p := range int(s.count) {
		for c := range n {
			try(func(t *state) bool { return m.complete(t, p, c) }, "operation at order %d completes at %d", p+first, c)
		}
	}
	m.submit(try)
	for f := range s.fast {
		for peer := range n {
			try(func(t *state) bool { return m.answer(t, f, peer) }, "%v, agreed by %d", s.fast[f], peer)
		}
	}
}

type tries func(step func(t *state) bool, format string, args ...any)

// submit orders a request of somebody.
func (m Model) submit(try tries) {
	ordered := func(t *state, o op) bool {
		if int(t.count) == maxOps {
			return false
		}
		if t.restarted > 0 {
			o.late = 1
		}
		t.ops[t.count] = o
		t.count++
		return true
	}
	try(func(t *state) bool {
		t.writes++
		return int(t.writes) <= m.Bounds.Writes && ordered(t, op{write: 1})
	}, "order a write")
	try(func(t *state) bool {
		t.reads++
		return int(t.reads) <= m.Bounds.Reads && ordered(t, op{})
	}, "order a read")
	try(func(t *state) bool { // the first command of a new incarnation, on no key
		return t.restarted > 0 && !t.bases[t.restarted-1].Active && !t.hasPing() && ordered(t, op{ping: 1})
	}, "order a ping of the enclave that restarted")
}

// begin begins a validated read at enclave i.
func (m Model) begin(try tries, i int) {
	try(func(t *state) bool {
		e := t.entries[i]
		if int(t.begun) >= m.Bounds.Fast || !e.Known {
			return false
		}
		t.fast[t.begun] = fast{1, uint8(i), uint8(e.Version), e.Digest[0], t.must}
		t.begun++
		return true
	}, "begin a validated read at %d", i)
	if m.Fault == ViewAfterWrite {
		try(func(t *state) bool {
			if t.views[i] > 0 && t.views[i]-1 < t.must {
				t.stale = 1
			}
			return t.views[i] > 0
		}, "the session at %d shows its view", i)
	}
}

func (t *state) hasPing() bool {
	for i := range t.ops[:t.count] {
		if t.ops[i].ping != 0 {
			return true
		}
	}
	return false
}

// host lets the host of replica i execute, or lie.
func (m Model) host(s *state, try tries, i int) {
	if i != liar {
		try(func(t *state) bool {
			p := t.executed[i]
			if p == t.count {
				return false
			}
			t.executed[i]++
			return m.authenticate(t, i, int(p), p+first, t.truth(p+first))
		}, "host %d executes operation %d", i, s.executed[i]+first)
		if m.Fault == HostWord {
			order := s.executed[i] + first - 1
			try(func(t *state) bool { return load(t, i, order, t.truth(order)) }, "index of %d is loaded from its store", i)
		}
		return
	}
	for p := range int(s.count) {
		try(func(t *state) bool { return m.authenticate(t, i, p, uint8(p)+first, t.truth(uint8(p)+first)) },
			"liar executes operation %d truly", p+first)
		try(func(t *state) bool { // the instance before the restart lives on
			old := int(t.restarted) == i+1 && !t.done[p] && t.votes[p][i]&1 == 0
			t.votes[p][i] |= 1
			return old
		}, "liar's old instance authenticates operation %d", p+first)
	}
	for order := uint8(1); s.count > 0 && order < s.count+first; order++ {
		for v := range uint8(m.Bounds.Writes) + 1 {
			try(func(t *state) bool { return m.claim(t, i, true, order, v) }, "liar claims value %d at order %d", v, order)
			if m.Fault == HostWord {
				try(func(t *state) bool { return load(t, i, order, v) }, "liar loads value %d at order %d", v, order)
			}
		}
	}
}

func load(t *state, i int, order, v uint8) bool {
	t.entries[i] = index.Entry{Version: uint64(order), Known: true, Digest: value(v), Durable: true}
	return true
}

// authenticate raises the index of i and then makes its reply to operation p.
func (m Model) authenticate(t *state, i, p int, order, v uint8) bool {
	if t.ops[p].ping == 0 && !m.claim(t, i, t.ops[p].write == 1, order, v) {
		return i != liar // a liar's contradiction is refused; a correct host that is refused has moved on
	}
	if t.done[p] {
		return true
	}
	bit := uint8(1)
	if t.restarted > 0 {
		bit = 2
	}
	t.votes[p][i] |= bit
	return true
}

// enclave restarts enclave i, or drops its entry.
func (m Model) enclave(try tries, i int) {
	try(func(t *state) bool {
		if m.Bounds.Restarts == 0 || t.restarted > 0 {
			return false
		}
		t.restarted, t.entries[i], t.bases[i], t.views[i] = uint8(i)+1, index.Entry{}, index.Base{}, 0
		for f := range t.fast {
			if int(t.fast[f].contact) == i {
				t.fast[f] = fast{}
			}
		}
		return true
	}, "enclave %d restarts", i)
	try(func(t *state) bool {
		t.evictions++
		if int(t.evictions) > m.Bounds.Evictions || t.entries[i] == (index.Entry{}) {
			return false
		}
		if m.Fault != ForgetfulEvict {
			t.bases[i] = index.Evict(t.bases[i], t.entries[i])
		}
		t.entries[i] = index.Entry{}
		return true
	}, "enclave %d drops its entry", i)
}

// complete has enclave c, which made the request of operation p, count the votes and tell its client.
func (m Model) complete(t *state, p, c int) bool {
	o, order := t.ops[p], uint8(p)+first
	restarted := int(t.restarted) == c+1
	if t.done[p] || restarted && o.late == 0 && m.Fault != FormerVotes || o.ping == 1 && !restarted || !m.decided(t, p) {
		return false
	}
	t.done[p], t.votes[p] = true, [n]uint8{}
	m.vote(t, c, order, o.ping == 0)
	if o.ping == 0 {
		t.must = max(t.must, t.truth(order))
	}
	return true
}

// answer has a peer answer the question of validated read f, which ends it if it agrees.
func (m Model) answer(t *state, f, peer int) bool {
	q := t.fast[f]
	c := int(q.contact)
	if q.live == 0 {
		return false
	}
	if m.Fault == ValidationByF {
		if peer != c {
			return false
		}
		return m.show(t, f)
	}
	if peer == c {
		return false
	}
	verdict := m.compare(t, peer, wire.KeyVersion{Digest: value(q.value), Version: uint64(q.version)})
	kept := &t.answered[c][peer][q.version]
	if m.Fault == NoNonce {
		if verdict != wire.VerdictEqual && *kept == q.value+1 {
			verdict = wire.VerdictEqual
		}
	}
	if !m.valid(t, c, peer, verdict) {
		return false
	}
	if m.Fault == NoNonce {
		*kept = q.value + 1
	}
	return m.show(t, f)
}

// show ends validated read f: its value was told.
func (m Model) show(t *state, f int) bool {
	q := t.fast[f]
	if q.value < q.must {
		t.stale = 1
	}
	t.must = max(t.must, q.value)
	if m.Fault == ViewAfterWrite {
		t.views[q.contact] = q.value + 1
	}
	t.fast[f] = fast{}
	return true
}
