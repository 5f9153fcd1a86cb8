package wire

import (
	"crypto/sha256"

	"troxymail/bftcore/wire/canon"
)

// Prepare is the leader's proposal: a batch of requests at [view|order]. The certificate binds the
// batch digest to that position; view and order stand in Certificate.New.
type Prepare struct {
	Certificate Certificate
	Requests    []Request
	Digests     []Digest // of the requests, in order; filled when decoded
	Raw         []byte   // the encoding, when decoded
}

// BatchDigest is what certificates bind: a digest over the request digests in order. An empty batch (a
// NOOP) has a digest too.
func BatchDigest(requests []Digest) Digest {
	h := sha256.New()
	h.Write([]byte("troxymail/batch/v1"))
	h.Write(canon.AppendCount(nil, len(requests)))
	for i := range requests {
		h.Write(requests[i][:])
	}
	return Digest(h.Sum(nil))
}

// RequestDigests returns the digests of requests, in order.
func RequestDigests(requests []Request) []Digest {
	d := make([]Digest, len(requests))
	for i := range requests {
		d[i] = requests[i].Digest()
	}
	return d
}

// AppendPrepare appends a PREPARE of encoded requests.
func AppendPrepare(dst []byte, c *Certificate, requests []Request) []byte {
	dst = appendHead(dst, KindPrepare)
	dst = c.Append(dst)
	return appendRequests(dst, requests)
}

// DecodePrepare decodes a PREPARE and checks that its requests are what the certificate binds. It does
// not check any MAC: that takes an enclave.
func DecodePrepare(b []byte) (Prepare, error) {
	r := canon.NewReader(b)
	readHead(r, KindPrepare)
	p := Prepare{Certificate: ReadCertificate(r), Raw: b}
	p.Requests = readRequests(r)
	if p.Certificate.Kind != CertPrepare {
		r.Fail(errKind)
	}
	if err := r.Done(); err != nil {
		return Prepare{}, malformed("PREPARE", err)
	}
	p.Digests = RequestDigests(p.Requests)
	if BatchDigest(p.Digests) != p.Certificate.Digest {
		return Prepare{}, malformed("PREPARE", errBatch)
	}
	return p, nil
}

// Commit is a follower's vote. It carries the leader's PREPARE certificate, so that whoever receives
// the vote learns of the proposal even when the leader kept it from them.
type Commit struct {
	Certificate Certificate
	Prepare     Certificate
}

// AppendCommit appends a COMMIT.
func AppendCommit(dst []byte, commit, prepare *Certificate) []byte {
	return prepare.Append(commit.Append(appendHead(dst, KindCommit)))
}

// DecodeCommit decodes a COMMIT and checks that both certificates are about one batch at one position.
func DecodeCommit(b []byte) (Commit, error) {
	r := canon.NewReader(b)
	readHead(r, KindCommit)
	c := Commit{Certificate: ReadCertificate(r), Prepare: ReadCertificate(r)}
	if c.Certificate.Kind != CertCommit || c.Prepare.Kind != CertPrepare {
		r.Fail(errKind)
	}
	if c.Certificate.New != c.Prepare.New || c.Certificate.Digest != c.Prepare.Digest {
		r.Fail(errBatch)
	}
	if err := r.Done(); err != nil {
		return Commit{}, malformed("COMMIT", err)
	}
	return c, nil
}

// ForwardBytes is how many bytes a FORWARD of so many requests takes, which take rawBytes as they are encoded.
func ForwardBytes(requests, rawBytes int) int { return 2 + 4 + 4*requests + rawBytes }

// AppendForward appends a FORWARD of encoded requests.
func AppendForward(dst []byte, requests []Request) []byte {
	return appendRequests(appendHead(dst, KindForward), requests)
}

// DecodeForward decodes a FORWARD.
func DecodeForward(b []byte) ([]Request, error) {
	r := canon.NewReader(b)
	readHead(r, KindForward)
	q := readRequests(r)
	if err := r.Done(); err != nil {
		return nil, malformed("FORWARD", err)
	}
	return q, nil
}

func appendRequests(dst []byte, requests []Request) []byte {
	dst = canon.AppendCount(dst, len(requests))
	for i := range requests {
		dst = canon.AppendBytes(dst, requests[i].Raw)
	}
	return dst
}

// maxRequestBytes bounds one encoded request: header, MAC and command.
const maxRequestBytes = MaxCommandBytes + 8<<10

func readRequests(r *canon.Reader) []Request {
	n := r.Count(MaxBatchRequests, 4)
	if n == 0 {
		return nil
	}
	requests := make([]Request, 0, n)
	for range n {
		raw := r.Bytes(maxRequestBytes)
		if r.Err() != nil {
			return nil
		}
		q, err := DecodeRequest(raw)
		if err != nil {
			r.Fail(err)
			return nil
		}
		requests = append(requests, q)
	}
	return requests
}
