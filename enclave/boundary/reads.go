package boundary

import "troxymail/bftcore/wire/canon"

// KindReads tells the host how the enclave answered its clients' reads.
const KindReads Kind = 78

// Reads count how clients' reads were answered since the enclave began, as it says itself: of all clients together, so
// that nothing follows for one of them that its host does not see at its frames and connections anyway. The first five
// count commands, the next seven questions to peers and the keys that these are about, the others what its caches did and
// hold: of opened content, and of parts of mailboxes.
type Reads struct {
	Current  uint64 `json:"current"`  // by a validation alone: nothing had changed
	Checked  uint64 `json:"checked"`  // from the host, checked against what was validated
	Ordered  uint64 `json:"ordered"`  // through the order
	Mismatch uint64 `json:"mismatch"` // of those: what the host said did not fit
	Bounded  uint64 `json:"bounded"`  // content alone, soon after a validation (reads = "bounded")

	Validated   uint64 `json:"validated"`    // questions that f peers answered with yes
	Conflicts   uint64 `json:"conflicts"`    // with no
	TimedOut    uint64 `json:"timed_out"`    // not in time
	Unknown     uint64 `json:"unknown"`      // not asked: the enclave did not know the keys itself
	Entries     uint64 `json:"entries"`      // keys that it knows
	Evicted     uint64 `json:"evicted"`      // keys that it had to forget
	SwitchedOff uint64 `json:"switched_off"` // kinds of keys that are not asked about for now, one bit each

	ContentHits      uint64 `json:"content_hits"`
	ContentMisses    uint64 `json:"content_misses"`
	ContentEvictions uint64 `json:"content_evictions"`
	ContentRefused   uint64 `json:"content_refused"` // too large to be kept
	ContentEntries   uint64 `json:"content_entries"`
	ContentBytes     uint64 `json:"content_bytes"`
	PartsHits        uint64 `json:"parts_hits"`
	PartsMisses      uint64 `json:"parts_misses"`
	PartsEvictions   uint64 `json:"parts_evictions"`
	PartsRefused     uint64 `json:"parts_refused"`
	PartsEntries     uint64 `json:"parts_entries"`
	PartsBytes       uint64 `json:"parts_bytes"`
}

func (x *Reads) fields() []*uint64 {
	return []*uint64{
		&x.Current, &x.Checked, &x.Ordered, &x.Mismatch, &x.Bounded,
		&x.Validated, &x.Conflicts, &x.TimedOut, &x.Unknown, &x.Entries, &x.Evicted, &x.SwitchedOff,
		&x.ContentHits, &x.ContentMisses, &x.ContentEvictions, &x.ContentRefused, &x.ContentEntries, &x.ContentBytes,
		&x.PartsHits, &x.PartsMisses, &x.PartsEvictions, &x.PartsRefused, &x.PartsEntries, &x.PartsBytes,
	}
}

// AppendTo appends the counts.
func (x *Reads) AppendTo(dst []byte) []byte {
	for _, v := range x.fields() {
		dst = canon.AppendUint64(dst, *v)
	}
	return dst
}

// ReadReads reads counts.
func ReadReads(r *canon.Reader) (x Reads) {
	for _, v := range x.fields() {
		*v = r.Uint64()
	}
	return x
}

// Append appends the frame.
func (x *Reads) Append(dst []byte) []byte { return x.AppendTo(head(dst, KindReads)) }

// DecodeReads decodes the frame.
func DecodeReads(frame []byte) (Reads, error) {
	r := open(frame)
	x := ReadReads(r)
	return x, done(r, "reads")
}
