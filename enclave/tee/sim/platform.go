package sim

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"troxymail/enclave/tee"
)

// Name is the name of the simulated platform, in reports and wherever a person looks.
const Name = "SIMULATED-INSECURE"

// Acknowledgement is what a caller must write down to get a platform that protects nothing.
type Acknowledgement string

// Insecure is the one valid Acknowledgement.
const Insecure Acknowledgement = "simulated enclaves protect nothing"

// ErrNotAcknowledged is returned by New without the Acknowledgement.
var ErrNotAcknowledged = errors.New("sim: refusing to simulate an enclave: " +
	"nobody acknowledged that it protects nothing")

// defaultCode is measured when Options name no code.
const defaultCode = "troxymail"

// Options say how to simulate.
type Options struct {
	// Dir is the folder of the key file; made, with mode 0700, if it does not exist.
	Dir string
	// Acknowledge must be Insecure.
	Acknowledge Acknowledgement
	// Rand makes the fuse key at the first start: crypto/rand.Reader outside of tests.
	Rand io.Reader
	// Code stands for the program that is measured; empty for the usual one. Tests use it to play
	// another version of the program.
	Code string
	// Accept lists the measurements that Verify accepts besides this platform's own.
	Accept []tee.Measurement
}

// Platform is a simulated platform. Immutable, so safe for concurrent use.
type Platform struct {
	fuse        [fuseKeyBytes]byte
	measurement tee.Measurement
	accept      []tee.Measurement
}

var _ tee.Platform = (*Platform)(nil)

// New opens the simulated platform in o.Dir, and makes its fuse key there if there is none. Returns
// ErrNotAcknowledged, ErrFuseKey for a damaged or unprotected key file, or what the file system says.
func New(o Options) (*Platform, error) {
	if o.Acknowledge != Insecure {
		return nil, ErrNotAcknowledged
	}
	fuse, err := openFuseKey(o.Dir, o.Rand)
	if err != nil {
		return nil, err
	}
	m := Measure(o.Code)
	return &Platform{fuse: fuse, measurement: m, accept: append([]tee.Measurement{m}, o.Accept...)}, nil
}

// Measure returns the measurement that a simulated platform gives to code (empty: the usual program).
func Measure(code string) tee.Measurement {
	if code == "" {
		code = defaultCode
	}
	return sha256.Sum256([]byte("troxymail/v1/simulated/measurement\x00" + code))
}

// Name implements tee.Platform.
func (p *Platform) Name() string { return Name }

// Simulated implements tee.Platform: always true.
func (p *Platform) Simulated() bool { return true }

// Measurement implements tee.Platform.
func (p *Platform) Measurement() tee.Measurement { return p.measurement }

// SealKey implements tee.Platform: a key derived from the fuse key, the measurement and purpose.
func (p *Platform) SealKey(purpose string) (key [32]byte, err error) {
	if err := tee.CheckPurpose(purpose); err != nil {
		return key, err
	}
	info := "troxymail/v1/simulated/seal\x00" + string(p.measurement[:]) + purpose
	k, err := hkdf.Key(sha256.New, p.fuse[:], nil, info, len(key))
	if err != nil {
		return key, fmt.Errorf("sim: derive seal key: %w", err)
	}
	copy(key[:], k)
	return key, nil
}

// String hides the fuse key from logs.
func (p *Platform) String() string { return Name }

// GoString hides the fuse key from logs.
func (p *Platform) GoString() string { return Name }
