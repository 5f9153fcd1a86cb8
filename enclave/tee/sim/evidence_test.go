package sim

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"troxymail/enclave/tee"
)

func attest(t testing.TB, p *Platform, data [64]byte) []byte {
	t.Helper()
	evidence, err := p.Attest(data)
	if err != nil || len(evidence) != EvidenceBytes {
		t.Fatalf("Attest: %d bytes, %v", len(evidence), err)
	}
	return evidence
}

func TestPeersVerifyEachOther(t *testing.T) {
	a, b := open(t, Options{Rand: rand(1)}), open(t, Options{Rand: rand(2)})
	newer := open(t, Options{Code: "newer", Accept: []tee.Measurement{Measure("")}})
	data := [64]byte{1, 2, 3}
	want := tee.Report{Platform: Name, Measurement: Measure(""), Simulated: true}
	for _, verifier := range []*Platform{a, b, newer} {
		if got, err := verifier.Verify(attest(t, a, data), data); err != nil || got != want {
			t.Errorf("Verify = %+v, %v", got, err)
		}
	}
	got, err := a.Verify(attest(t, newer, data), data)
	if !errors.Is(err, tee.ErrMeasurement) || got != (tee.Report{}) {
		t.Errorf("unknown code: %+v, %v", got, err)
	}
	got, err = b.Verify(attest(t, a, data), [64]byte{1, 2, 4})
	if !errors.Is(err, tee.ErrReportData) || got != (tee.Report{}) {
		t.Errorf("stale evidence: %+v, %v", got, err)
	}
}

func TestForgedEvidence(t *testing.T) {
	p, data := open(t, Options{}), [64]byte{9}
	good := attest(t, p, data)
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x40
		if got, err := p.Verify(bad, data); !errors.Is(err, tee.ErrEvidence) || got != (tee.Report{}) {
			t.Fatalf("byte %d flipped: %+v, %v", i, got, err)
		}
	}
	for _, bad := range [][]byte{nil, {}, good[:len(good)-1], append(bytes.Clone(good), 0)} {
		if _, err := p.Verify(bad, data); !errors.Is(err, tee.ErrEvidence) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
	// Another statement, even if the vendor signed it, is not evidence.
	other := bytes.Clone(good[:evidenceSigned])
	other[0] = 'T'
	other = append(other, ed25519.Sign(vendorKey(), other)...)
	if _, err := p.Verify(other, data); !errors.Is(err, tee.ErrEvidence) {
		t.Errorf("other head: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	p := &Platform{measurement: Measure(""), accept: []tee.Measurement{Measure("")}}
	data := [64]byte{7}
	good := attest(f, p, data)
	f.Add(good)
	f.Add(good[:evidenceSigned])
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, evidence []byte) {
		report, err := p.Verify(evidence, data)
		if (err == nil) != (report.Measurement == Measure("")) {
			t.Fatalf("report %+v with error %v", report, err)
		}
	})
}
