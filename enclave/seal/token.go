package seal

import (
	"crypto/hmac"
	"crypto/sha256"

	"troxymail/bftcore/wire/canon"
)

// Token is what a host knows an account, a mailbox name or a keyword by: a keyed digest, cut to 128
// bits. Equal inputs give equal tokens; nothing else can be told from one without the key.
type Token = [16]byte

const (
	tagAccount = prefix + "token/account"
	tagMailbox = prefix + "token/mailbox"
	tagKeyword = prefix + "token/keyword"
	tagSalt    = prefix + "token/login-salt"
)

// AccountToken returns the token of an account's address in the group. The caller has normalised the
// address: two spellings give two accounts.
func AccountToken(keys Keys, address string) Token {
	return token(keys.Key(PurposeAccountToken), tagAccount, 0, address)
}

// LoginSalt returns the salt of an account's SCRAM verifiers: it says nothing of the account, and cannot be told
// from that of an account that does not exist.
func LoginSalt(keys Keys, account Token) Token {
	return token(keys.Key(PurposeAccountToken), tagSalt, 0, string(account[:]))
}

// MailboxToken returns the token of a name component under the mailbox parent (0 for the root), so that
// the same name under two parents, or in two accounts, has unrelated tokens.
func MailboxToken(key AccountKey, parent uint32, component string) Token {
	return token(key.secrets.mailboxToken, tagMailbox, parent, component)
}

// KeywordToken returns the token of a keyword in an account. The caller has lower-cased it.
func KeywordToken(key AccountKey, keyword string) Token {
	return token(key.secrets.keywordToken, tagKeyword, 0, keyword)
}

func token(key Subkey, tag string, parent uint32, text string) Token {
	message := make([]byte, 0, 4+len(tag)+4+4+len(text))
	message = canon.AppendBytes(message, []byte(tag))
	message = canon.AppendUint32(message, parent)
	message = canon.AppendBytes(message, []byte(text))
	mac := hmac.New(sha256.New, key[:])
	mac.Write(message)
	return Token(mac.Sum(nil)[:16])
}
