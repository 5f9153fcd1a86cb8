package sim

import (
	"iter"
	"slices"

	"troxymail/bftcore"
)

// disk is what of a host survives its process: the log, of which a prefix is synced, and the store's file. Records
// are numbered from 0 for ever, also when the oldest are cut off.
type disk struct {
	records []bftcore.Record // from number first on
	first   int
	synced  int              // records that are durable
	writes  []int            // ends of the writes that are not
	orders  map[uint64][]int // numbers of the records of an order
	sent    map[*byte]int    // number of the record that a message to be sent is, or was before it was cut off
	file    *state           // never ahead of the synced log
	states  []*state         // of checkpoints, for peers: rising
	stable  uint64           // order of the newest stable one that it was told of
	past    []image          // what the disk was at times
}

// image is a disk at a moment.
type image struct {
	records []bftcore.Record
	first   int
	file    *state
}

// keptImages is how many pasts of a disk a rollback may choose from.
const keptImages = 8

func newDisk(n int) disk {
	return disk{orders: map[uint64][]int{}, sent: map[*byte]int{}, file: newState(n)}
}

// end is the number of the next record.
func (d *disk) end() int { return d.first + len(d.records) }

// append writes records at once.
func (d *disk) append(records []bftcore.Record) {
	if len(records) == 0 {
		return
	}
	for i := range records {
		d.index(d.end(), &records[i])
		d.records = append(d.records, records[i])
	}
	d.writes = append(d.writes, d.end())
}

func (d *disk) index(number int, r *bftcore.Record) {
	if r.Order > 0 {
		d.orders[r.Order] = append(d.orders[r.Order], number)
	}
	if len(r.Body) > 0 {
		if _, ok := d.sent[&r.Body[0]]; !ok {
			d.sent[&r.Body[0]] = number
		}
	}
}

// sync makes durable what was written before number.
func (d *disk) sync(number int) {
	d.synced = max(d.synced, number)
	for len(d.writes) > 0 && d.writes[0] <= d.synced {
		d.writes = d.writes[1:]
	}
}

// lose drops what was written after the first kept unsynced records, and reports whether that tears a write.
func (d *disk) lose(kept int) (some, torn bool) {
	end := min(d.synced+kept, d.end())
	some = end < d.end()
	torn = end > d.synced && some && !slices.Contains(d.writes, end)
	d.restore(image{records: d.records[:end-d.first], first: d.first, file: d.file})
	return some, torn
}

// restore makes the disk what it was; all of that is durable.
func (d *disk) restore(x image) {
	d.records, d.first, d.file = slices.Clip(x.records), x.first, x.file
	d.synced, d.writes = d.end(), nil
	d.states = slices.DeleteFunc(d.states, func(s *state) bool { return s.applied > d.file.applied })
	d.reindex()
}

func (d *disk) reindex() {
	clear(d.orders)
	clear(d.sent)
	for i := range d.records {
		d.index(d.first+i, &d.records[i])
	}
}

// checkpoint keeps the state of a checkpoint for peers: the newest stable one until a newer one is stable, and all
// above, any of which may become it.
func (d *disk) checkpoint(s *state) {
	d.states = append(slices.DeleteFunc(d.states, func(x *state) bool { return x.applied >= s.applied }), s)
	d.dropStates()
}

func (d *disk) dropStates() {
	d.states = slices.DeleteFunc(d.states, func(x *state) bool { return x.applied < d.stable })
}

// stateAt returns the state of a checkpoint; nil when it is not kept.
func (d *disk) stateAt(order uint64) *state {
	for _, s := range d.states {
		if s.applied == order {
			return s
		}
	}
	return nil
}

// remember takes an image of what is durable.
func (d *disk) remember() {
	if n := len(d.past); n > 0 && d.past[n-1].first+len(d.past[n-1].records) == d.synced && d.past[n-1].file == d.file {
		return
	}
	if len(d.past) == keptImages {
		d.past = slices.Delete(d.past, 1, 2) // the oldest stays
	}
	d.past = append(d.past, image{records: d.records[:d.synced-d.first], first: d.first, file: d.file})
}

// cut drops the records before the first that is still needed: of an order from below on, or one of order 0 from
// number live on.
func (d *disk) cut(below uint64, live int) bool {
	n := 0
	for n < len(d.records)-1 {
		r := &d.records[n]
		if r.Order >= below || r.Order == 0 && d.first+n >= live {
			break
		}
		n++
	}
	if n == 0 {
		return false
	}
	d.records, d.first = d.records[n:], d.first+n
	for order, numbers := range d.orders {
		if numbers = slices.DeleteFunc(numbers, func(i int) bool { return i < d.first }); len(numbers) > 0 {
			d.orders[order] = numbers
		} else {
			delete(d.orders, order)
		}
	}
	return true
}

// live is the number of the first record that goes with the newest Frontier: all of order 0, without a gap.
func (d *disk) live() int {
	for i := len(d.records) - 1; i >= 0; i-- {
		if d.records[i].Kind != bftcore.RecordFrontier {
			continue
		}
		for i > 0 && d.records[i-1].Order == 0 {
			i--
		}
		return d.first + i
	}
	return d.end()
}

// all yields the log.
func (d *disk) all() iter.Seq[bftcore.Record] { return slices.Values(d.records) }

// of returns the records of an order.
func (d *disk) of(order uint64) []bftcore.Record {
	var out []bftcore.Record
	for _, i := range d.orders[order] {
		out = append(out, d.records[i-d.first])
	}
	return out
}

// load returns the messages of a range of orders, one order at least, others up to a number of bytes.
func (d *disk) load(c *bftcore.Config, l bftcore.Load) [][]byte {
	var out [][]byte
	size := 0
	for o := l.From; o <= l.To; o++ {
		for _, raw := range c.Evidence(o, d.of(o), l.View) {
			size += len(raw)
			if size > l.MaxBytes && len(out) > 0 {
				return out
			}
			out = append(out, raw)
		}
	}
	return out
}

// prepares returns the PREPAREs of an order, those of which the batch alone means something too.
func (d *disk) prepares(order uint64) [][]byte {
	var out [][]byte
	for _, r := range d.of(order) {
		if r.Kind == bftcore.RecordPrepare || r.Kind == bftcore.RecordBatch {
			out = append(out, r.Body)
		}
	}
	return out
}
