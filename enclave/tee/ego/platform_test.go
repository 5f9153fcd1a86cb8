//go:build ego

package ego

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgelesssys/ego/enclave"

	"troxymail/enclave/tee"
)

// An ordinary process must not get a platform, although the library hands it seal keys: all zero.
func TestNewOutsideAnEnclave(t *testing.T) {
	if key, err := enclave.GetSealKey(goodRequest(0)); err != nil || !zero(key) {
		t.Fatalf("the trap this package guards against is gone: %x, %v; is this an enclave?", key, err)
	}
	for _, o := range []Options{{}, {KeyRequest: goodRequest(0)}} {
		p, err := New(o)
		if p != nil || !errors.Is(err, tee.ErrNotInEnclave) || !strings.Contains(err.Error(), "ego run") {
			t.Errorf("New = %v, %v", p, err)
		}
	}
	request, err := ParseKeyRequest(goodRequest(0), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if root, err := sealRoot(request); !errors.Is(err, tee.ErrNotInEnclave) {
		t.Errorf("seal root %x, %v", root, err)
	}
}

// What the library itself makes passes the checks: they fit the pinned version.
func TestLibraryMasks(t *testing.T) {
	_, raw, err := enclave.GetRandomUniqueSealKey()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseKeyRequest(raw, 0, 0); err != nil {
		t.Error(err)
	}
	_, raw, err = enclave.GetRandomProductSealKey()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseKeyRequest(raw, 0, 0); !errors.Is(err, ErrKeyRequest) {
		t.Errorf("a key of the signer: %v", err)
	}
}

func TestVerifyOutsideAnEnclave(t *testing.T) {
	p := &Platform{accept: []tee.Measurement{{1}}}
	for _, evidence := range [][]byte{nil, {}, []byte("junk"), make([]byte, tee.MaxEvidenceBytes+1)} {
		if r, err := p.Verify(evidence, [64]byte{}); !errors.Is(err, tee.ErrEvidence) || r != (tee.Report{}) {
			t.Errorf("%d bytes: %+v, %v", len(evidence), r, err)
		}
	}
	if evidence, err := p.Attest([64]byte{}); err == nil || evidence != nil {
		t.Errorf("evidence %x out of nothing, %v", evidence, err)
	}
}
