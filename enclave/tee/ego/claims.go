package ego

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"

	"troxymail/enclave/tee"
)

// Name is the name of this platform in reports.
const Name = "sgx-ego"

// sealKeyBytes is the size of one key of EGETKEY.
const sealKeyBytes = 16

// claims are what the library found in genuine evidence or in the report of this enclave itself. Filled
// in only after the library returned no error.
type claims struct {
	data            []byte
	uniqueID        []byte
	securityVersion uint
	debug           bool
	upToDate        bool
}

// measurement returns the unique id; an error for one that measures nothing.
func (c claims) measurement() (m tee.Measurement, err error) {
	if len(c.uniqueID) != len(m) || zero(c.uniqueID) {
		return m, fmt.Errorf("%w: unique id of %d bytes", tee.ErrMeasurement, len(c.uniqueID))
	}
	return tee.Measurement(c.uniqueID), nil
}

// report checks the claims of a peer: see tee.Platform.Verify.
func (c claims) report(want [tee.ReportDataBytes]byte, accept []tee.Measurement) (tee.Report, error) {
	m, err := c.measurement()
	if err != nil {
		return tee.Report{}, err
	}
	if !c.upToDate {
		return tee.Report{}, fmt.Errorf("%w: the peer's firmware is not up to date", tee.ErrEvidence)
	}
	// ConstantTimeCompare refuses other lengths, so a short report data never counts as padded.
	if subtle.ConstantTimeCompare(c.data, want[:]) != 1 {
		return tee.Report{}, tee.ErrReportData
	}
	r := tee.Report{Platform: Name, Measurement: m, SecurityVersion: c.securityVersion, Debug: c.debug}
	if err := tee.CheckReport(r, accept); err != nil {
		return tee.Report{}, err
	}
	return r, nil
}

// checkSelf refuses to work where the platform protects nothing: self is the report of this enclave,
// sealKeyID the processor's public seal key id, which is zero outside of real enclaves. Returns the
// measurement and the code version, which is also the highest whose keys it may ask for.
func checkSelf(self claims, sealKeyID []byte) (m tee.Measurement, svn uint16, err error) {
	if self.debug {
		return m, 0, fmt.Errorf("%w: sign the enclave with \"debug\": false", tee.ErrDebug)
	}
	if len(sealKeyID) != sealKeyBytes || zero(sealKeyID) {
		return m, 0, fmt.Errorf("%w: the processor has no seal key (OE_SIMULATION=1?)", tee.ErrNotInEnclave)
	}
	if self.securityVersion > 1<<16-1 {
		return m, 0, fmt.Errorf("%w: code version %d", tee.ErrMeasurement, self.securityVersion)
	}
	m, err = self.measurement()
	return m, uint16(self.securityVersion), err
}

// joinSealKeys makes the root of all seal keys from the two keys of a request and its sibling. The
// library returns zeros where there is no key, and the same zeros every time: both are refused.
func joinSealKeys(first, second []byte) (root [32]byte, err error) {
	if len(first) != sealKeyBytes || len(second) != sealKeyBytes || zero(first) || zero(second) ||
		subtle.ConstantTimeCompare(first, second) == 1 {
		return root, fmt.Errorf("%w: the processor returned no seal key", tee.ErrNotInEnclave)
	}
	copy(root[:], first)
	copy(root[sealKeyBytes:], second)
	return root, nil
}

// derive returns the seal key for purpose: see tee.Platform.SealKey.
func derive(root [32]byte, purpose string) (key [32]byte, err error) {
	if err := tee.CheckPurpose(purpose); err != nil {
		return key, err
	}
	k, err := hkdf.Key(sha256.New, root[:], nil, "troxymail/v1/sgx/seal\x00"+purpose, len(key))
	if err != nil {
		return key, fmt.Errorf("ego: derive seal key: %w", err)
	}
	copy(key[:], k)
	return key, nil
}
