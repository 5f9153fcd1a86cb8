package seal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestSharedBodyOpensWithItsKeyAlone(t *testing.T) {
	plain := text(2*SegmentBytes + 100)
	key, sealed, err := SealShared(fixed("shared"), plain)
	if err != nil || len(sealed) != SealedBodySize(len(plain)) {
		t.Fatalf("%d bytes: %v", len(sealed), err)
	}
	again, ok := NewSharedKey(key.AppendTo(nil))
	if !ok {
		t.Fatal("the key does not survive")
	}
	got, err := OpenSharedRange(again, sealed, SegmentBytes-7, 20)
	if err != nil || !bytes.Equal(got, plain[SegmentBytes-7:SegmentBytes+13]) {
		t.Fatalf("opened %x: %v", got, err)
	}
	other, _, err := SealShared(fixed("other"), plain)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]SharedKey{"another key": other, "no key": {}} {
		if _, err := OpenSharedRange(k, sealed, 0, 1); !errors.Is(err, ErrOpen) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, i := range []int{0, 5, HeaderBytes, len(sealed) - 1} {
		damaged := bytes.Clone(sealed)
		damaged[i] ^= 1
		if _, err := OpenSharedRange(key, damaged, 0, len(plain)); !errors.Is(err, ErrOpen) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
	if _, err := OpenSharedRange(key, nil, 0, 1); !errors.Is(err, ErrOpen) {
		t.Errorf("nothing: %v", err)
	}
	if s := fmt.Sprintf("%v %+v %#v %s", key, key, key, key); strings.Contains(s, fmt.Sprintf("%d", key.key[0])+" ") {
		t.Errorf("a key prints as %s", s)
	}
	for _, b := range [][]byte{nil, make([]byte, keyBytes), make([]byte, keyBytes+1)} {
		if _, ok := NewSharedKey(b); ok {
			t.Errorf("%d bytes are a key", len(b))
		}
	}
}
