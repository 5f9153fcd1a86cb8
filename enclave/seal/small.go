package seal

import "io"

// SealSmall seals a KindName, KindKeyword or KindVerifier under the account's key. context is bound, not
// stored: whatever the caller wants the record to be useless without. Other kinds are ErrKind.
func SealSmall(
	rand io.Reader, key AccountKey, kind Kind, r Record, context, plaintext []byte,
) ([]byte, error) {
	if !kind.small() {
		return nil, ErrKind
	}
	return sealRecord(rand, key.secrets.key[:], r, bound{kind: kind, context: context}, plaintext)
}

// OpenSmall opens what SealSmall sealed with the same kind, record and context, else ErrOpen.
func OpenSmall(key AccountKey, kind Kind, r Record, context, sealed []byte) ([]byte, error) {
	if !kind.small() {
		return nil, ErrOpen
	}
	return openRecord(key.secrets.key[:], r, bound{kind: kind, context: context}, sealed)
}

func (k Kind) small() bool { return k == KindName || k == KindKeyword || k == KindVerifier }

// SealSummary seals the summary of a message whose sealed body has the digest body, so that no host can
// pair it with another body. ErrSibling for a zero digest.
func SealSummary(rand io.Reader, key AccountKey, r Record, body Digest, plaintext []byte) ([]byte, error) {
	if body == (Digest{}) {
		return nil, ErrSibling
	}
	return sealRecord(rand, key.secrets.key[:], r, bound{kind: KindSummary, sibling: body}, plaintext)
}

// OpenSummary opens what SealSummary sealed with the same record and body, else ErrOpen.
func OpenSummary(key AccountKey, r Record, body Digest, sealed []byte) ([]byte, error) {
	return openRecord(key.secrets.key[:], r, bound{kind: KindSummary, sibling: body}, sealed)
}

// SealAddress seals an account's address under the group's account-wrap key, so that administrators can
// list accounts without any account's key.
func SealAddress(rand io.Reader, keys Keys, r Record, context, address []byte) ([]byte, error) {
	wrap := keys.Key(PurposeAccountWrap)
	return sealRecord(rand, wrap[:], r, bound{kind: KindAddress, context: context}, address)
}

// OpenAddress opens what SealAddress sealed with the same record and context, else ErrOpen.
func OpenAddress(keys Keys, r Record, context, sealed []byte) ([]byte, error) {
	wrap := keys.Key(PurposeAccountWrap)
	return openRecord(wrap[:], r, bound{kind: KindAddress, context: context}, sealed)
}

// sealRecord seals plaintext in one piece under a key derived from secret.
func sealRecord(rand io.Reader, secret []byte, r Record, b bound, plaintext []byte) ([]byte, error) {
	if len(plaintext) > b.kind.maxSealed()-SmallOverhead || len(b.context) > MaxContext {
		return nil, ErrTooLong
	}
	b.size = len(plaintext)
	sealed, aead, err := newHeader(rand, secret, b.kind, r.ID, SmallOverhead+len(plaintext))
	if err != nil {
		return nil, err
	}
	return aead.Seal(sealed, singleUse[:], plaintext, r.aad(b)), nil
}

// openRecord opens what sealRecord sealed.
func openRecord(secret []byte, r Record, b bound, sealed []byte) ([]byte, error) {
	if len(sealed) < SmallOverhead || len(sealed) > b.kind.maxSealed() || len(b.context) > MaxContext {
		return nil, ErrOpen
	}
	b.size = len(sealed) - SmallOverhead
	aead, err := openHeader(sealed[:HeaderBytes], secret, b.kind, r.ID)
	if err != nil {
		return nil, err
	}
	plaintext, err := aead.Open(nil, singleUse[:], sealed[HeaderBytes:], r.aad(b))
	if err != nil {
		return nil, ErrOpen
	}
	return plaintext, nil
}
