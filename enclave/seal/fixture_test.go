package seal

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"
)

// stream is an endless, repeatable source of bytes: SHA-256 of a seed and a counter.
type stream struct {
	seed string
	next uint64
	rest []byte
}

func fixed(seed string) *stream { return &stream{seed: seed} }

func (s *stream) Read(b []byte) (int, error) {
	for n := 0; n < len(b); {
		if len(s.rest) == 0 {
			block := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(s.seed), s.next))
			s.next++
			s.rest = block[:]
		}
		copied := copy(b[n:], s.rest)
		s.rest = s.rest[copied:]
		n += copied
	}
	return len(b), nil
}

// text returns n repeatable bytes that no two segments share.
func text(n int) []byte {
	b := make([]byte, n)
	_, _ = fixed("text").Read(b)
	return b
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func testKeys(seed string) Keys {
	return NewKeys(must(NewGroupKey(fixed(seed))), [32]byte{1, 2, 3})
}

func testAccountKey(seed string) AccountKey { return must(NewAccountKey(fixed(seed))) }

func testRecord() Record {
	return Record{Epoch: 7, Account: Token{1, 2, 3}, ID: ID{4, 5, 6}}
}

// otherRecords are all the records that differ from testRecord in one field.
func otherRecords() map[string]Record {
	epoch, account, id := testRecord(), testRecord(), testRecord()
	epoch.Epoch++
	account.Account[15]++
	id.ID[15]++
	return map[string]Record{"epoch": epoch, "account": account, "id": id}
}

// refused fails the test unless something did not open, for no stated reason.
func refused(t *testing.T, what string, plaintext []byte, err error) {
	t.Helper()
	if err != ErrOpen || plaintext != nil {
		t.Errorf("%s: %d bytes, error %v, want ErrOpen alone", what, len(plaintext), err)
	}
}

// everyByteFlipped calls open with each copy of sealed that differs in one bit of one byte.
func everyByteFlipped(t *testing.T, sealed []byte, open func([]byte) ([]byte, error)) {
	t.Helper()
	bad := make([]byte, len(sealed))
	for i := range sealed {
		copy(bad, sealed)
		bad[i] ^= 1 << (i % 8)
		if plaintext, err := open(bad); err != ErrOpen || plaintext != nil {
			t.Fatalf("byte %d of %d flipped: %d bytes, %v", i, len(sealed), len(plaintext), err)
		}
	}
	for n := range sealed {
		if plaintext, err := open(sealed[:n]); err != ErrOpen || plaintext != nil {
			t.Fatalf("cut to %d of %d bytes: %d bytes, %v", n, len(sealed), len(plaintext), err)
		}
	}
	if plaintext, err := open(append(bad, 0)); err != ErrOpen || plaintext != nil {
		t.Fatalf("one byte more: %d bytes, %v", len(plaintext), err)
	}
}
