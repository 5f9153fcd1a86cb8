package maildir

import (
	"strings"

	"github.com/emersion/go-imap/v2"

	"troxymail/cmd/internal/transfer"
)

// infoMark separates the part of a file name that stays for good from the flags (maildir(5)).
const infoMark = ":2,"

// forwarded is the keyword for the flag P (passed: resent, forwarded or bounced), by its registered name.
const forwarded = "$Forwarded"

// letters are the flags with a meaning of their own, in the order that file names need.
var letters = []struct {
	letter byte
	flag   imap.Flag
}{
	{'D', imap.FlagDraft}, {'F', imap.FlagFlagged}, {'P', forwarded}, {'R', imap.FlagAnswered},
	{'S', imap.FlagSeen}, {'T', imap.FlagDeleted},
}

// splitName returns the constant part of a file name and its flag letters.
func splitName(name string) (key, info string) {
	if i := strings.LastIndex(name, infoMark); i >= 0 {
		return name[:i], name[i+len(infoMark):]
	}
	key, _, _ = strings.Cut(name, ":") // an info of another kind says nothing of flags
	return key, ""
}

// flagsOf reads flag letters; those from a to z stand for keywords of the folder.
func flagsOf(info string, k keywords) []imap.Flag {
	var flags []imap.Flag
	for i := range len(info) {
		c := info[i]
		for _, l := range letters {
			if l.letter == c {
				flags = append(flags, l.flag)
			}
		}
		if name, ok := k[c]; ok {
			flags = append(flags, imap.Flag(name))
		}
	}
	clean, _ := transfer.CleanFlags(flags)
	return clean
}

// infoOf writes flags as letters, capital ones first, each group in order. Keywords that have no letter are
// left out: all 26 are taken.
func infoOf(flags []imap.Flag, k *keywordTable) string {
	var out, small []byte
	for _, l := range letters {
		for _, f := range flags {
			if strings.EqualFold(string(f), string(l.flag)) {
				out = append(out, l.letter)
				break
			}
		}
	}
	for c := range byte(keywordLetters) {
		for _, f := range flags {
			if letter, ok := k.letter(f); ok && letter == 'a'+c {
				small = append(small, letter)
				break
			}
		}
	}
	return infoMark + string(append(out, small...))
}
