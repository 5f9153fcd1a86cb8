package accounts

import (
	"fmt"
	"io"
	"strings"

	"troxymail/enclave/seal"
	"troxymail/mail/auth"
	"troxymail/mailstore/command"
)

// KeyEpoch is the epoch of account keys: the first, until keys are renewed.
const KeyEpoch = 1

// ID returns what hosts know the account of a normalised address by.
func ID(keys seal.Keys, address string) command.AccountID {
	return command.AccountID(seal.AccountToken(keys, address))
}

// Salt returns the salt of an account's SCRAM verifiers, whether the account exists or not.
func Salt(keys seal.Keys, account command.AccountID) auth.Salt {
	return auth.Salt(seal.LoginSalt(keys, seal.Token(account)))
}

// Vault seals and opens the records of one account. Immutable; safe for concurrent use when its
// source of randomness is.
type Vault struct {
	account command.AccountID
	key     seal.AccountKey
	rand    io.Reader
}

// newVault returns the vault of a new account, with a key that nobody has yet.
func newVault(account command.AccountID, rand io.Reader) (*Vault, error) {
	key, err := seal.NewAccountKey(rand)
	if err != nil {
		return nil, err
	}
	return &Vault{account: account, key: key, rand: rand}, nil
}

// OpenVault unwraps the key of an account that was read from the cluster. seal.ErrOpen when it is not the
// account's.
func OpenVault(keys seal.Keys, rand io.Reader, r *command.AccountRecord) (*Vault, error) {
	key, err := seal.Unwrap(keys, seal.Token(r.Account), KeyEpoch, r.WrappedKey)
	if err != nil {
		return nil, err
	}
	return &Vault{account: r.Account, key: key, rand: rand}, nil
}

// Account returns the account's id.
func (v *Vault) Account() command.AccountID { return v.account }

func (v *Vault) wrap(keys seal.Keys) ([]byte, error) {
	return seal.Wrap(v.rand, keys, seal.Token(v.account), KeyEpoch, v.key)
}

// Name returns the token and the sealed form of a component of a mailbox name.
func (v *Vault) Name(component string) (command.Token, []byte, error) {
	token := command.Token(seal.MailboxToken(v.key, 0, component))
	sealed, err := v.sealSmall(seal.KindName, token[:], component)
	return token, sealed, err
}

// OpenName opens a sealed component that stands beside token.
func (v *Vault) OpenName(token command.Token, sealed []byte) (string, error) {
	return v.openSmall(seal.KindName, token[:], sealed)
}

// Keyword returns the definition of an IMAP keyword; its spelling is kept, its case means nothing.
func (v *Vault) Keyword(name string) (command.KeywordDef, error) {
	token := command.Token(seal.KeywordToken(v.key, strings.ToLower(name)))
	sealed, err := v.sealSmall(seal.KindKeyword, token[:], name)
	return command.KeywordDef{Token: token, Sealed: sealed}, err
}

// OpenKeyword opens the name of a keyword.
func (v *Vault) OpenKeyword(d command.KeywordDef) (string, error) {
	return v.openSmall(seal.KindKeyword, d.Token[:], d.Sealed)
}

// Verifiers seals password verifiers.
func (v *Vault) Verifiers(list auth.Verifiers) ([]byte, error) {
	return v.sealSmall(seal.KindVerifier, nil, string(list.Append(nil)))
}

// OpenVerifiers opens password verifiers; none when nothing is sealed.
func (v *Vault) OpenVerifiers(sealed []byte) (auth.Verifiers, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := v.openSmall(seal.KindVerifier, nil, sealed)
	if err != nil {
		return nil, err
	}
	return auth.Decode([]byte(plain))
}

// SealMessage seals a message and its summary, which names the sealed body.
func (v *Vault) SealMessage(raw, summary []byte) (body, sealedSummary []byte, err error) {
	r, err := v.newRecord()
	if err != nil {
		return nil, nil, err
	}
	if body, err = seal.SealBody(v.rand, v.key, r, raw); err != nil {
		return nil, nil, fmt.Errorf("accounts: seal a body: %w", err)
	}
	if r, err = v.newRecord(); err != nil {
		return nil, nil, err
	}
	sealedSummary, err = seal.SealSummary(v.rand, v.key, r, seal.Sum(body), summary)
	if err != nil {
		return nil, nil, fmt.Errorf("accounts: seal a summary: %w", err)
	}
	return body, sealedSummary, nil
}

// OpenSummary opens the summary of the message whose sealed body has the digest body.
func (v *Vault) OpenSummary(body seal.Digest, sealed []byte) ([]byte, error) {
	r, err := v.record(sealed)
	if err != nil {
		return nil, err
	}
	return seal.OpenSummary(v.key, r, body, sealed)
}

// OpenBody opens the bytes [off, off+n) of a message, cut to what there is, and the segments they need.
func (v *Vault) OpenBody(sealed []byte, off, n int) ([]byte, error) {
	r, err := v.record(sealed)
	if err != nil {
		return nil, err
	}
	return seal.OpenBodyRange(v.key, r, sealed, off, n)
}

func (v *Vault) sealSmall(kind seal.Kind, context []byte, plain string) ([]byte, error) {
	r, err := v.newRecord()
	if err != nil {
		return nil, err
	}
	return seal.SealSmall(v.rand, v.key, kind, r, context, []byte(plain))
}

func (v *Vault) openSmall(kind seal.Kind, context, sealed []byte) (string, error) {
	r, err := v.record(sealed)
	if err != nil {
		return "", err
	}
	plain, err := seal.OpenSmall(v.key, kind, r, context, sealed)
	return string(plain), err
}

func (v *Vault) newRecord() (seal.Record, error) {
	id, err := seal.NewID(v.rand)
	return seal.Record{Epoch: KeyEpoch, Account: seal.Token(v.account), ID: id}, err
}

func (v *Vault) record(sealed []byte) (seal.Record, error) {
	id, ok := seal.RecordID(sealed)
	if !ok {
		return seal.Record{}, seal.ErrOpen
	}
	return seal.Record{Epoch: KeyEpoch, Account: seal.Token(v.account), ID: id}, nil
}
