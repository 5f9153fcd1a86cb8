package wire

import "troxymail/bftcore/wire/canon"

// Checkpoint is an enclave's attestation of its host's claim that the state after Certificate.New.Order has
// the root Certificate.Digest and is durable. f+1 of them make the checkpoint stable.
type Checkpoint struct {
	Certificate Certificate
	Raw         []byte // the encoding, when decoded
}

// Stable is what the message attests.
func (m *Checkpoint) Stable() Stable {
	return Stable{Order: m.Certificate.New.Order, Root: m.Certificate.Digest}
}

// Append appends the message.
func (m *Checkpoint) Append(dst []byte) []byte {
	return m.Certificate.Append(appendHead(dst, KindCheckpoint))
}

// DecodeCheckpoint decodes a CHECKPOINT. It does not check the MAC.
func DecodeCheckpoint(b []byte) (Checkpoint, error) {
	c, err := decodeBare(b, KindCheckpoint, CertCheckpoint)
	if err == nil && (c.New.View != 0 || c.New.Order == 0) {
		err = errRange
	}
	if err != nil {
		return Checkpoint{}, malformed("CHECKPOINT", err)
	}
	return Checkpoint{Certificate: c, Raw: b}, nil
}

// ReqVC asks for a view change: its sender has waited too long in the view before.
type ReqVC struct {
	Certificate Certificate
	Raw         []byte // the encoding, when decoded
}

// View is the view that the sender wants.
func (m *ReqVC) View() uint64 { return m.Certificate.New.View }

// Append appends the message.
func (m *ReqVC) Append(dst []byte) []byte {
	return m.Certificate.Append(appendHead(dst, KindReqVC))
}

// DecodeReqVC decodes a REQ-VC. It does not check the MAC.
func DecodeReqVC(b []byte) (ReqVC, error) {
	c, err := decodeBare(b, KindReqVC, CertReqVC)
	if err == nil && (c.New.Order != 0 || c.New.View == 0) {
		err = errRange
	}
	if err != nil {
		return ReqVC{}, malformed("REQ-VC", err)
	}
	return ReqVC{Certificate: c, Raw: b}, nil
}

// decodeBare decodes a message that is nothing but a certificate.
func decodeBare(b []byte, k Kind, ck CertKind) (Certificate, error) {
	r := canon.NewReader(b)
	readHead(r, k)
	c := ReadCertificate(r)
	if c.Kind != ck || c.Previous != (Position{}) {
		r.Fail(errKind)
	}
	return c, r.Done()
}

const (
	viewChangeTag = "troxymail/view-change/v1"
	newViewTag    = "troxymail/new-view/v1"
)

// ViewChange is a replica's last word in its old view: what its enclave certified, written by the enclave
// itself. Certificate.Previous is the counter's value before.
type ViewChange struct {
	Certificate Certificate
	Disclosure  Disclosure
	Raw         []byte // the encoding, when decoded
}

// View is the view that the sender goes to.
func (m *ViewChange) View() uint64 { return m.Certificate.New.View }

// ViewChangeDigest is what the certificate of a VIEW-CHANGE binds.
func ViewChangeDigest(d *Disclosure) Digest {
	return bodyDigest(viewChangeTag, appendDisclosure(nil, d))
}

// Append appends the message.
func (m *ViewChange) Append(dst []byte) []byte {
	return appendStated(dst, KindViewChange, &m.Certificate, appendDisclosure(nil, &m.Disclosure))
}

// DecodeViewChange decodes a VIEW-CHANGE and checks that the certificate binds its body. It does not check
// the MAC.
func DecodeViewChange(b []byte) (ViewChange, error) {
	c, r := openStated(b, KindViewChange, CertViewChange, viewChangeTag)
	m := ViewChange{Certificate: c, Disclosure: readDisclosure(r), Raw: b}
	if c.New.Order != 0 || c.New.View <= c.Previous.View {
		r.Fail(errRange)
	}
	if err := r.Done(); err != nil {
		return ViewChange{}, malformed("VIEW-CHANGE", err)
	}
	return m, nil
}

// NewView begins a view: the leader's enclave selected what goes on from f+1 VIEW-CHANGEs. The entries are
// contiguous; a gap is the empty batch with the zero Rank.
type NewView struct {
	Certificate Certificate
	Disclosure  Disclosure
	Raw         []byte // the encoding, when decoded
}

// View is the view that begins.
func (m *NewView) View() uint64 { return m.Certificate.New.View }

// NewViewDigest is what the certificate of a NEW-VIEW binds.
func NewViewDigest(d *Disclosure) Digest {
	return bodyDigest(newViewTag, appendDisclosure(nil, d))
}

// Append appends the message.
func (m *NewView) Append(dst []byte) []byte {
	return appendStated(dst, KindNewView, &m.Certificate, appendDisclosure(nil, &m.Disclosure))
}

// DecodeNewView decodes a NEW-VIEW and checks that the certificate binds its body and that the selection has
// no gaps. It does not check the MAC.
func DecodeNewView(b []byte) (NewView, error) {
	c, r := openStated(b, KindNewView, CertNewView, newViewTag)
	m := NewView{Certificate: c, Disclosure: readDisclosure(r), Raw: b}
	if c.New.Order != 0 || c.Previous != (Position{}) || r.Err() == nil && !m.Disclosure.Contiguous() {
		r.Fail(errRange)
	}
	if err := r.Done(); err != nil {
		return NewView{}, malformed("NEW-VIEW", err)
	}
	return m, nil
}
