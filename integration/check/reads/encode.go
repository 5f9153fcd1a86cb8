package reads

import (
	"bytes"
	"slices"

	"troxymail/cache/index"
)

// codec walks the fields of a state in one order, to write or to read them.
type codec struct {
	bytes []byte
	at    int
	write bool
}

func (c *codec) num(v *uint8) {
	if c.write {
		c.bytes = append(c.bytes, *v)
		return
	}
	*v = c.bytes[c.at]
	c.at++
}

func (c *codec) wide(v *uint64) {
	b := uint8(*v)
	c.num(&b)
	*v = uint64(b)
}

func (c *codec) bit(v *bool) {
	var b uint8
	if *v {
		b = 1
	}
	c.num(&b)
	*v = b != 0
}

func (c *codec) entry(e *index.Entry) {
	c.wide(&e.Version)
	c.bit(&e.Known)
	c.num(&e.Digest[0])
	c.bit(&e.Durable)
}

// state walks s, with the correct replicas in the order of names.
func (c *codec) state(s *state, names [n]uint8, replays bool) {
	for _, v := range []*uint8{&s.count, &s.begun, &s.must, &s.writes, &s.reads, &s.evictions, &s.stale} {
		c.num(v)
	}
	c.name(&s.restarted, names, 1)
	for p := range s.ops[:s.count] {
		o := &s.ops[p]
		for _, v := range []*uint8{&o.write, &o.ping, &o.late} {
			c.num(v)
		}
		for _, i := range names {
			c.num(&s.votes[p][i])
		}
		c.bit(&s.done[p])
	}
	for _, i := range names {
		c.num(&s.executed[i])
		c.entry(&s.entries[i])
		c.wide(&s.bases[i].Floor)
		c.bit(&s.bases[i].Active)
		c.num(&s.views[i])
		for _, j := range names {
			for o := range s.answered[i][j] {
				if replays {
					c.num(&s.answered[i][j][o])
				}
			}
		}
	}
	for f := range s.fast[:s.begun] {
		q := &s.fast[f]
		c.num(&q.live)
		if q.live != 0 || !c.write {
			c.name(&q.contact, names, 0)
		} else {
			c.num(&q.contact)
		}
		for _, v := range []*uint8{&q.version, &q.value, &q.must} {
			c.num(v)
		}
	}
}

// name walks the number of a replica, plus shift; 0 below shift is nobody. Names are their own inverse.
func (c *codec) name(v *uint8, names [n]uint8, shift uint8) {
	if *v < shift || !c.write {
		c.num(v)
		return
	}
	b := names[*v-shift] + shift
	c.num(&b)
}

var plain, swapped = [n]uint8{0, 1, 2}, [n]uint8{0, 2, 1}

// encode returns the one encoding of s and of the state that differs from it by the names of the correct replicas.
func (m Model) encode(s *state) []byte {
	if s.fast[0].live == 0 || s.begun == 2 && s.fast[1].live != 0 && less(s.fast[1], s.fast[0]) {
		s.fast[0], s.fast[1] = s.fast[1], s.fast[0]
	}
	a := codec{write: true, bytes: make([]byte, 0, 128)}
	b := codec{write: true, bytes: make([]byte, 0, 128)}
	a.state(s, plain, m.Fault == NoNonce)
	b.state(s, swapped, m.Fault == NoNonce)
	if bytes.Compare(b.bytes, a.bytes) < 0 {
		return b.bytes
	}
	return a.bytes
}

func less(a, b fast) bool {
	return slices.Compare([]uint8{a.version, a.value, a.must, a.contact}, []uint8{b.version, b.value, b.must, b.contact}) < 0
}

func (m Model) decode(b []byte) (s state) {
	c := codec{bytes: b}
	c.state(&s, plain, m.Fault == NoNonce)
	return s
}
