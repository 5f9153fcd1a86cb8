package lag

import (
	"slices"

	"troxymail/bftcore/wire"
)

// Tick ends a round that is over and begins the next, when it is time. watched returns the keys that sessions watch now,
// each once. It returns the messages to send, and the keys whose watchers are to be woken.
func (d *Detector) Tick(now int64, watched func() []wire.Key) (out []Message, wake []wire.Key) {
	if now < d.next {
		return nil, nil
	}
	d.next = now + d.o.Every
	if len(d.asked) > 0 {
		wake = d.judge()
	}
	return d.ask(watched), wake
}

// ask begins a round. Without a watched key nobody is asked and no silence counted, unless the verdict is to be lifted.
func (d *Detector) ask(watched func() []wire.Key) (out []Message) {
	d.asked = d.asked[:0]
	if len(d.pass) == 0 {
		d.pass = watched()
		d.forget(d.pass)
	}
	keys := d.pass[:min(len(d.pass), MaxRoundKeys)]
	d.pass = d.pass[len(keys):]
	if len(keys) == 0 && d.state == Abreast {
		clear(d.silent)
		return nil
	}
	d.counters.Rounds++
	for first := true; first || len(keys) > 0; first = false {
		n := min(len(keys), wire.MaxMarkKeys)
		out = append(out, d.send(keys[:n])...)
		keys = keys[n:]
	}
	return out
}

func (d *Detector) send(keys []wire.Key) (out []Message) {
	d.number++
	q := wire.MarksQuery{Founding: d.o.Founding, Replica: d.o.Self, Run: d.o.Run, Number: d.number, Keys: keys}
	signed := q.AppendSigned(nil)
	message := wire.AppendMACed(make([]byte, 0, len(signed)+32), signed, d.queries.Sum(signed))
	d.asked = append(d.asked, part{query: wire.Sum(signed), keys: keys, answers: make([][]uint64, d.o.Group.N())})
	for i := range d.o.Group.N() {
		if to := wire.ReplicaID(i); to != d.o.Self {
			out = append(out, Message{To: to, Bytes: message})
		}
	}
	return out
}

// forget drops what is not watched any more.
func (d *Detector) forget(watched []wire.Key) {
	is := make(map[wire.Key]struct{}, len(watched))
	for _, k := range watched {
		is[k] = struct{}{}
	}
	for k := range d.watched {
		if _, ok := is[k]; !ok {
			delete(d.watched, k)
		}
	}
}

// judge ends the present round: which keys to wake, and the verdict.
func (d *Detector) judge() (wake []wire.Key) {
	silent := 0
	for i := range d.silent {
		switch {
		case wire.ReplicaID(i) == d.o.Self:
		case d.heard[i]:
			d.silent[i] = 0
		default:
			if d.silent[i]++; d.silent[i] >= SilentRounds {
				silent++
			}
		}
	}
	clear(d.heard)
	behind := false
	for i := range d.asked {
		for j, k := range d.asked[i].keys {
			mark, known := d.reached(&d.asked[i], j, d.o.Group.F()+1-silent)
			if !known {
				continue
			}
			woken, late := d.follow(k, mark)
			if woken {
				wake = append(wake, k)
				d.counters.Woken++
			}
			behind = behind || late
		}
	}
	d.conclude(behind, silent > d.o.Group.F())
	return wake
}

// reached is the highest mark of key j that need others reached; false when too few answered.
func (d *Detector) reached(p *part, j, need int) (uint64, bool) {
	var marks []uint64
	for _, a := range p.answers {
		if a != nil {
			marks = append(marks, a[j])
		}
	}
	if need < 1 || len(marks) < need {
		return 0, false
	}
	slices.Sort(marks)
	return marks[len(marks)-need], true
}

// follow compares the own host with a mark that others had reached when they were asked: whether to wake who watches,
// once for each mark, and whether the host is late by more than it may be.
func (d *Detector) follow(k wire.Key, mark uint64) (wake, late bool) {
	shown := d.marks.Shown(k)
	x := d.watched[k]
	if x == nil { // the first answer since it is watched
		d.watched[k] = &follow{told: mark, excused: mark}
		return mark > shown, false
	}
	if mark > max(shown, x.told) {
		x.told, wake = mark, true
	}
	shown = max(shown, x.excused)
	switch {
	case x.target > shown:
		if x.rounds++; x.rounds >= GraceRounds {
			x.excused, x.target = x.told, 0
			return wake, true
		}
	case mark > shown:
		x.target, x.rounds = mark, 0
	default:
		x.target = 0
	}
	return wake, false
}

// conclude moves the verdict.
func (d *Detector) conclude(behind, alone bool) {
	switch {
	case alone:
		if d.state != Alone {
			d.counters.Alone++
		}
		d.state, d.away = Alone, 0
	case behind:
		d.state, d.away = Behind, AwayRounds
		d.counters.Behind++
	case d.state == Alone:
		d.state = Abreast
	case d.state == Behind:
		if d.away--; d.away <= 0 {
			d.state = Abreast
		}
	}
}
