package wire

import (
	"crypto/sha256"
	"errors"
	"slices"

	"troxymail/bftcore/wire/canon"
)

// Rank orders what was certified at one order number: by generation, then view (composition of foundings
// and view changes). The zero Rank is below every certified one; it stands for a gap.
type Rank struct {
	Generation uint32
	View       uint64
}

// Less reports whether r is below q.
func (r Rank) Less(q Rank) bool {
	return r.Generation < q.Generation || r.Generation == q.Generation && r.View < q.View
}

// Entry is what an enclave remembers of one order: the batch that it certified or accepted there with the
// highest rank.
type Entry struct {
	Order uint64
	Rank  Rank
	Batch Digest
}

// EntryBytes is the encoded size of an Entry.
const EntryBytes = 8 + 4 + 8 + 32

// Stable names a stable checkpoint: the state's root after Order. The zero value is the empty state, before
// any order.
type Stable struct {
	Order uint64
	Root  Digest
}

// Disclosure is what an enclave tells of its past when a view or a founding begins: its stable checkpoint
// and the entries above it, strictly ascending, all within MaxEntries of Stable.Order.
type Disclosure struct {
	Stable  Stable
	Entries []Entry
}

// At returns the entry of an order.
func (d *Disclosure) At(order uint64) (Entry, bool) {
	low, high := 0, len(d.Entries)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if d.Entries[mid].Order < order {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < len(d.Entries) && d.Entries[low].Order == order {
		return d.Entries[low], true
	}
	return Entry{}, false
}

// End is the highest order that the disclosure speaks of.
func (d *Disclosure) End() uint64 {
	if len(d.Entries) == 0 {
		return d.Stable.Order
	}
	return d.Entries[len(d.Entries)-1].Order
}

// Contiguous reports whether the entries leave no gap between the checkpoint and the last one.
func (d *Disclosure) Contiguous() bool {
	return d.End()-d.Stable.Order == uint64(len(d.Entries))
}

// Highest returns what an enclave takes over from disclosures, as far as a host has to know: above the highest
// checkpoint, the entry of the highest rank at each order, rising.
func Highest(told []*Disclosure) []Entry {
	stable := uint64(0)
	for _, d := range told {
		stable = max(stable, d.Stable.Order)
	}
	var all []Entry
	for _, d := range told {
		for _, e := range d.Entries {
			if e.Order > stable {
				all = append(all, e)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Entry) int {
		switch {
		case a.Order < b.Order, a.Order == b.Order && b.Rank.Less(a.Rank):
			return -1
		case a.Order > b.Order, a.Rank.Less(b.Rank):
			return 1
		}
		return 0
	})
	return slices.CompactFunc(all, func(a, b Entry) bool { return a.Order == b.Order })
}

func appendDisclosure(dst []byte, d *Disclosure) []byte {
	dst = canon.AppendUint64(dst, d.Stable.Order)
	dst = canon.AppendFixed(dst, d.Stable.Root[:])
	dst = canon.AppendCount(dst, len(d.Entries))
	for i := range d.Entries {
		e := &d.Entries[i]
		dst = canon.AppendUint64(dst, e.Order)
		dst = canon.AppendUint32(dst, e.Rank.Generation)
		dst = canon.AppendUint64(dst, e.Rank.View)
		dst = canon.AppendFixed(dst, e.Batch[:])
	}
	return dst
}

var (
	errEntries = errors.New("entries are not in order")
	errDigest  = errors.New("another body than the certificate binds")
)

func readDisclosure(r *canon.Reader) Disclosure {
	d := Disclosure{Stable: Stable{Order: number(r), Root: r.Copy32()}}
	n := r.Count(MaxEntries, EntryBytes)
	if r.Err() != nil || n == 0 {
		return d
	}
	d.Entries = make([]Entry, n)
	last := d.Stable.Order
	for i := range d.Entries {
		e := Entry{Order: number(r), Rank: Rank{Generation: incarnation(r), View: number(r)}, Batch: r.Copy32()}
		if e.Order <= last || e.Order-d.Stable.Order > MaxEntries {
			r.Fail(errEntries)
			return Disclosure{}
		}
		d.Entries[i], last = e, e.Order
	}
	return d
}

// bodyDigest is what a certificate binds of the body that follows it: the tag keeps one type from passing for
// another.
func bodyDigest(tag string, body []byte) Digest {
	h := sha256.New()
	h.Write([]byte(tag))
	h.Write(canon.AppendCount(nil, len(body)))
	h.Write(body)
	return Digest(h.Sum(nil))
}

// appendStated appends a message that is a certificate and the body that it binds.
func appendStated(dst []byte, k Kind, c *Certificate, body []byte) []byte {
	return append(c.Append(appendHead(dst, k)), body...)
}

// openStated reads such a message up to its body, whose digest it checks.
func openStated(b []byte, k Kind, ck CertKind, tag string) (Certificate, *canon.Reader) {
	r := canon.NewReader(b)
	readHead(r, k)
	c := ReadCertificate(r)
	if c.Kind != ck {
		r.Fail(errKind)
	}
	if r.Err() == nil && c.Digest != bodyDigest(tag, b[r.Offset():]) {
		r.Fail(errDigest)
	}
	return c, r
}
