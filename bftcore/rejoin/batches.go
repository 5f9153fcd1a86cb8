package rejoin

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// An enclave that takes over what others certified remembers it, and discloses it in every view to come: the batches
// have to be found then. So before its host shows it COLD-STATEs or REC-STATEs, the batches that they speak of are in
// the own log. A liar may disclose an entry whose batch it gives to nobody; and an honest host may lose the batch with
// its power, after its enclave spoke of it. Taken over, such an entry would end all ordering for ever; so whoever
// discloses one is waited for, or passed over, as if it were silent.

const (
	// maxWanted bounds the batches that are asked for at a time.
	maxWanted = 32
	// maxRounds is how often all are asked for a batch until another that was asked for less often takes its place.
	maxRounds = 2
	// maxCheckingBytes bounds those of them that wait for the enclave's verdict, beside one of any size. Most are small and
	// come together: what is dropped is asked for again only after a while, and a group under load goes on meanwhile.
	maxCheckingBytes = 4 << 20
	lookGap          = Time(20 * time.Millisecond)
)

// Batch is a batch for the log: the PREPARE that it came in, of which only the requests were verified.
type Batch struct {
	Order uint64
	Raw   []byte
}

// Check asks the own enclave, ACTIVE or not, which requests have a wrong MAC: Told, Refused when any has.
type Check struct {
	Token    uint64
	Requests []wire.Request
}

// Give asks for a batch out of the own log: the record of that order whose PREPARE has the digest goes to the peer as
// it is. Given answers it. One a peer at a time.
type Give struct {
	To    wire.ReplicaID
	Order uint64
	Batch wire.Digest
}

// Given says that a Give for a peer is done, whether there was anything or not.
type Given struct{ To wire.ReplicaID }

func (Given) event() {}

// wanted is a batch that is asked for.
type wanted struct {
	at       Time
	next     int // replica to ask next
	checking bool
}

// batches are what the driver knows of the own log, and what it asks for: at an order, for one batch may stand at
// several, and a log lets go of them one by one. Entries have no Rank here.
type batches struct {
	applied  uint64        // the own store has the orders up to it
	follows  wire.Founding // of this founding
	held     map[wire.Entry]bool
	wanted   map[wire.Entry]*wanted // of the present attempt
	asked    map[wire.Entry]int     // questions for what is lacking, of the same
	more     bool                   // something is lacking that is not wanted yet, for want of room
	checking int                    // bytes of those that wait for the enclave's verdict
	looked   Time
}

var noopDigest = wire.BatchDigest(nil)

// lacking counts the entries that an enclave would take over from disclosures and whose batches are neither in the own
// log nor in the own store, and has them asked for. The disclosures are of what descends from f: a store that follows another
// founding may be of a history that was given up, whatever the own enclave joined since.
func (d *Driver) lacking(told []*wire.Disclosure, f wire.Founding) (n int) {
	b := &d.batches
	applied := b.applied
	if b.follows != f {
		applied = 0
	}
	for _, e := range wire.Highest(told) {
		e.Rank = wire.Rank{}
		if e.Order <= applied || e.Batch == noopDigest || b.held[e] {
			continue
		}
		n++
		if b.wanted[e] == nil && !d.wantBatch(e) {
			b.more = true
		}
	}
	return n
}

// wantBatch has a batch asked for, and reports whether there is room for it, or was made: in the place of one that all were
// asked for so often more in vain. So a peer that speaks of more than there is room for, and gives nothing, keeps nobody
// from what others speak of.
func (d *Driver) wantBatch(e wire.Entry) bool {
	b := &d.batches
	if len(b.wanted) >= maxWanted {
		worst, found := wire.Entry{}, false
		for x, w := range b.wanted {
			switch {
			case w.checking || b.asked[x] < b.asked[e]+d.rounds():
			case !found, b.asked[x] > b.asked[worst], b.asked[x] == b.asked[worst] && compareEntries(x, worst) < 0:
				worst, found = x, true
			}
		}
		if !found {
			return false
		}
		delete(b.wanted, worst)
	}
	b.wanted[e] = &wanted{at: d.now, next: int(d.cfg.Self) + 1}
	return true
}

// rounds is how many questions are maxRounds.
func (d *Driver) rounds() int { return maxRounds * (len(d.peers) - 1) }

// compareEntries orders entries without a Rank.
func compareEntries(x, y wire.Entry) int {
	return cmp.Or(cmp.Compare(x.Order, y.Order), slices.Compare(x.Batch[:], y.Batch[:]))
}

// forsake lets go of questions for batches that nobody speaks of any more: a checkpoint became stable meanwhile, and logs
// let go of what is below it. Were they kept, they could take all the room for questions (maxWanted), and what is lacking
// now would never be asked for.
func (d *Driver) forsake() {
	if len(d.batches.asked) == 0 && len(d.batches.wanted) == 0 {
		return
	}
	spoken := map[wire.Entry]bool{}
	speak := func(told *wire.Disclosure) {
		for _, e := range told.Entries {
			spoken[wire.Entry{Order: e.Order, Batch: e.Batch}] = true
		}
	}
	if own := d.attempt.cold; own != nil {
		speak(&own.Disclosure)
	}
	for i := range d.peers {
		if m := d.peers[i].cold; m != nil {
			speak(&m.Disclosure)
		}
		if m := d.peers[i].state; m != nil {
			speak(&m.Disclosure)
		}
	}
	gone := func(e wire.Entry) bool { return !spoken[e] }
	maps.DeleteFunc(d.batches.wanted, func(e wire.Entry, _ *wanted) bool { return gone(e) })
	maps.DeleteFunc(d.batches.asked, func(e wire.Entry, _ int) bool { return gone(e) })
}

// mayLook reports whether it is time to see what is lacking: at once when nothing is asked for, and else not with every
// batch that comes, for disclosures are long.
func (d *Driver) mayLook() bool {
	b := &d.batches
	if len(b.wanted) > 0 && d.now < b.looked+lookGap {
		return false
	}
	b.looked, b.more = d.now, false
	return true
}

// obtain asks one peer after the other for what is lacking.
func (d *Driver) obtain() {
	n := len(d.peers)
	for _, e := range d.Wanted() {
		w := d.batches.wanted[e]
		if w.checking || d.now < w.at {
			continue
		}
		if w.next%n == int(d.cfg.Self) {
			w.next++
		}
		d.send(wire.ReplicaID(w.next%n), wire.Fetch{From: e.Order, To: e.Order, Body: e.Batch}.Append(nil))
		w.next++
		w.at = d.now + again
		if d.batches.asked[e]++; d.batches.more && d.batches.asked[e]%d.rounds() == 0 {
			d.attempt.states++ // what has no room yet may get it
			d.attempt.colds++
		}
	}
}

// Wanted are the batches that are asked for, at most maxWanted, rising.
func (d *Driver) Wanted() []wire.Entry {
	if len(d.batches.wanted) == 0 {
		return nil
	}
	list := make([]wire.Entry, 0, len(d.batches.wanted))
	for e := range d.batches.wanted {
		list = append(list, e)
	}
	slices.SortFunc(list, compareEntries)
	return list
}

// onBatch takes a batch that was asked for, in whatever PREPARE it comes.
func (d *Driver) onBatch(p *wire.Prepare) {
	digest := p.Certificate.Digest
	list := d.Wanted()
	at := slices.IndexFunc(list, func(e wire.Entry) bool { return e.Batch == digest && !d.batches.wanted[e].checking })
	size := len(p.Raw)
	if at < 0 || d.batches.checking > 0 && d.batches.checking+size > maxCheckingBytes {
		return
	}
	e, w := list[at], d.batches.wanted[list[at]]
	w.checking = true
	d.batches.checking += size
	token := d.expect(func(t *Told) {
		d.batches.checking -= size
		w.checking = false
		if t.Refused || d.active {
			return // somebody else is asked next
		}
		delete(d.batches.wanted, e)
		delete(d.batches.asked, e)
		d.batches.held[e] = true
		d.out.Batches = append(d.out.Batches, Batch{Order: e.Order, Raw: p.Raw})
		d.attempt.states++ // what there is may do now
		d.attempt.colds++
	})
	d.out.Checks = append(d.out.Checks, Check{Token: token, Requests: p.Requests})
}

// onFetch gives a peer that comes back too a batch out of the own log.
func (d *Driver) onFetch(from wire.ReplicaID, p *peer, f wire.Fetch) {
	if f.From == 0 || f.Body == (wire.Digest{}) || p.giving {
		return
	}
	p.giving = true
	d.out.Gives = append(d.out.Gives, Give{To: from, Order: f.From, Batch: f.Body})
}

// maxSets bounds the sets of REC-STATEs that are looked at.
const maxSets = 64

// grants returns sets of REC-STATEs with which the enclave could return: as many as it needs, of one founding and
// number, consistent with each other, with all batches at hand. It is shown one of them and no more, for it would
// choose by itself.
func (d *Driver) grants() (sets [][][]byte) {
	var states []*wire.RecState
	for i := range d.peers {
		if m := d.peers[i].state; m != nil {
			states = append(states, m)
		}
	}
	looked := 0
	var extend func(chosen []*wire.RecState, from int)
	extend = func(chosen []*wire.RecState, from int) {
		if len(chosen) == d.cfg.Recovery {
			looked++
			told, raws := make([]*wire.Disclosure, len(chosen)), make([][]byte, len(chosen))
			for i, m := range chosen {
				told[i], raws[i] = &m.Disclosure, m.Raw
			}
			if d.lacking(told, chosen[0].Certificate.Founding) == 0 {
				sets = append(sets, raws)
			}
			return
		}
		for i := from; i < len(states) && looked < maxSets; i++ {
			m := states[i]
			if !slices.ContainsFunc(chosen, func(x *wire.RecState) bool { return !together(x, m) }) {
				extend(append(chosen, m), i+1)
			}
		}
	}
	extend(make([]*wire.RecState, 0, d.cfg.Recovery), 0)
	return sets
}

func together(a, b *wire.RecState) bool {
	return a.Granted == b.Granted && quorum.Consistent(quorum.WitnessOf(&a.Certificate), quorum.WitnessOf(&b.Certificate))
}

// withholds reports whether a peer speaks of a batch that is not at hand.
func (d *Driver) withholds(p *peer) bool {
	var told []wire.Entry
	switch {
	case p.cold != nil:
		told = p.cold.Disclosure.Entries
	case p.state != nil:
		told = p.state.Disclosure.Entries
	}
	return slices.ContainsFunc(told, func(e wire.Entry) bool {
		return d.batches.wanted[wire.Entry{Order: e.Order, Batch: e.Batch}] != nil
	})
}
