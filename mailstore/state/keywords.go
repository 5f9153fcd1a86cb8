package state

import (
	"troxymail/bftcore/wire/canon"
	"troxymail/mailstore/command"
)

// keywords reads the keyword table of a mailbox.
func (t *txn) keywords(e *mailboxEntry) []command.KeywordDef {
	table := make([]command.KeywordDef, 0, e.state.Keywords)
	for bit := range uint32(e.state.Keywords) {
		v, _ := t.b.Get(slotKey(prefixKeyword, e.state.ID, bit))
		r := canon.NewReader(v)
		def := command.KeywordDef{Token: r.Copy16(), Sealed: r.Fixed(r.Remaining())}
		if r.Done() != nil && t.err == nil {
			t.err = ErrDamaged
		}
		table = append(table, def)
	}
	return table
}

// keywordBits returns the bits of defs in a mailbox, and the definitions that have none yet, which get the
// bits after the last; false when the table cannot take them.
func (t *txn) keywordBits(e *mailboxEntry, defs []command.KeywordDef) (uint64, []command.KeywordDef, bool) {
	if len(defs) == 0 {
		return 0, nil, true
	}
	table := t.keywords(e)
	var bits uint64
	var missing []command.KeywordDef
next:
	for _, def := range defs {
		for i := range table {
			if table[i].Token == def.Token {
				bits |= 1 << i
				continue next
			}
		}
		if len(table)+1 > command.MaxKeywords {
			return 0, nil, false
		}
		bits |= 1 << len(table)
		table = append(table, def)
		missing = append(missing, def)
	}
	return bits, missing, true
}

// addKeywords appends definitions to a mailbox's table.
func (t *txn) addKeywords(e *mailboxEntry, defs []command.KeywordDef) {
	for _, def := range defs {
		v := append(append([]byte(nil), def.Token[:]...), def.Sealed...)
		t.b.Put(slotKey(prefixKeyword, e.state.ID, uint32(e.state.Keywords)), v)
		e.state.Table = command.KeywordDigest(e.state.Table, def)
		e.state.Keywords++
	}
}
