package wire

import (
	"crypto/sha256"

	"troxymail/bftcore/wire/canon"
)

// Standing is how an enclave stands in its group.
type Standing uint8

// The standings. Numbers are fixed for ever.
const (
	Booted     Standing = 0 // was shown nothing yet
	Recovering Standing = 1 // restarted: waits for its peers
	InFounding Standing = 2 // gave a COLD-STATE
	Resigned   Standing = 3 // was ACTIVE, and stopped for ever so that the group can be founded again
	Active     Standing = 4 // certifies
)

// String names the standing as the documentation does.
func (s Standing) String() string {
	if int(s) >= len(standings) {
		return "UNKNOWN"
	}
	return standings[s]
}

var standings = [...]string{"BOOT", "RECOVERING", "IN-FOUNDING", "RESIGNED", "ACTIVE"}

const (
	statementTag = "troxymail/statement/v1"
	coldStateTag = "troxymail/cold-state/v2"
	bundleTag    = "troxymail/founding/v1"
)

// Statement says that its sender is not ACTIVE and will not be without the group's help. Own is the nonce
// under which it takes part in a founding.
type Statement struct {
	Certificate Certificate // CertResigned
	Standing    Standing    // Recovering, InFounding or Resigned
	Asked       Nonce       // of the REC-HELLO that it answers
	Own         Nonce
	Raw         []byte // the encoding, when decoded
}

func (m *Statement) body() []byte {
	b := canon.AppendUint8(nil, uint8(m.Standing))
	return canon.AppendFixed(canon.AppendFixed(b, m.Asked[:]), m.Own[:])
}

// BodyDigest is what the certificate binds.
func (m *Statement) BodyDigest() Digest { return bodyDigest(statementTag, m.body()) }

// Append appends the message.
func (m *Statement) Append(dst []byte) []byte {
	return appendStated(dst, KindStatement, &m.Certificate, m.body())
}

// DecodeStatement decodes a STATEMENT. It does not check the MAC.
func DecodeStatement(b []byte) (Statement, error) {
	c, r := openStated(b, KindStatement, CertResigned, statementTag)
	m := Statement{Certificate: c, Standing: Standing(r.Uint8()), Asked: r.Copy16(), Own: r.Copy16(), Raw: b}
	if m.Standing < Recovering || m.Standing > Resigned {
		r.Fail(errRange)
	}
	if err := r.Done(); err != nil {
		return Statement{}, malformed("STATEMENT", err)
	}
	return m, nil
}

// Member is one enclave in a founding: the nonce tells its attempts apart.
type Member struct {
	Replica ReplicaID
	Nonce   Nonce
}

const memberBytes = 2 + 16

// AppendMembers appends a list of members.
func AppendMembers(dst []byte, members []Member) []byte {
	dst = canon.AppendCount(dst, len(members))
	for i := range members {
		dst = canon.AppendUint16(dst, uint16(members[i].Replica))
		dst = canon.AppendFixed(dst, members[i].Nonce[:])
	}
	return dst
}

// ReadMembers reads a list of members, whose replicas must strictly ascend; errors stay in r.
func ReadMembers(r *canon.Reader) []Member {
	n := r.Count(MaxReplicas, memberBytes)
	if n == 0 {
		return nil
	}
	members := make([]Member, n)
	for i := range members {
		members[i] = Member{Replica: replica(r), Nonce: r.Copy16()}
		if i > 0 && members[i].Replica <= members[i-1].Replica {
			r.Fail(errEntries)
		}
	}
	return members
}

// ColdState is one member's part of a founding's bundle: its frontier (in the certificate: founding, counter,
// incarnation, base) with what it certified, for exactly these members.
type ColdState struct {
	Certificate Certificate // CertColdState
	Members     []Member
	LastActive  Founding // see Frontier
	Disclosure  Disclosure
	Raw         []byte // the encoding, when decoded
}

func (m *ColdState) body() []byte {
	return appendDisclosure(appendFounding(AppendMembers(nil, m.Members), m.LastActive), &m.Disclosure)
}

// BodyDigest is what the certificate binds.
func (m *ColdState) BodyDigest() Digest { return bodyDigest(coldStateTag, m.body()) }

// Append appends the message.
func (m *ColdState) Append(dst []byte) []byte {
	return appendStated(dst, KindColdState, &m.Certificate, m.body())
}

// DecodeColdState decodes a COLD-STATE. It does not check the MAC.
func DecodeColdState(b []byte) (ColdState, error) {
	c, r := openStated(b, KindColdState, CertColdState, coldStateTag)
	m := ColdState{Certificate: c, Members: ReadMembers(r), LastActive: readFounding(r), Disclosure: readDisclosure(r), Raw: b}
	if err := r.Done(); err != nil {
		return ColdState{}, malformed("COLD-STATE", err)
	}
	return m, nil
}

// Counted returns the newest founding that the members of a bundle know to have been ACTIVE, and what those disclose whose
// state descends from it: a founding goes on from these alone. What the others add to them was given up when that founding
// began without them (package counter tells why). The enclave decides by it, and its host knows by it which batches that takes.
func Counted(states []ColdState) (newest Founding, told []*Disclosure) {
	for i := range states {
		if newest.Before(states[i].LastActive) {
			newest = states[i].LastActive
		}
	}
	for i := range states {
		if states[i].LastActive == newest {
			told = append(told, &states[i].Disclosure)
		}
	}
	return newest, told
}

// BundleDigest names a founding: the digest of its COLD-STATEs, which the caller sorted by replica.
func BundleDigest(states []ColdState) Digest {
	h := sha256.New()
	h.Write([]byte(bundleTag))
	h.Write(canon.AppendCount(nil, len(states)))
	for i := range states {
		d := Sum(states[i].Append(nil))
		h.Write(d[:])
	}
	return Digest(h.Sum(nil))
}

// Join says that its sender computed the founding that Certificate.Founding names, and that its host holds
// the JOIN frontier.
type Join struct {
	Certificate Certificate // CertJoin
	Raw         []byte      // the encoding, when decoded
}

// Append appends the message.
func (m *Join) Append(dst []byte) []byte {
	return m.Certificate.Append(appendHead(dst, KindJoin))
}

// DecodeJoin decodes a JOIN. It does not check the MAC.
func DecodeJoin(b []byte) (Join, error) {
	c, err := decodeBare(b, KindJoin, CertJoin)
	if err != nil {
		return Join{}, malformed("JOIN", err)
	}
	return Join{Certificate: c, Raw: b}, nil
}
