package wire

import (
	"errors"

	"troxymail/bftcore/wire/canon"
)

const (
	frontierTag = "troxymail/frontier/v2"
	formerTag   = "troxymail/frontier/v1"
)

// Frontier is the whole ordering state of an enclave at one moment, for its host's log: the certificate tells
// founding, incarnation, vector, counter (New), recovery view and base. It is logged before anything of the
// step that made it has an effect.
//
// The newest Frontier of a log and the own PREPARE and COMMIT certificates after it are what a restarted
// enclave is shown; whether they are the newest is its host's word.
type Frontier struct {
	Certificate Certificate
	// LastActive is the newest founding that is known to have been ACTIVE and from which this state descends. It is the
	// certificate's, but for an enclave that joined that one and has not seen it ACTIVE; zero before the first.
	LastActive Founding
	Disclosure Disclosure
	InView     bool   // false: the view's NEW-VIEW is awaited
	Selected   uint64 // orders up to here are settled by the view's beginning
	NewView    uint64 // 1 + the last view that this enclave began with a NEW-VIEW; 0 for none
	// Pillars is how many counters the enclave has, 0 for one: then there is nothing of them in the encoding, as
	// before there were several. Every order up to that of the certificate is behind all of them; Ahead are those
	// above that are behind theirs, rising.
	Pillars uint16
	Ahead   []uint64
	Raw     []byte // the encoding, when decoded
}

// errFormer is for a Frontier of the version before LastActive. It is not guessed: that of a JOIN looks like that of an ACTIVE
// enclave, so that the certificate's founding could be one that never was ACTIVE; and taken for the zero one, what the
// replica has and one of the present version knows nothing of would not count beside that.
var errFormer = errors.New("of a former version, which did not note what was ACTIVE last; start replicas of this version empty, one after the other, while the others run")

var errPillars = errors.New("orders that are ahead are not in order, or of one pillar")

func (m *Frontier) body() []byte {
	b := appendDisclosure(appendFounding(nil, m.LastActive), &m.Disclosure)
	b = canon.AppendBool(b, m.InView)
	b = canon.AppendUint64(b, m.Selected)
	b = canon.AppendUint64(b, m.NewView)
	if m.Pillars == 0 {
		return b
	}
	b = canon.AppendCount(canon.AppendUint16(b, m.Pillars), len(m.Ahead))
	for _, order := range m.Ahead {
		b = canon.AppendUint64(b, order)
	}
	return b
}

// BodyDigest is what the certificate binds.
func (m *Frontier) BodyDigest() Digest { return bodyDigest(frontierTag, m.body()) }

// Append appends the record's body.
func (m *Frontier) Append(dst []byte) []byte {
	return appendStated(dst, KindFrontier, &m.Certificate, m.body())
}

// DecodeFrontier decodes a Frontier and checks that the certificate binds its body. It does not check the MAC.
func DecodeFrontier(b []byte) (Frontier, error) {
	c, r := openStated(b, KindFrontier, CertFrontier, frontierTag)
	if r.Err() != nil && c.Kind == CertFrontier && c.Digest == bodyDigest(formerTag, b[r.Offset():]) {
		return Frontier{}, malformed("FRONTIER", errFormer)
	}
	m := Frontier{Certificate: c, LastActive: readFounding(r), Disclosure: readDisclosure(r), InView: r.Bool(), Selected: number(r),
		NewView: number(r), Raw: b}
	if r.Err() == nil && r.Remaining() > 0 {
		m.readPillars(r)
	}
	if err := r.Done(); err != nil {
		return Frontier{}, malformed("FRONTIER", err)
	}
	return m, nil
}

// readPillars reads how far several counters are.
func (m *Frontier) readPillars(r *canon.Reader) {
	m.Pillars = r.Uint16()
	n := r.Count(MaxEntries, 8)
	if r.Err() != nil || m.Pillars < 2 || m.Pillars > MaxPillars {
		r.Fail(errPillars)
		return
	}
	last := m.Certificate.New.Order + 1 // it would not be ahead
	for range n {
		order := number(r)
		if r.Err() != nil || order <= last {
			r.Fail(errPillars)
			return
		}
		m.Ahead, last = append(m.Ahead, order), order
	}
}
