package transfer

import (
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// MaxKeywordBytes bounds a keyword that is transferred; the server takes no longer ones.
const MaxKeywordBytes = 100

// systemFlags are those that a client can set (RFC 9051, 2.3.2).
var systemFlags = []imap.Flag{imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagDraft}

// IsSystem reports whether a flag is one of the system flags that can be set.
func IsSystem(f imap.Flag) bool {
	return slices.ContainsFunc(systemFlags, func(s imap.Flag) bool { return strings.EqualFold(string(s), string(f)) })
}

// CleanFlags returns the flags that can be set on a message, each once, and how many others there were:
// keywords that are no atoms or too long. \Recent is the server's own and is no loss.
func CleanFlags(all []imap.Flag) (kept []imap.Flag, dropped int) {
	for _, f := range all {
		switch {
		case strings.EqualFold(string(f), `\Recent`):
		case !IsSystem(f) && !ValidKeyword(string(f)):
			dropped++
		case !slices.ContainsFunc(kept, func(k imap.Flag) bool { return strings.EqualFold(string(k), string(f)) }):
			kept = append(kept, f)
		}
	}
	return kept, dropped
}

// ValidKeyword reports whether a name is an atom (RFC 9051, 9: flag-keyword) of at most MaxKeywordBytes.
func ValidKeyword(name string) bool {
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
