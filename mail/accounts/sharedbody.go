package accounts

import (
	"fmt"

	"troxymail/enclave/seal"
	"troxymail/mailstore/command"
)

// sharedMark begins the summary of a message whose body is shared with other accounts: the body's key follows,
// then the summary itself, whose first byte is its version and never this one.
const sharedMark = 0x80

// SharedOverhead is how much longer than its summary the sealed summary of a shared body is, in bytes.
const SharedOverhead = 1 + seal.SharedKeyBytes + seal.SmallOverhead

// SealSharedSummary seals the summary of a message whose sealed body has the digest body and opens with key, so
// that this account has it.
func (v *Vault) SealSharedSummary(key seal.SharedKey, body seal.Digest, summary []byte) ([]byte, error) {
	r, err := v.newRecord()
	if err != nil {
		return nil, err
	}
	plain := key.AppendTo(append(make([]byte, 0, 1+seal.SharedKeyBytes+len(summary)), sharedMark))
	sealed, err := seal.SealSummary(v.rand, v.key, r, body, append(plain, summary...))
	if err != nil {
		return nil, fmt.Errorf("accounts: seal a summary: %w", err)
	}
	return sealed, nil
}

// SplitSummary takes an opened summary apart: the key of its body, when that is shared, and the summary itself,
// which aliases plain.
func SplitSummary(plain []byte) (key seal.SharedKey, shared bool, summary []byte) {
	if len(plain) > seal.SharedKeyBytes && plain[0] == sharedMark {
		key, shared = seal.NewSharedKey(plain[1 : 1+seal.SharedKeyBytes])
		if shared {
			plain = plain[1+seal.SharedKeyBytes:]
		}
	}
	return key, shared, plain
}

// OpenAddress opens the sealed address of an account's record. seal.ErrOpen.
func OpenAddress(keys seal.Keys, r *command.AccountRecord) (string, error) {
	id, _ := seal.RecordID(r.Sealed)
	address, err := seal.OpenAddress(keys,
		seal.Record{Epoch: KeyEpoch, Account: seal.Token(r.Account), ID: id}, nil, r.Sealed)
	return string(address), err
}
