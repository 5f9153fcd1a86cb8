package seal

import "io"

// SharedKeyBytes is the size of the key of a shared body.
const SharedKeyBytes = keyBytes

// SharedKey opens one body that several accounts have. Each account keeps it in its own sealed summary. Never
// printable; the zero value is no key.
type SharedKey struct {
	redacted
	key *[keyBytes]byte
}

// sharedRecord is the Record of shared bodies: of no account and of an epoch that no account key has.
func sharedRecord(id ID) Record { return Record{ID: id} }

// SealShared seals a whole message under a fresh key of its own, as SealBody does under an account's.
func SealShared(rand io.Reader, plaintext []byte) (SharedKey, []byte, error) {
	key, err := newKey(rand)
	if err != nil {
		return SharedKey{}, nil, err
	}
	id, err := NewID(rand)
	if err != nil {
		return SharedKey{}, nil, err
	}
	sealed, err := SealBody(rand, accountKey(*key), sharedRecord(id), plaintext)
	return SharedKey{key: key}, sealed, err
}

// OpenSharedRange is OpenBodyRange for a shared body. ErrOpen.
func OpenSharedRange(key SharedKey, sealed []byte, off, n int) ([]byte, error) {
	id, ok := RecordID(sealed)
	if !ok || key.key == nil {
		return nil, ErrOpen
	}
	return OpenBodyRange(accountKey(*key.key), sharedRecord(id), sealed, off, n)
}

// AppendTo appends the key itself: into what is sealed next, and nowhere else.
func (k SharedKey) AppendTo(dst []byte) []byte { return append(dst, k.key[:]...) }

// NewSharedKey returns the key that AppendTo wrote; false for another length, or zero bytes.
func NewSharedKey(b []byte) (SharedKey, bool) {
	if len(b) != keyBytes || [keyBytes]byte(b) == [keyBytes]byte{} {
		return SharedKey{}, false
	}
	key := [keyBytes]byte(b)
	return SharedKey{key: &key}, true
}
