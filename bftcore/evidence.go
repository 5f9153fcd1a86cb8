package bftcore

import (
	"fmt"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// Proven decides from a log's records of one order whether they prove that order: a PREPARE, and COMMITs of its
// view that commit it with it. So a host brings its store forward order by order, without a core that would hold
// all of them. The records were verified by the own enclave before they were written; see Core.restore. false
// without an error: not proven, the order may or may not be committed. ErrLog when a record is not what its
// kind says, or of another group.
func (c Config) Proven(order uint64, records []Record) (Batch, bool, error) {
	proof, ok, err := c.proof(order, records, true)
	if !ok || err != nil {
		return Batch{}, false, err
	}
	x := &proof.Prepare.Certificate
	return Batch{View: x.New.View, Order: order, Digest: x.Digest, Requests: proof.Prepare.Requests}, true, nil
}

// Vouches reports whether a log shows that its store may be at order applied: up to the newest stable checkpoint that its
// Frontiers of the newest founding know of, or beyond that as far as it proves order by order. A store that is ahead of its log by more has executed
// what the log forgot: that was told to nobody, so that a founding that no log told of it may have given its place to
// something else. of returns the records of an order.
func (c Config) Vouches(applied, stable uint64, of func(order uint64) ([]Record, error)) (bool, error) {
	for order := stable + 1; order <= applied; order++ {
		records, err := of(order)
		if err != nil {
			return false, err
		}
		if _, proven, err := c.Proven(order, records); !proven || err != nil {
			return false, err
		}
	}
	return true, nil
}

// Evidence makes of a log's records of one order the messages that help a peer: the PROOF, if they hold one, or
// the PREPARE and COMMITs of one view alone, if view is not 0, for a peer that is to vote there. A PROOF that an earlier
// founding left stands for the records of all of them, beside those of the present one: it tells a peer that retraces the way
// to a checkpoint what was executed here. Damaged records are passed over.
func (c Config) Evidence(order uint64, records []Record, view uint64) [][]byte {
	var out [][]byte
	older := false
	if view == 0 {
		proof, ok, err := c.proof(order, records, false)
		if ok && err == nil {
			return [][]byte{wire.AppendProof(nil, proof.Prepare.Raw, proof.Raw)}
		}
		if proof, ok, err = c.proof(order, records, true); ok && err == nil {
			out, older = append(out, wire.AppendProof(nil, proof.Prepare.Raw, proof.Raw)), true
		}
	}
	for i := range records {
		r := &records[i]
		if r.Order != order || r.Kind != RecordPrepare && r.Kind != RecordCommit {
			continue
		}
		if x, err := certificateOf(r); err == nil && (view == 0 || x.New.View == view) && (!older || c.fits(&x)) {
			out = append(out, r.Body)
		}
	}
	return out
}

// certificateOf reads the certificate of a PREPARE or COMMIT.
func certificateOf(r *Record) (wire.Certificate, error) {
	if r.Kind == RecordPrepare {
		p, err := wire.DecodePrepare(r.Body)
		return p.Certificate, err
	}
	m, err := wire.DecodeCommit(r.Body)
	return m.Certificate, err
}

// proof finds what commits an order: of the highest generation and view, when several do. What older foundings
// committed counts for the own store alone: the own enclave verified it then. To a peer it is nothing.
func (c *Config) proof(order uint64, records []Record, older bool) (wire.Proof, bool, error) {
	var prepares []wire.Prepare
	var commits []wire.Commit
	var raw [][]byte
	for i := range records {
		r := &records[i]
		if r.Order != order {
			continue
		}
		switch r.Kind {
		case RecordPrepare:
			p, err := wire.DecodePrepare(r.Body)
			if err != nil || !c.kin(&p.Certificate) || p.Certificate.New.Order != order {
				return wire.Proof{}, false, fmt.Errorf("%w: PREPARE of order %d", ErrLog, order)
			}
			if older && c.follows(p.Certificate.Founding) || c.fits(&p.Certificate) {
				prepares = append(prepares, p)
			}
		case RecordCommit:
			m, err := wire.DecodeCommit(r.Body)
			if err != nil || !c.kin(&m.Certificate) || m.Certificate.New.Order != order {
				return wire.Proof{}, false, fmt.Errorf("%w: COMMIT of order %d", ErrLog, order)
			}
			commits, raw = append(commits, m), append(raw, r.Body)
		}
	}
	var best wire.Proof
	found := false
	for i := range prepares {
		p := c.assemble(&prepares[i], commits, raw)
		if p != nil && (!found || rankOf(&best.Prepare.Certificate).Less(rankOf(&p.Prepare.Certificate))) {
			best, found = *p, true
		}
	}
	return best, found, nil
}

// follows reports whether what a founding committed is of this replica's history.
func (c *Config) follows(f wire.Founding) bool {
	return f.Generation > c.Since.Generation || f == c.Since || c.Since == (wire.Founding{})
}

// assemble makes a PROOF of a PREPARE and those COMMITs that commit it; nil when they do not.
func (c *Config) assemble(prepare *wire.Prepare, commits []wire.Commit, raw [][]byte) *wire.Proof {
	x := &prepare.Certificate
	agree := []quorum.Witness{quorum.WitnessOf(x)}
	index := []int{-1}
	for i := range commits {
		if y := &commits[i].Certificate; y.Digest == x.Digest && y.New == x.New {
			agree, index = append(agree, quorum.WitnessOf(y)), append(index, i)
		}
	}
	chosen, ok := quorum.Holds(agree, c.Quorum.Size())
	if !ok {
		return nil
	}
	p := &wire.Proof{Prepare: *prepare}
	for _, k := range chosen {
		if k == 0 {
			continue
		}
		p.Commits, p.Raw = append(p.Commits, commits[index[k]]), append(p.Raw, raw[index[k]])
	}
	return p
}

func rankOf(x *wire.Certificate) wire.Rank {
	return wire.Rank{Generation: x.Founding.Generation, View: x.New.View}
}

// fits reports whether a certificate is of this group, configuration and founding.
func (c *Config) fits(x *wire.Certificate) bool { return x.Founding == c.Founding && c.kin(x) }

// kin reports whether a certificate is of this group and configuration, of whatever founding.
func (c *Config) kin(x *wire.Certificate) bool {
	return x.Epoch == c.Epoch && x.Counts(c.Pillars) && int(x.Replica) < c.Quorum.N() && len(x.Vector) == c.Quorum.N()
}
