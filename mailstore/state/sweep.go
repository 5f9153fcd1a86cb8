package state

import (
	"encoding/binary"
	"slices"

	"troxymail/mailstore/command"
)

// sweepPerOrder bounds the entries of removed mailboxes that one order removes.
const sweepPerOrder = 2048

// sweepSpaces are the key spaces of a mailbox, in the order of being swept; messages come first, because
// they hold references.
var sweepSpaces = []byte{
	prefixMessage, prefixDeleted, prefixTomb, prefixKeyword, treeMessages, treeTombs,
}

// sweep removes a piece of what removed mailboxes left: of the mailbox with the lowest id, whose entry
// says which key space comes next and from which key on.
func (t *txn) sweep() {
	var id command.MailboxID
	var cursor []byte
	t.b.Scan([]byte{prefixSweep}, nil, func(key, v []byte) bool {
		id, cursor = command.MailboxID(binary.BigEndian.Uint32(key[1:])), slices.Clone(v)
		return false
	})
	for budget := sweepPerOrder; id != 0 && budget > 0; {
		space := int(cursor[0])
		if space >= len(sweepSpaces) {
			t.b.Delete(mailboxKey(prefixSweep, id))
			return
		}
		keys := make([][]byte, 0, budget)
		var messages []command.Message
		t.b.Scan(mailboxKey(sweepSpaces[space], id), cursor[1:], func(key, v []byte) bool {
			if sweepSpaces[space] == prefixMessage {
				messages = append(messages, decoded(t, v, decodeMessage))
			}
			keys = append(keys, key)
			return len(keys) < budget
		})
		for _, key := range keys {
			t.b.Delete(key)
		}
		for i := range messages {
			t.releaseRecords(&messages[i])
		}
		if len(keys) == budget {
			cursor = append([]byte{byte(space)}, keys[len(keys)-1]...)
		} else {
			cursor = []byte{byte(space + 1)}
		}
		budget -= len(keys)
		t.b.Put(mailboxKey(prefixSweep, id), cursor)
	}
}
