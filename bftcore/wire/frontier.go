package wire

import "troxymail/bftcore/wire/canon"

const frontierTag = "troxymail/frontier/v1"

// Frontier is the whole ordering state of an enclave at one moment, for its host's log: the certificate tells
// founding, incarnation, vector, counter (New), recovery view and base. It is logged before anything of the
// step that made it has an effect.
//
// The newest Frontier of a log and the own PREPARE and COMMIT certificates after it are what a restarted
// enclave is shown; whether they are the newest is its host's word.
type Frontier struct {
	Certificate Certificate
	Disclosure  Disclosure
	InView      bool   // false: the view's NEW-VIEW is awaited
	Selected    uint64 // orders up to here are settled by the view's beginning
	NewView     uint64 // 1 + the last view that this enclave began with a NEW-VIEW; 0 for none
	Raw         []byte // the encoding, when decoded
}

func (m *Frontier) body() []byte {
	b := appendDisclosure(nil, &m.Disclosure)
	b = canon.AppendBool(b, m.InView)
	b = canon.AppendUint64(b, m.Selected)
	return canon.AppendUint64(b, m.NewView)
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
	m := Frontier{Certificate: c, Disclosure: readDisclosure(r), InView: r.Bool(), Selected: number(r),
		NewView: number(r), Raw: b}
	if err := r.Done(); err != nil {
		return Frontier{}, malformed("FRONTIER", err)
	}
	return m, nil
}
