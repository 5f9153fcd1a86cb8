package tee

import (
	"errors"
	"fmt"
)

// Errors of platforms.
var (
	// ErrNotInEnclave is returned when a process starts outside of the enclave that its platform needs.
	ErrNotInEnclave = errors.New("tee: not inside an enclave")
	// ErrNoSealing is returned by SealKey on a platform without keys of its own.
	ErrNoSealing = errors.New("tee: platform has no seal keys; fetch the secrets from a peer")
	// ErrPurpose is returned for an empty or overlong purpose.
	ErrPurpose = errors.New("tee: purpose is empty or too long")
	// ErrEvidence is returned for evidence that is malformed, of another platform, or not genuine.
	ErrEvidence = errors.New("tee: evidence is not genuine")
	// ErrReportData is returned for genuine evidence that binds other data: stale, or of another channel.
	ErrReportData = errors.New("tee: evidence binds other data")
	// ErrDebug is returned for an enclave whose memory its host can read.
	ErrDebug = errors.New("tee: debug enclave")
	// ErrMeasurement is returned for code that was not named as accepted.
	ErrMeasurement = errors.New("tee: measurement is not accepted")
)

// CheckPurpose returns ErrPurpose unless purpose has 1 to MaxPurposeBytes bytes.
func CheckPurpose(purpose string) error {
	if len(purpose) < 1 || len(purpose) > MaxPurposeBytes {
		return ErrPurpose
	}
	return nil
}

// CheckReport applies the rules that hold on every platform to a report of genuine evidence: ErrDebug
// for a debug enclave, ErrMeasurement unless accept names the measurement. An empty accept accepts
// nothing, and a zero measurement is not accepted even when named.
func CheckReport(r Report, accept []Measurement) error {
	if r.Debug {
		return ErrDebug
	}
	if r.Measurement == (Measurement{}) {
		return fmt.Errorf("%w: it is empty", ErrMeasurement)
	}
	for _, m := range accept {
		if m == r.Measurement {
			return nil
		}
	}
	return fmt.Errorf("%w: %x", ErrMeasurement, r.Measurement)
}
