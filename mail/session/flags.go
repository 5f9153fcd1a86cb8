package session

import (
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"troxymail/cache/mailtree"
	"troxymail/mailstore/command"
)

// systemFlags are the system flags in the order in which they are told.
var systemFlags = []struct {
	name imap.Flag
	bit  command.Flags
}{
	{imap.FlagSeen, command.FlagSeen}, {imap.FlagAnswered, command.FlagAnswered},
	{imap.FlagFlagged, command.FlagFlagged}, {imap.FlagDeleted, command.FlagDeleted},
	{imap.FlagDraft, command.FlagDraft},
}

// flags returns all flags in use in the mailbox.
func (v *view) flags() []imap.Flag {
	list := make([]imap.Flag, 0, len(systemFlags)+len(v.words.names)+1)
	for _, f := range systemFlags {
		list = append(list, f.name)
	}
	return append(list, v.words.names...)
}

// permanent returns the flags that the client can change, \* when it may make keywords.
func (v *view) permanent() []imap.Flag {
	if v.readOnly {
		return []imap.Flag{}
	}
	list := v.flags()
	if len(v.words.names) < command.MaxKeywords {
		list = append(list, imap.FlagWildcard)
	}
	return list
}

// flagsOf returns a message's flags; never nil.
func (v *view) flagsOf(m *mailtree.Entry) []imap.Flag {
	list := make([]imap.Flag, 0, len(systemFlags))
	for _, f := range systemFlags {
		if m.Flags&f.bit != 0 {
			list = append(list, f.name)
		}
	}
	for i, k := range v.words.names {
		if m.Keywords&(1<<i) != 0 {
			list = append(list, k)
		}
	}
	return list
}

// keywordBits returns the bits of the keywords with a name, compared without case.
func (v *view) keywordBits(name imap.Flag) (bits uint64) {
	for i, k := range v.words.names {
		if strings.EqualFold(string(k), string(name)) {
			bits |= 1 << i
		}
	}
	return bits
}

// flagBit returns the bit of a system flag, 0 for keywords.
func flagBit(name imap.Flag) command.Flags {
	for _, f := range systemFlags {
		if strings.EqualFold(string(name), string(f.name)) {
			return f.bit
		}
	}
	return 0
}

// parseFlags turns flags from a client into bits and keyword definitions. \Recent is passed over: it is
// not the client's to set. Errors: BAD for what is no flag, LIMIT for too many keywords.
func (s *Session) parseFlags(list []imap.Flag) (bits command.Flags, defs []command.KeywordDef, err error) {
	for _, name := range list {
		if bit := flagBit(name); bit != 0 {
			bits |= bit
			continue
		}
		if strings.EqualFold(string(name), `\Recent`) {
			continue
		}
		if !validKeyword(string(name)) {
			return 0, nil, bad("That is not a flag which can be set")
		}
		def, err := s.vault.Keyword(string(name))
		if err != nil {
			return 0, nil, s.internal("seal a keyword", err)
		}
		same := func(d command.KeywordDef) bool { return d.Token == def.Token }
		if !slices.ContainsFunc(defs, same) {
			defs = append(defs, def)
		}
	}
	if len(defs) > command.MaxKeywords {
		return 0, nil, no(imap.ResponseCodeLimit, "Too many keywords")
	}
	return bits, defs, nil
}

// validKeyword reports whether name is an atom (RFC 9051, 9: flag-keyword) within its limit.
func validKeyword(name string) bool {
	if name == "" || len(name) > MaxKeywordBytes {
		return false
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`(){%*"\]`, c) >= 0 {
			return false
		}
	}
	return true
}
