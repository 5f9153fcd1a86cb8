package ego

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// goodRequest is laid out as EGo 1.9.0 lays out a random key request of policy MRENCLAVE.
func goodRequest(svn uint16) []byte {
	raw := make([]byte, 0, KeyRequestBytes)
	raw = binary.LittleEndian.AppendUint16(raw, 4)
	raw = binary.LittleEndian.AppendUint16(raw, 1)
	raw = binary.LittleEndian.AppendUint16(raw, svn)
	raw = binary.LittleEndian.AppendUint16(raw, 0)
	raw = append(raw, bytes.Repeat([]byte{0x11}, 16)...)
	raw = binary.LittleEndian.AppendUint64(raw, 0xff0000000000000b)
	raw = binary.LittleEndian.AppendUint64(raw, 0)
	raw = append(raw, bytes.Repeat([]byte{0x22}, 32)...)
	raw = binary.LittleEndian.AppendUint32(raw, 0xf0000000)
	return raw[:cap(raw)]
}

func TestParseKeyRequest(t *testing.T) {
	raw := goodRequest(3)
	got, err := ParseKeyRequest(raw, 2, 3)
	if err != nil || !bytes.Equal(got[:], raw) {
		t.Fatalf("a good request: %v", err)
	}
	raw[0] = 9
	if got[0] != 4 {
		t.Error("the result aliases what the host gave")
	}
}

// Every bit of the request but CPUSVN and KeyID, which only the processor can judge, is fixed.
func TestParseKeyRequestRefusesEveryOtherBit(t *testing.T) {
	for i := range KeyRequestBytes {
		free := i >= 8 && i < 24 || i >= offKeyID && i < offKeyID+32
		for bit := range 8 {
			raw := goodRequest(3)
			raw[i] ^= 1 << bit
			got, err := ParseKeyRequest(raw, 3, 3)
			if free != (err == nil) {
				t.Fatalf("byte %d bit %d: %v", i, bit, err)
			}
			if err != nil && (!errors.Is(err, ErrKeyRequest) || got != (KeyRequest{})) {
				t.Fatalf("byte %d bit %d: %v, %x", i, bit, err, got[:8])
			}
		}
	}
}

func TestParseKeyRequestVersions(t *testing.T) {
	for _, tt := range []struct {
		svn, min, own uint16
		ok            bool
	}{
		{3, 3, 3, true}, {3, 0, 9, true}, {2, 3, 3, false}, {4, 3, 3, false}, {0, 0, 0, true},
		{65535, 0, 65534, false}, {3, 5, 4, false},
	} {
		if _, err := ParseKeyRequest(goodRequest(tt.svn), tt.min, tt.own); (err == nil) != tt.ok {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

func TestParseKeyRequestLengths(t *testing.T) {
	good := goodRequest(1)
	// The zero request asks for the key that every enclave on the processor can have.
	for _, raw := range [][]byte{nil, {}, good[:511], append(good, 0), make([]byte, KeyRequestBytes)} {
		if _, err := ParseKeyRequest(raw, 0, 1); !errors.Is(err, ErrKeyRequest) {
			t.Errorf("%d bytes: %v", len(raw), err)
		}
	}
}

func TestSibling(t *testing.T) {
	first, err := ParseKeyRequest(goodRequest(1), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	second := first.sibling()
	_, err = ParseKeyRequest(second[:], 1, 1)
	if err != nil || second == first || second.sibling() != first {
		t.Errorf("the sibling is not another request of the same kind: %v", err)
	}
}

func FuzzParseKeyRequest(f *testing.F) {
	f.Add(goodRequest(1), uint16(0), uint16(1))
	f.Add([]byte(nil), uint16(0), uint16(0))
	f.Fuzz(func(t *testing.T, raw []byte, minSVN, ownSVN uint16) {
		got, err := ParseKeyRequest(raw, minSVN, ownSVN)
		if err == nil && !bytes.Equal(got[:], raw) || err != nil && got != (KeyRequest{}) {
			t.Fatalf("%x: %x, %v", raw, got, err)
		}
	})
}
