package transfer

import (
	"errors"
	"time"

	"troxymail/bftcore/wire"
)

// Time is a moment in nanoseconds of a monotone clock that the caller chooses.
type Time = int64

const (
	// maxAsks bounds the questions on their way to one source.
	maxAsks = 4
	// askAgain is when a question that was not answered goes to another source.
	askAgain = Time(2 * time.Second)
	// restAfter is for how long a source that did not answer is left alone.
	restAfter = Time(2 * time.Second)
	// goneAfter is the same for one that has not the state: after a stop of all nobody has one, until the next checkpoint,
	// which the questions bring about.
	goneAfter = Time(500 * time.Millisecond)
	// slowLimit is how often in a row a source lets its questions go unanswered until it counts as away: busy ones answer
	// late.
	slowLimit = 3
	// slowShift bounds how often the time for an answer doubles for a source that was slow: late answers count for nothing,
	// so that it has to be given the time that it takes.
	slowShift = 3
	// wholeWeight is the weight of the root; each part's is divided among what is below it.
	wholeWeight = uint64(1) << 60
)

// source is a peer, or the own disk.
type source struct {
	asks   int
	slow   int // how often in a row it did not answer in time
	restTo Time
	gone   bool // what it answered last is that it has not the state, or not all of it
	liar   bool
}

// asked is a question on its way.
type asked struct {
	to    wire.ReplicaID
	items []Item
	until Time
}

// Fetch is one transfer. Not safe for concurrent use.
type Fetch struct {
	self     wire.ReplicaID
	check    Check
	sources  []source // by replica
	own      []Item   // to be looked for on the own disk; the newest last
	want     []Item   // to be asked of peers; the newest last
	asks     []asked  // by token - first
	first    uint64   // token of asks[0]
	open     int      // of asks
	done     uint64   // of wholeWeight
	err      error
	counters Counters
	out      Out
}

// New begins the transfer of the state below root to replica self of n.
func New(self wire.ReplicaID, n int, root Item, check Check) *Fetch {
	root.weight = wholeWeight
	return &Fetch{self: self, check: check, sources: make([]source, n), own: []Item{root}, first: 1}
}

// Next returns what is to be done now; the caller does all of it before the next call.
func (f *Fetch) Next(now Time) Out {
	if f.err == nil {
		f.expire(now)
		f.askOwn(now)
		f.askPeers(now)
	}
	out := f.out
	f.out = Out{}
	return out
}

// Deadline is when Next has something to do without an answer; 0 for never.
func (f *Fetch) Deadline() Time {
	at := Time(0)
	sooner := func(t Time) {
		if at == 0 || t < at {
			at = t
		}
	}
	for i := range f.asks {
		if f.asks[i].items != nil {
			sooner(f.asks[i].until)
		}
	}
	for r := range f.sources {
		if s := &f.sources[r]; f.couldAsk(wire.ReplicaID(r)) {
			sooner(max(s.restTo, 1)) // Next would have asked one that does not rest
		}
	}
	return at
}

// Answer takes a source's answer; what was not asked is passed over.
func (f *Fetch) Answer(now Time, from wire.ReplicaID, a *wire.TransferAnswer) {
	i := a.Token - f.first
	if f.err != nil || a.Token < f.first || i >= uint64(len(f.asks)) || f.asks[i].items == nil || f.asks[i].to != from {
		return
	}
	items := f.close(int(i))
	s := &f.sources[from]
	s.slow, s.gone = 0, a.Gone
	if a.Gone {
		f.counters.Gone++
		s.restTo = now + goneAfter
	}
	n := min(len(a.Parts), len(items))
	for j := range n {
		f.take(now, from, items[j], a.Parts[j])
	}
	f.again(from, items[n:], n == 0 && !a.Gone)
}

// again puts items back that a source did not answer for.
func (f *Fetch) again(from wire.ReplicaID, items []Item, lacks bool) {
	for _, x := range items {
		if from == f.self || lacks {
			f.lacking(from, x)
		} else {
			f.want = append(f.want, x)
		}
	}
}

// take checks one part.
func (f *Fetch) take(now Time, from wire.ReplicaID, x Item, content []byte) {
	if len(content) == 0 {
		if !x.Loose && from != f.self {
			f.sources[from].restTo, f.sources[from].gone = now+goneAfter, true // it has the state or not; a part alone is not missing
		}
		f.lacking(from, x)
		return
	}
	below, err := f.check(x, content)
	switch {
	case errors.Is(err, ErrUnfit):
		f.counters.Unfit++
		if from != f.self { // the own disk holds another state: no fault
			f.sources[from].liar = true
		}
		f.lacking(from, x)
		return
	case err != nil:
		f.err = err
		return
	}
	f.counters.Parts++
	if from == f.self {
		f.counters.OwnParts++
	} else {
		f.counters.Bytes += uint64(len(content))
	}
	share := x.weight / uint64(len(below)+1)
	f.done += x.weight - share*uint64(len(below))
	for i := range below {
		below[i].weight = share
	}
	f.own = append(f.own, below...)
	f.out.Parts = append(f.out.Parts, Part{Item: x, Content: content, Own: from == f.self})
}

// lacking notes that a source does not have a part: the next is asked. A loose part that nobody has is given up.
func (f *Fetch) lacking(from wire.ReplicaID, x Item) {
	if from != f.self {
		x.tried |= 1 << from
	}
	for r := range f.sources {
		if r != int(f.self) && !f.sources[r].liar && x.tried&(1<<r) == 0 {
			f.want = append(f.want, x)
			return
		}
	}
	if x.Loose {
		f.counters.Lost++
		f.done += x.weight
		return
	}
	x.tried = 0 // from the start: states come and go
	f.want = append(f.want, x)
}

// close ends a question and returns its items.
func (f *Fetch) close(i int) []Item {
	a := &f.asks[i]
	items := a.items
	f.sources[a.to].asks--
	f.open--
	a.items = nil
	n := 0
	for n < len(f.asks) && f.asks[n].items == nil {
		n++
	}
	f.asks = f.asks[n:]
	f.first += uint64(n)
	return items
}

// expire takes back the questions that were not answered.
func (f *Fetch) expire(now Time) {
	for token, end := f.first, f.first+uint64(len(f.asks)); token < end; token++ {
		if token < f.first {
			continue
		}
		i := int(token - f.first)
		a := &f.asks[i]
		if a.items == nil || a.until > now {
			continue
		}
		f.counters.Timeouts++
		if s := &f.sources[a.to]; s.restTo <= now { // else it counts for one that went unanswered at the same time
			s.slow++
			s.restTo = now + restAfter*Time(min(s.slow, 8))
		}
		f.want = append(f.want, f.close(i)...)
	}
}
