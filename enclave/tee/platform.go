package tee

// Limits of what platforms accept.
const (
	// MaxEvidenceBytes bounds evidence from a peer; longer evidence is refused before it is read.
	MaxEvidenceBytes = 64 << 10
	// MaxPurposeBytes bounds the purpose of a seal key.
	MaxPurposeBytes = 64
)

// ReportDataBytes is how much caller data every platform binds into evidence.
const ReportDataBytes = 64

// Measurement is the digest of an enclave's code and configuration. The zero value measures nothing and
// is never accepted.
type Measurement = [32]byte

// Platform is the trusted execution environment that this process runs in. Implementations are safe for
// concurrent use and none of the methods keeps or changes a slice of the caller.
type Platform interface {
	// Name names the kind of platform: the same on all machines, different for every implementation.
	Name() string
	// Simulated reports whether the platform protects nothing. Who shows anything to a person says so.
	Simulated() bool
	// Measurement returns the measurement of this process; never zero.
	Measurement() Measurement
	// SealKey returns a key that only this code on this machine gets, different for every purpose and
	// the same at every call and after a restart. purpose has 1 to MaxPurposeBytes bytes, else
	// ErrPurpose. ErrNoSealing when the platform has no such keys: the caller then fetches what it lost
	// from its peers. A key is never all zero.
	SealKey(purpose string) ([32]byte, error)
	// Attest returns evidence, of at most MaxEvidenceBytes, that an enclave with this measurement bound
	// reportData. What makes it fresh is up to the caller: reportData must hash the channel, the role,
	// and a nonce of the peer.
	Attest(reportData [ReportDataBytes]byte) ([]byte, error)
	// Verify checks hostile evidence: genuine, of this kind of platform, not a debug enclave, of a
	// measurement that this platform was told to accept, and bound to exactly reportData. With an error
	// (ErrEvidence, ErrReportData, ErrDebug, ErrMeasurement) the Report is zero.
	Verify(evidence []byte, reportData [ReportDataBytes]byte) (Report, error)
}

// Report is what verified evidence says about a peer.
type Report struct {
	Platform        string      // Name of the platform that made the evidence
	Measurement     Measurement // of the peer's code
	SecurityVersion uint        // the peer's declared version of its code, 0 where a platform has none
	Debug           bool        // the peer's memory is open to its host
	Simulated       bool        // the evidence proves nothing
}
