package bftcore

import (
	"fmt"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// Proven decides from a log's records of one order whether they prove that order: the PREPARE, and COMMITs
// that commit it with it. So a host brings its store forward order by order, without a core that would hold
// all of them. The records were verified by the own enclave before they were written; see Core.restore. false
// without an error: not proven, the order may or may not be committed. ErrLog when a record is not what its
// kind says, or of another group.
func (c Config) Proven(order uint64, records []Record) (Batch, bool, error) {
	var proposal *wire.Prepare
	var votes []quorum.Witness
	var digests []wire.Digest
	for i := range records {
		r := &records[i]
		if r.Order != order {
			continue
		}
		switch r.Kind {
		case RecordPrepare:
			p, err := wire.DecodePrepare(r.Body)
			if err != nil || !c.fits(&p.Certificate) || p.Certificate.New.Order != order {
				return Batch{}, false, fmt.Errorf("%w: PREPARE of order %d", ErrLog, order)
			}
			if proposal == nil {
				proposal = &p
			}
		case RecordCommit:
			m, err := wire.DecodeCommit(r.Body)
			if err != nil || !c.fits(&m.Certificate) || m.Certificate.New.Order != order {
				return Batch{}, false, fmt.Errorf("%w: COMMIT of order %d", ErrLog, order)
			}
			votes, digests = append(votes, quorum.WitnessOf(&m.Certificate)), append(digests, m.Certificate.Digest)
		}
	}
	if proposal == nil {
		return Batch{}, false, nil
	}
	x := &proposal.Certificate
	agree := []quorum.Witness{quorum.WitnessOf(x)}
	for i := range votes {
		if digests[i] == x.Digest {
			agree = append(agree, votes[i])
		}
	}
	if _, ok := quorum.Holds(agree, c.Quorum.Size()); !ok {
		return Batch{}, false, nil
	}
	return Batch{View: x.New.View, Order: order, Digest: x.Digest, Requests: proposal.Requests}, true, nil
}

// fits reports whether a certificate is of this group, configuration and founding.
func (c *Config) fits(x *wire.Certificate) bool {
	return x.Epoch == c.Epoch && x.Founding == c.Founding && x.Counter == 0 &&
		int(x.Replica) < c.Quorum.N() && len(x.Vector) == c.Quorum.N()
}
