package seal

import (
	"io"

	"troxymail/bftcore/wire/canon"
)

// AccountKey is the random key of one account. It leaves the enclave only wrapped. Never printable; the
// zero value is no key and using it panics.
type AccountKey struct {
	redacted
	secrets *accountSecrets
}

// accountSecrets holds the key and what is derived from it once instead of at every use.
type accountSecrets struct {
	key          [keyBytes]byte
	mailboxToken Subkey
	keywordToken Subkey
}

// NewAccountKey draws the key of a new account. The command that creates the account carries it wrapped
// and must be durable before anything is sealed under it: there is no other copy.
func NewAccountKey(rand io.Reader) (AccountKey, error) {
	key, err := newKey(rand)
	if err != nil {
		return AccountKey{}, err
	}
	return accountKey(*key), nil
}

func accountKey(key [keyBytes]byte) AccountKey {
	return AccountKey{secrets: &accountSecrets{
		key:          key,
		mailboxToken: derive(key[:], nil, prefix+"account/mailbox-token"),
		keywordToken: derive(key[:], nil, prefix+"account/keyword-token"),
	}}
}

// Wrap seals key for the record of account in epoch: WrappedKeyBytes long.
func Wrap(rand io.Reader, keys Keys, account Token, epoch uint64, key AccountKey) ([]byte, error) {
	wrapped := make([]byte, 2+saltBytes, WrappedKeyBytes)
	wrapped[0], wrapped[1] = Version, byte(kindWrapped)
	if err := fill(rand, wrapped[2:]); err != nil {
		return nil, err
	}
	aead := newAEAD(wrapKey(keys, wrapped[2:]))
	return aead.Seal(wrapped, singleUse[:], key.secrets.key[:], wrapAAD(account, epoch)), nil
}

// Unwrap returns the key that Wrap sealed with the same account and epoch, else ErrOpen. That the epoch
// is the account's current one is for the caller to validate first: an old blob opens as well.
func Unwrap(keys Keys, account Token, epoch uint64, wrapped []byte) (AccountKey, error) {
	if len(wrapped) != WrappedKeyBytes || wrapped[0] != Version || Kind(wrapped[1]) != kindWrapped {
		return AccountKey{}, ErrOpen
	}
	salt, ciphertext := wrapped[2:2+saltBytes], wrapped[2+saltBytes:]
	raw, err := newAEAD(wrapKey(keys, salt)).Open(nil, singleUse[:], ciphertext, wrapAAD(account, epoch))
	if err != nil {
		return AccountKey{}, ErrOpen
	}
	return accountKey([keyBytes]byte(raw)), nil
}

func wrapKey(keys Keys, salt []byte) Subkey {
	wrap := keys.Key(PurposeAccountWrap)
	return derive(wrap[:], salt, kindWrapped.label())
}

func wrapAAD(account Token, epoch uint64) []byte {
	aad := canon.AppendBytes(nil, []byte(prefix+"aad/account-key"))
	aad = canon.AppendUint8(aad, Version)
	aad = canon.AppendUint8(aad, uint8(kindWrapped))
	aad = canon.AppendFixed(aad, account[:])
	return canon.AppendUint64(aad, epoch)
}
