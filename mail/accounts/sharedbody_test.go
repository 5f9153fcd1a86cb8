package accounts

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"

	"troxymail/enclave/seal"
	"troxymail/mailstore/command"
)

func TestSharedSummaryCarriesTheKey(t *testing.T) {
	alice, err := newVault(command.AccountID{1}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	bob, err := newVault(command.AccountID{2}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw := bytes.Repeat([]byte("mail "), 20_000)
	key, body, err := seal.SealShared(rand.Reader, raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []*Vault{alice, bob} {
		sealed, err := v.SealSharedSummary(key, seal.Sum(body), []byte{1, 2, 3})
		if err != nil || len(sealed) != 3+SharedOverhead {
			t.Fatalf("%d bytes: %v", len(sealed), err)
		}
		plain, err := v.OpenSummary(seal.Sum(body), sealed)
		if err != nil {
			t.Fatal(err)
		}
		got, shared, summary := SplitSummary(plain)
		if !shared || !bytes.Equal(summary, []byte{1, 2, 3}) {
			t.Fatalf("shared %v, summary %x", shared, summary)
		}
		if b, err := seal.OpenSharedRange(got, body, 70_000, 5); err != nil || !bytes.Equal(b, raw[70_000:70_005]) {
			t.Fatalf("body: %q, %v", b, err)
		}
		if _, err := alice.OpenSummary(seal.Sum(body), sealed); v != alice && !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("another account opens it: %v", err)
		}
	}
	for _, own := range [][]byte{nil, {1, 2, 3}, {sharedMark, 1}} {
		if _, shared, summary := SplitSummary(own); shared || !bytes.Equal(summary, own) {
			t.Errorf("%x: shared %v, %x", own, shared, summary)
		}
	}
}
