package seal

import (
	"fmt"
	"io"

	"troxymail/bftcore/wire/canon"
	"troxymail/enclave/tee"
)

// Local says for whom a blob is sealed to the platform.
type Local struct {
	GenesisHash [32]byte
	Replica     uint16
}

// SealLocal seals plaintext, of at most MaxLocal bytes, to this code on this machine for purpose (1 to
// tee.MaxPurposeBytes bytes). Platform, genesis, replica, purpose, format version and context are bound.
// Errors of the platform come wrapped: with tee.ErrNoSealing there is nothing to keep here.
func SealLocal(
	rand io.Reader, p tee.Platform, purpose string, l Local, context, plaintext []byte,
) ([]byte, error) {
	if len(plaintext) > MaxLocal || len(context) > MaxContext {
		return nil, ErrTooLong
	}
	root, err := localRoot(p, purpose)
	if err != nil {
		return nil, err
	}
	sealed := make([]byte, 2+saltBytes, LocalOverhead+len(plaintext))
	sealed[0], sealed[1] = Version, byte(kindLocal)
	if err := fill(rand, sealed[2:]); err != nil {
		return nil, err
	}
	aead := newAEAD(derive(root[:], sealed[2:], kindLocal.label()))
	return aead.Seal(sealed, singleUse[:], plaintext, localAAD(p, purpose, l, context)), nil
}

// OpenLocal opens what SealLocal sealed with the same arguments on the same machine, else ErrOpen: then,
// as with tee.ErrNoSealing, the secrets are to be fetched from a peer. What opens may be old.
func OpenLocal(p tee.Platform, purpose string, l Local, context, sealed []byte) ([]byte, error) {
	root, err := localRoot(p, purpose)
	if err != nil {
		return nil, err
	}
	if len(sealed) < LocalOverhead || len(sealed) > LocalOverhead+MaxLocal || len(context) > MaxContext ||
		sealed[0] != Version || Kind(sealed[1]) != kindLocal {
		return nil, ErrOpen
	}
	salt, ciphertext := sealed[2:2+saltBytes], sealed[2+saltBytes:]
	aead := newAEAD(derive(root[:], salt, kindLocal.label()))
	plaintext, err := aead.Open(nil, singleUse[:], ciphertext, localAAD(p, purpose, l, context))
	if err != nil {
		return nil, ErrOpen
	}
	return plaintext, nil
}

// localRoot asks the platform for its key, and does not believe in zeros: some platforms return them,
// without an error, where there is no protection.
func localRoot(p tee.Platform, purpose string) (key [keyBytes]byte, err error) {
	if err := tee.CheckPurpose(purpose); err != nil {
		return key, fmt.Errorf("seal: %w", err)
	}
	key, err = p.SealKey(purpose)
	if err != nil {
		return key, fmt.Errorf("seal: %s: %w", p.Name(), err)
	}
	if key == [keyBytes]byte{} {
		return key, fmt.Errorf("%w: %s", ErrZeroKey, p.Name())
	}
	return key, nil
}

func localAAD(p tee.Platform, purpose string, l Local, context []byte) []byte {
	aad := canon.AppendBytes(nil, []byte(prefix+"aad/local"))
	aad = canon.AppendUint8(aad, Version)
	aad = canon.AppendUint8(aad, uint8(kindLocal))
	aad = canon.AppendBytes(aad, []byte(p.Name()))
	aad = canon.AppendFixed(aad, l.GenesisHash[:])
	aad = canon.AppendUint16(aad, l.Replica)
	aad = canon.AppendBytes(aad, []byte(purpose))
	return canon.AppendBytes(aad, context)
}
