package wire

import "troxymail/bftcore/wire/canon"

// Nonce is a random number that one enclave drew for one attempt to come back.
type Nonce [16]byte

const (
	helloTag      = "troxymail/rec-hello/v1"
	infoTag       = "troxymail/rec-info/v1"
	recRequestTag = "troxymail/rec-request/v1"
	recStateTag   = "troxymail/rec-state/v1"
)

// RecHello asks every replica how it stands. Who is ACTIVE answers with REC-INFO, who is not with STATEMENT,
// both for this nonce.
type RecHello struct {
	Certificate Certificate // CertRecHello
	Nonce       Nonce
	Raw         []byte // the encoding, when decoded
}

// NonceDigest is what the certificate of a REC-HELLO binds.
func (m *RecHello) NonceDigest() Digest { return bodyDigest(helloTag, m.Nonce[:]) }

// Append appends the message.
func (m *RecHello) Append(dst []byte) []byte {
	return appendStated(dst, KindRecHello, &m.Certificate, m.Nonce[:])
}

// DecodeRecHello decodes a REC-HELLO. It does not check the MAC.
func DecodeRecHello(b []byte) (RecHello, error) {
	c, r := openStated(b, KindRecHello, CertRecHello, helloTag)
	m := RecHello{Certificate: c, Nonce: r.Copy16(), Raw: b}
	if err := r.Done(); err != nil {
		return RecHello{}, malformed("REC-HELLO", err)
	}
	return m, nil
}

// RecInfo tells a restarted enclave which incarnations an ACTIVE one knows: its certificate's vector.
type RecInfo struct {
	Certificate Certificate // CertRecInfo
	For         ReplicaID   // who asked
	Nonce       Nonce       // the asker's
	Raw         []byte      // the encoding, when decoded
}

func (m *RecInfo) body() []byte {
	return canon.AppendFixed(canon.AppendUint16(nil, uint16(m.For)), m.Nonce[:])
}

// BodyDigest is what the certificate binds.
func (m *RecInfo) BodyDigest() Digest { return bodyDigest(infoTag, m.body()) }

// Append appends the message.
func (m *RecInfo) Append(dst []byte) []byte {
	return appendStated(dst, KindRecInfo, &m.Certificate, m.body())
}

// DecodeRecInfo decodes a REC-INFO. It does not check the MAC.
func DecodeRecInfo(b []byte) (RecInfo, error) {
	c, r := openStated(b, KindRecInfo, CertRecInfo, infoTag)
	m := RecInfo{Certificate: c, For: replica(r), Nonce: r.Copy16(), Raw: b}
	if err := r.Done(); err != nil {
		return RecInfo{}, malformed("REC-INFO", err)
	}
	return m, nil
}

// RecRequest asks to be granted an incarnation number in the founding that its certificate names:
// Certificate.Incarnation.
type RecRequest struct {
	Certificate Certificate // CertRecRequest
	Nonce       Nonce
	Raw         []byte // the encoding, when decoded
}

// NonceDigest is what the certificate of a REC-REQ binds.
func (m *RecRequest) NonceDigest() Digest { return bodyDigest(recRequestTag, m.Nonce[:]) }

// Append appends the message.
func (m *RecRequest) Append(dst []byte) []byte {
	return appendStated(dst, KindRecRequest, &m.Certificate, m.Nonce[:])
}

// DecodeRecRequest decodes a REC-REQ. It does not check the MAC.
func DecodeRecRequest(b []byte) (RecRequest, error) {
	c, r := openStated(b, KindRecRequest, CertRecRequest, recRequestTag)
	m := RecRequest{Certificate: c, Nonce: r.Copy16(), Raw: b}
	if err := r.Done(); err != nil {
		return RecRequest{}, malformed("REC-REQ", err)
	}
	return m, nil
}

// RecState grants an incarnation number and tells what a VIEW-CHANGE of its sender would tell at this moment:
// its counter stands in Certificate.New.
type RecState struct {
	Certificate Certificate // CertRecState
	For         ReplicaID   // who asked
	Granted     uint32      // the incarnation number
	Nonce       Nonce       // the asker's
	Disclosure  Disclosure
	Raw         []byte // the encoding, when decoded
}

func (m *RecState) body() []byte {
	b := canon.AppendUint32(canon.AppendUint16(nil, uint16(m.For)), m.Granted)
	return appendDisclosure(canon.AppendFixed(b, m.Nonce[:]), &m.Disclosure)
}

// BodyDigest is what the certificate binds.
func (m *RecState) BodyDigest() Digest { return bodyDigest(recStateTag, m.body()) }

// Append appends the message.
func (m *RecState) Append(dst []byte) []byte {
	return appendStated(dst, KindRecState, &m.Certificate, m.body())
}

// DecodeRecState decodes a REC-STATE. It does not check the MAC.
func DecodeRecState(b []byte) (RecState, error) {
	c, r := openStated(b, KindRecState, CertRecState, recStateTag)
	m := RecState{Certificate: c, For: replica(r), Granted: incarnation(r), Nonce: r.Copy16(),
		Disclosure: readDisclosure(r), Raw: b}
	if err := r.Done(); err != nil {
		return RecState{}, malformed("REC-STATE", err)
	}
	return m, nil
}
