package seal

import (
	"bytes"
	"testing"
)

func TestWrap(t *testing.T) {
	keys, key, account := testKeys("group"), testAccountKey("account"), Token{9}
	wrapped := must(Wrap(fixed("salt"), keys, account, 3, key))
	if len(wrapped) != WrappedKeyBytes {
		t.Fatalf("%d bytes, want %d", len(wrapped), WrappedKeyBytes)
	}
	got, err := Unwrap(keys, account, 3, wrapped)
	if err != nil || *got.secrets != *key.secrets {
		t.Fatalf("another key came back: %v", err)
	}
	unwrap := func(keys Keys, account Token, epoch uint64, wrapped []byte) ([]byte, error) {
		k, err := Unwrap(keys, account, epoch, wrapped)
		if k.secrets != nil {
			return k.secrets.key[:], err
		}
		return nil, err
	}
	p, err := unwrap(keys, account, 4, wrapped)
	refused(t, "other epoch", p, err)
	p, err = unwrap(keys, Token{8}, 3, wrapped)
	refused(t, "other account", p, err)
	p, err = unwrap(testKeys("other"), account, 3, wrapped)
	refused(t, "other group", p, err)
	p, err = unwrap(NewKeys(must(NewGroupKey(fixed("group"))), [32]byte{9}), account, 3, wrapped)
	refused(t, "other genesis", p, err)
	everyByteFlipped(t, wrapped, func(b []byte) ([]byte, error) { return unwrap(keys, account, 3, b) })

	again := must(Wrap(fixed("other salt"), keys, account, 3, key))
	if bytes.Equal(again[2+saltBytes:], wrapped[2+saltBytes:]) {
		t.Error("another salt gives the same ciphertext")
	}
	if b, err := Wrap(bytes.NewReader(make([]byte, 31)), keys, account, 3, key); err == nil || b != nil {
		t.Errorf("sealed without randomness: %v", err)
	}
}
