package sim

import (
	"iter"

	"troxymail/bftcore"
)

// disk is a host's log: records that are written, of which a prefix is synced.
type disk struct {
	records []bftcore.Record
	synced  int
	base    int // records that were there when the present core started: it counts from here
}

func (d *disk) append(records []bftcore.Record) { d.records = append(d.records, records...) }

// crash loses nothing: what is written survives the process.
func (d *disk) crash() { d.restart() }

// powerLoss keeps what is synced, and of the rest a prefix of keep records.
func (d *disk) powerLoss(keep int) {
	d.records = d.records[:min(len(d.records), d.synced+keep)]
	d.restart()
}

func (d *disk) restart() { d.synced, d.base = len(d.records), len(d.records) }

func (d *disk) all() iter.Seq[bftcore.Record] {
	return func(yield func(bftcore.Record) bool) {
		for _, r := range d.records {
			if !yield(r) {
				return
			}
		}
	}
}

// load returns the messages of a range of orders, one order at least, others up to limit bytes.
func (d *disk) load(l bftcore.Load) [][]byte {
	var out [][]byte
	size, first := 0, uint64(0)
	for _, r := range d.records {
		if r.Order < l.From || r.Order > l.To {
			continue
		}
		if first == 0 {
			first = r.Order
		}
		if size += len(r.Body); size > l.MaxBytes && r.Order != first {
			break
		}
		out = append(out, r.Body)
	}
	return out
}
