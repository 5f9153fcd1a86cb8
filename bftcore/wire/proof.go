package wire

import (
	"errors"

	"troxymail/bftcore/wire/canon"
)

// Proof is what commits one order, in one message: a PREPARE and COMMITs to it of distinct replicas, all of
// one view, which need not be the present one. So a replica that lags learns what was decided in views that it
// missed. Whether the certificates are genuine and make a quorum is for the receiver and its enclave to say.
type Proof struct {
	Prepare Prepare
	Commits []Commit
	Raw     [][]byte // the encodings of the COMMITs; they alias the message
}

var errProof = errors.New("COMMITs of another batch, or two of one replica")

// AppendProof appends a PROOF of an encoded PREPARE and encoded COMMITs.
func AppendProof(dst, prepare []byte, commits [][]byte) []byte {
	dst = canon.AppendBytes(appendHead(dst, KindProof), prepare)
	dst = canon.AppendCount(dst, len(commits))
	for _, c := range commits {
		dst = canon.AppendBytes(dst, c)
	}
	return dst
}

// DecodeProof decodes a PROOF and checks that all of it is about one batch at one position. It does not check
// any MAC.
func DecodeProof(b []byte) (Proof, error) {
	r := canon.NewReader(b)
	readHead(r, KindProof)
	raw := r.Bytes(MaxMessageBytes)
	n := r.Count(MaxReplicas, 4)
	if r.Err() != nil {
		return Proof{}, malformed("PROOF", r.Err())
	}
	prepare, err := DecodePrepare(raw)
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Prepare: prepare}
	var from [MaxReplicas]bool
	from[prepare.Certificate.Replica] = true
	for range n {
		raw := r.Bytes(MaxMessageBytes)
		m, err := DecodeCommit(raw)
		if err != nil {
			return Proof{}, err
		}
		c := &m.Certificate
		if c.New != prepare.Certificate.New || c.Digest != prepare.Certificate.Digest || from[c.Replica] {
			return Proof{}, malformed("PROOF", errProof)
		}
		from[c.Replica] = true
		p.Commits, p.Raw = append(p.Commits, m), append(p.Raw, raw)
	}
	if err := r.Done(); err != nil {
		return Proof{}, malformed("PROOF", err)
	}
	return p, nil
}
