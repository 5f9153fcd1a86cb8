package session

import (
	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// keywords are the keywords of a mailbox: entry i is bit i. Immutable; the sessions of an account share them.
type keywords struct {
	table  wire.Digest // command.MailboxState.Table
	names  []imap.Flag
	tokens []command.Token
}

var noKeywords = &keywords{}

// bits returns the bits of keywords that a command defines; one that the mailbox does not have is none.
func (k *keywords) bits(defs []command.KeywordDef) (bits uint64) {
	for _, def := range defs {
		for i, token := range k.tokens {
			if token == def.Token {
				bits |= 1 << i
			}
		}
	}
	return bits
}

// words returns the keywords of a mailbox that its account's sessions opened last.
func (a *account) words(id command.MailboxID) *keywords {
	a.mu.Lock()
	defer a.mu.Unlock()
	if k := a.keywords[id]; k != nil {
		return k
	}
	return noKeywords
}

// openKeywords returns the keywords of a mailbox in that state: those that are known, to the account's sessions or to the
// one that asked (own: another one may have gone on since), or those of table, which is then checked against it. False when
// table is another mailbox's, or another time's.
func (s *Session) openKeywords(own *keywords, m *command.MailboxState, table []command.KeywordDef) (*keywords, bool, error) {
	known := s.account.words(m.ID)
	switch m.Table {
	case known.table:
		return known, true, nil
	case own.table:
		return own, true, nil
	case wire.Digest{}:
		return noKeywords, true, nil
	}
	var digest wire.Digest
	for _, def := range table {
		digest = command.KeywordDigest(digest, def)
	}
	if digest != m.Table || len(table) != int(m.Keywords) {
		return nil, false, nil
	}
	k := &keywords{table: digest, names: make([]imap.Flag, len(table)), tokens: make([]command.Token, len(table))}
	for i, def := range table {
		if k.tokens[i] = def.Token; i < len(known.tokens) && known.tokens[i] == def.Token {
			k.names[i] = known.names[i]
			continue
		}
		name, err := s.vault.OpenKeyword(def)
		if err != nil {
			return nil, false, errDamaged
		}
		k.names[i] = imap.Flag(name)
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if s.account.keywords == nil {
		s.account.keywords = make(map[command.MailboxID]*keywords)
	}
	s.account.keywords[m.ID] = k
	return k, true, nil
}
