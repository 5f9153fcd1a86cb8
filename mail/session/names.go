package session

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"

	"troxymail/mailstore/command"
)

// delimiter separates the components of mailbox names.
const delimiter = '/'

const inbox = "INBOX"

func badName(text string) *imap.Error { return no(imap.ResponseCodeCannot, text) }

// canonicalName returns the one spelling of a mailbox name that exists or shall exist: a first component
// "inbox" in any case is INBOX; one delimiter at the end, by which CREATE announces children, is dropped.
func canonicalName(name string) (string, error) {
	name = strings.TrimSuffix(name, string(delimiter))
	switch {
	case name == "":
		return "", badName("A mailbox name must not be empty")
	case len(name) > MaxNameBytes:
		return "", badName("The mailbox name is too long")
	case !utf8.ValidString(name):
		return "", badName("The mailbox name is not valid UTF-8")
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", badName("A mailbox name must not contain control characters")
	case strings.ContainsAny(name, "*%"):
		return "", badName("A mailbox name must not contain * or %")
	}
	components := strings.Split(name, string(delimiter))
	if len(components) > command.MaxDepth {
		return "", badName("The mailbox name has too many levels")
	}
	for _, c := range components {
		if c == "" {
			return "", badName("A level of a mailbox name must not be empty")
		}
		if len(c) > MaxComponentBytes {
			return "", badName("A level of the mailbox name is too long")
		}
	}
	if strings.EqualFold(components[0], inbox) {
		components[0] = inbox
	}
	return strings.Join(components, string(delimiter)), nil
}

// split returns the parent's name and the last component; the parent is "" at the root.
func split(name string) (parent, component string) {
	i := strings.LastIndexByte(name, delimiter)
	return name[:max(i, 0)], name[i+1:]
}
