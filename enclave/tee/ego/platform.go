//go:build ego

package ego

import (
	"fmt"

	"github.com/edgelesssys/ego/attestation"
	"github.com/edgelesssys/ego/attestation/tcbstatus"
	"github.com/edgelesssys/ego/enclave"

	"troxymail/enclave/tee"
)

// Options say how to open the platform.
type Options struct {
	// KeyRequest is what KeyRequest returned in an earlier run, as the host kept it: hostile input. Empty
	// for a fresh one, under which no older blob opens.
	KeyRequest []byte
	// MinSVN is the lowest code version whose keys are still asked for.
	MinSVN uint16
	// Accept lists the measurements that Verify accepts besides this enclave's own.
	Accept []tee.Measurement
}

// Platform is this enclave on this processor. Immutable, so safe for concurrent use.
type Platform struct {
	measurement tee.Measurement
	accept      []tee.Measurement
	request     KeyRequest
	root        [32]byte
}

var _ tee.Platform = (*Platform)(nil)

// New opens the platform. Returns tee.ErrNotInEnclave outside an enclave and in simulation, tee.ErrDebug
// in a debug enclave, ErrKeyRequest for a key request that this code must not use.
func New(o Options) (*Platform, error) {
	report, err := enclave.GetSelfReport()
	if err != nil {
		return nil, fmt.Errorf("%w: start it with \"ego run\" on a machine with SGX: %w",
			tee.ErrNotInEnclave, err)
	}
	id, err := enclave.GetSealKeyID()
	if err != nil {
		return nil, fmt.Errorf("%w: seal key id: %w", tee.ErrNotInEnclave, err)
	}
	m, svn, err := checkSelf(claimsOf(report), id)
	if err != nil {
		return nil, err
	}
	raw := o.KeyRequest
	if len(raw) == 0 {
		if _, raw, err = enclave.GetRandomUniqueSealKey(); err != nil {
			return nil, fmt.Errorf("ego: make key request: %w", err)
		}
	}
	request, err := ParseKeyRequest(raw, o.MinSVN, svn)
	if err != nil {
		return nil, err
	}
	root, err := sealRoot(request)
	if err != nil {
		return nil, err
	}
	accept := append([]tee.Measurement{m}, o.Accept...)
	return &Platform{measurement: m, accept: accept, request: request, root: root}, nil
}

// sealRoot asks the processor for both keys of a checked request.
func sealRoot(request KeyRequest) ([32]byte, error) {
	sibling := request.sibling()
	first, err := enclave.GetSealKey(request[:])
	if err != nil {
		return [32]byte{}, fmt.Errorf("ego: seal key: %w", err)
	}
	second, err := enclave.GetSealKey(sibling[:])
	if err != nil {
		return [32]byte{}, fmt.Errorf("ego: seal key: %w", err)
	}
	return joinSealKeys(first, second)
}

// claimsOf copies a report that came without an error.
func claimsOf(r attestation.Report) claims {
	return claims{
		data:            r.Data,
		uniqueID:        r.UniqueID,
		securityVersion: r.SecurityVersion,
		debug:           r.Debug,
		upToDate:        r.TCBStatus == tcbstatus.UpToDate,
	}
}

// Name implements tee.Platform.
func (p *Platform) Name() string { return Name }

// Simulated implements tee.Platform: always false, New has made sure.
func (p *Platform) Simulated() bool { return false }

// Measurement implements tee.Platform.
func (p *Platform) Measurement() tee.Measurement { return p.measurement }

// KeyRequest returns the public name of this platform's seal keys. The caller gives it to the host to
// keep before it seals anything, and passes it to New at the next start.
func (p *Platform) KeyRequest() KeyRequest { return p.request }

// SealKey implements tee.Platform.
func (p *Platform) SealKey(purpose string) ([32]byte, error) { return derive(p.root, purpose) }

// Attest implements tee.Platform. The host fetches the quote, so it may fail or stall.
func (p *Platform) Attest(reportData [tee.ReportDataBytes]byte) ([]byte, error) {
	evidence, err := enclave.GetRemoteReport(reportData[:])
	if err != nil {
		return nil, fmt.Errorf("ego: make evidence: %w", err)
	}
	if len(evidence) == 0 || len(evidence) > tee.MaxEvidenceBytes {
		return nil, fmt.Errorf("ego: evidence of %d bytes", len(evidence))
	}
	return evidence, nil
}

// Verify implements tee.Platform. Revocation lists come through the host: it can show old ones.
func (p *Platform) Verify(evidence []byte, reportData [tee.ReportDataBytes]byte) (tee.Report, error) {
	if len(evidence) == 0 || len(evidence) > tee.MaxEvidenceBytes {
		return tee.Report{}, fmt.Errorf("%w: %d bytes", tee.ErrEvidence, len(evidence))
	}
	report, err := enclave.VerifyRemoteReport(evidence)
	if err != nil {
		return tee.Report{}, fmt.Errorf("%w: %w", tee.ErrEvidence, err)
	}
	return claimsOf(report).report(reportData, p.accept)
}

// String hides the seal root from logs.
func (p *Platform) String() string { return Name }

// GoString hides the seal root from logs.
func (p *Platform) GoString() string { return Name }
