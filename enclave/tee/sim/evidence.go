package sim

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/subtle"

	"troxymail/bftcore/wire/canon"
	"troxymail/enclave/tee"
)

// evidenceHead starts every evidence, so that a person who finds one reads what it is worth.
const evidenceHead = "troxymail SIMULATED evidence, version 1: it proves nothing\n"

// evidenceSigned is how much of an evidence the signature covers: head, measurement, report data.
const evidenceSigned = len(evidenceHead) + 32 + tee.ReportDataBytes

// EvidenceBytes is the size of every simulated evidence.
const EvidenceBytes = evidenceSigned + ed25519.SignatureSize

// vendorKey stands for the processor vendor's signing key. It is derived from a public text, because a
// secret one would make simulated evidence look as if it meant something.
func vendorKey() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("troxymail/v1/simulated/vendor-key: known to everyone"))
	return ed25519.NewKeyFromSeed(seed[:])
}

// Attest implements tee.Platform: EvidenceBytes long, and anyone could have made it.
func (p *Platform) Attest(reportData [tee.ReportDataBytes]byte) ([]byte, error) {
	evidence := make([]byte, 0, EvidenceBytes)
	evidence = append(evidence, evidenceHead...)
	evidence = canon.AppendFixed(evidence, p.measurement[:])
	evidence = canon.AppendFixed(evidence, reportData[:])
	return append(evidence, ed25519.Sign(vendorKey(), evidence)...), nil
}

// Verify implements tee.Platform for evidence of any simulated platform.
func (p *Platform) Verify(evidence []byte, reportData [tee.ReportDataBytes]byte) (tee.Report, error) {
	if len(evidence) != EvidenceBytes {
		return tee.Report{}, tee.ErrEvidence
	}
	public := vendorKey().Public().(ed25519.PublicKey)
	if !ed25519.Verify(public, evidence[:evidenceSigned], evidence[evidenceSigned:]) {
		return tee.Report{}, tee.ErrEvidence
	}
	r := canon.NewReader(evidence[:evidenceSigned])
	head := r.Fixed(len(evidenceHead))
	report := tee.Report{Platform: Name, Measurement: r.Copy32(), Simulated: true}
	data := r.Fixed(tee.ReportDataBytes)
	if r.Done() != nil || string(head) != evidenceHead {
		return tee.Report{}, tee.ErrEvidence
	}
	if subtle.ConstantTimeCompare(data, reportData[:]) != 1 {
		return tee.Report{}, tee.ErrReportData
	}
	if err := tee.CheckReport(report, p.accept); err != nil {
		return tee.Report{}, err
	}
	return report, nil
}
