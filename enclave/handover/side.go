package handover

import (
	"errors"
	"fmt"
	"io"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/tee"
)

// sessionTimeout bounds a whole handover, from the first byte.
const sessionTimeout = 30 * time.Second

// Errors of handovers.
var (
	// ErrGenesis is returned when the two enclaves are of different groups, or one genesis was edited.
	ErrGenesis = errors.New("handover: the other enclave has another genesis: " +
		"give both the genesis.toml that was made for the cluster")
	// ErrEvidence is wrapped when the other side did not prove to be this program in such a platform.
	ErrEvidence = errors.New("handover: the other side did not prove that it is the same program in an enclave")
	// ErrRefused is returned when the giver did not accept this enclave's evidence.
	ErrRefused = errors.New("handover: the other enclave refused this one's evidence: " +
		"run the same version of the program on the same kind of platform at both")
	// ErrNoKey is returned when the peer has no key to give.
	ErrNoKey = errors.New("handover: the other enclave has no keys either: ask one that serves")
	// ErrReplica is returned when both enclaves are of one replica, or there is no such replica.
	ErrReplica = errors.New("handover: the replica's number is the other's own, or is not in the genesis: " +
		"correct replica in the configuration")
)

// Options say which enclave takes part. All fields but Patience are required.
type Options struct {
	Platform tee.Platform
	Genesis  [32]byte // hash of the genesis
	Replicas int      // n, as in the genesis
	Self     wire.ReplicaID
	Rand     io.Reader // crypto/rand.Reader outside of tests

	// Patience is how long Fetch goes on trying while it reaches none of the givers: they may be starting. 0: it tries
	// each of them once.
	Patience time.Duration
}

// hello makes this side's first frame, with a fresh nonce. The receiver sends its own first.
func (o *Options) hello(r role) (hello, error) {
	h := hello{role: r, replica: o.Self, genesis: o.Genesis}
	if _, err := io.ReadFull(o.Rand, h.nonce[:]); err != nil {
		return h, fmt.Errorf("handover: drawing a nonce: %w", err)
	}
	return h, nil
}

// attest makes this side's evidence.
func (o *Options) attest(r role, c *channel, giver, receiver *hello) ([]byte, error) {
	evidence, err := o.Platform.Attest(reportData(r, c, giver, receiver))
	if err != nil {
		return nil, fmt.Errorf("handover: making evidence: %w", err)
	}
	return evidence, nil
}

// check checks the other side's evidence, which that role made: genuine, for this channel, of the same
// platform and measurement, and no debug enclave. Whatever the platform accepts besides is not accepted here.
func (o *Options) check(r role, evidence []byte, c *channel, giver, receiver *hello) error {
	if len(evidence) == 0 || len(evidence) > tee.MaxEvidenceBytes {
		return ErrEvidence
	}
	report, err := o.Platform.Verify(evidence, reportData(r, c, giver, receiver))
	if err == nil {
		err = tee.CheckReport(report, []tee.Measurement{o.Platform.Measurement()})
	}
	if err == nil && (report.Platform != o.Platform.Name() || report.Simulated != o.Platform.Simulated()) {
		err = fmt.Errorf("platform %q", report.Platform)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	return nil
}
