package mbox

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"troxymail/cmd/internal/transfer"
)

// Bits of X-Mozilla-Status (Thunderbird's nsMsgMessageFlags).
const (
	mozillaRead, mozillaReplied, mozillaMarked, mozillaExpunged, mozillaForwarded = 0x1, 0x2, 0x4, 0x8, 0x1000
)

const forwarded = "$Forwarded"

// statusLetters are what Status and X-Status say, beside O (not recent) and N.
var statusLetters = map[byte]imap.Flag{
	'R': imap.FlagSeen, 'A': imap.FlagAnswered, 'F': imap.FlagFlagged, 'T': imap.FlagDraft, 'D': imap.FlagDeleted,
}

// ownFields are the header fields that belong to the file.
var ownFields = []string{"status", "x-status", "x-keywords", "x-mozilla-status", "x-mozilla-status2", "x-mozilla-keys"}

// takeStatus takes the file's own header fields off a message and returns what they say; expunged when the
// message is one no more.
func takeStatus(body []byte) (rest []byte, flags []imap.Flag, expunged bool) {
	end := headerEnd(body)
	var cut bool
	kept := make([]byte, 0, len(body))
	for head := body[:end]; len(head) > 0; {
		n := fieldBytes(head)
		name, value, _ := bytes.Cut(head[:n], []byte(":"))
		if isOwn(name) {
			cut = true
			found, gone := fieldFlags(strings.ToLower(string(name)), string(bytes.TrimSpace(value)))
			flags, expunged = append(flags, found...), expunged || gone
		} else {
			kept = append(kept, head[:n]...)
		}
		head = head[n:]
	}
	flags, _ = transfer.CleanFlags(flags)
	if !cut {
		return body, flags, false
	}
	return append(kept, body[end:]...), flags, expunged
}

func fieldFlags(name, value string) (flags []imap.Flag, expunged bool) {
	switch name {
	case "status", "x-status":
		for i := range len(value) {
			if f, ok := statusLetters[value[i]]; ok {
				flags = append(flags, f)
			}
		}
	case "x-keywords", "x-mozilla-keys":
		for k := range strings.FieldsSeq(value) {
			flags = append(flags, imap.Flag(k))
		}
	case "x-mozilla-status":
		bits, _ := strconv.ParseUint(value, 16, 32) // what is no number says nothing
		for _, m := range []struct {
			bit  uint64
			flag imap.Flag
		}{{mozillaRead, imap.FlagSeen}, {mozillaReplied, imap.FlagAnswered}, {mozillaMarked, imap.FlagFlagged},
			{mozillaForwarded, forwarded}} {
			if bits&m.bit != 0 {
				flags = append(flags, m.flag)
			}
		}
		expunged = bits&mozillaExpunged != 0
	}
	return flags, expunged
}

func isOwn(name []byte) bool {
	for _, own := range ownFields {
		if strings.EqualFold(own, string(name)) {
			return true
		}
	}
	return false
}

// headerEnd returns where the header of a message ends: at its first empty line, or its end.
func headerEnd(b []byte) int {
	for at := 0; at < len(b); {
		if b[at] == '\n' || b[at] == '\r' && at+1 < len(b) && b[at+1] == '\n' {
			return at
		}
		next := bytes.IndexByte(b[at:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	return len(b)
}

// fieldBytes returns the length of the first field of a header, with its folded lines.
func fieldBytes(head []byte) int {
	at := 0
	for {
		next := bytes.IndexByte(head[at:], '\n')
		if next < 0 {
			return len(head)
		}
		at += next + 1
		if at == len(head) || head[at] != ' ' && head[at] != '\t' {
			return at
		}
	}
}

// statusFields writes flags as header fields, each with a line feed. Status is always there, so that a
// message never looks new to a program that reads the file.
func statusFields(flags []imap.Flag) string {
	status, x, keys := "O", "", ""
	for _, f := range flags {
		switch {
		case strings.EqualFold(string(f), string(imap.FlagSeen)):
			status = "RO"
		case strings.EqualFold(string(f), string(imap.FlagAnswered)):
			x += "A"
		case strings.EqualFold(string(f), string(imap.FlagFlagged)):
			x += "F"
		case strings.EqualFold(string(f), string(imap.FlagDraft)):
			x += "T"
		case strings.EqualFold(string(f), string(imap.FlagDeleted)):
			x += "D"
		case transfer.ValidKeyword(string(f)):
			keys += " " + string(f)
		}
	}
	out := "Status: " + status + "\n"
	if x != "" {
		out += "X-Status: " + x + "\n"
	}
	if keys != "" {
		out += "X-Keywords:" + keys + "\n"
	}
	return out
}
