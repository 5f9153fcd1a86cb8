package state

import (
	"bytes"
	"errors"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
)

func replyOf(sequence uint64, result string) reply {
	return reply{generation: 1, incarnation: 2, sequence: sequence, order: 3, result: []byte(result)}
}

func record(replies ...reply) (b []byte) {
	for i := range replies {
		b = replies[i].append(b)
	}
	return b
}

// keptReplies counts the records of kept results, and the results in them.
func keptReplies(t *testing.T, m *Machine) (records, replies int) {
	t.Helper()
	view, err := m.store.View()
	if err != nil {
		t.Fatal(err)
	}
	defer view.Discard()
	view.Scan([]byte{prefixReply}, nil, func(key, v []byte) bool {
		records++
		b, err := decodeReplies(lastUint32(key), v)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.slots {
			if b.slots[i].sequence != 0 {
				replies++
			}
		}
		return true
	})
	return records, replies
}

func TestReplyBlocks(t *testing.T) {
	const block = 2
	first := uint64(block * repliesPerLeaf)
	for name, replies := range map[string][]reply{
		"one":           {replyOf(first, "")},
		"another round": {replyOf(first+Window, "a"), replyOf(first+1, "b"), replyOf(first+repliesPerLeaf-1, "")},
	} {
		want := record(replies...)
		b, err := decodeReplies(block, want)
		if err != nil || !bytes.Equal(b.encode(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, bad := range map[string][]byte{
		"empty":         nil,
		"free slot":     record(replyOf(0, "")),
		"block before":  record(replyOf(first-1, "")),
		"block behind":  record(replyOf(first+repliesPerLeaf, "")),
		"slot twice":    record(replyOf(first, "a"), replyOf(first+Window, "b")),
		"falling slots": record(replyOf(first+1, "a"), replyOf(first, "b")),
		"cut":           record(replyOf(first, "abc"))[:20],
		"other version": append([]byte{command.Version + 1}, record(replyOf(first, "abc"))[1:]...),
		"more":          append(record(replyOf(first, "abc")), 0),
	} {
		if _, err := decodeReplies(block, bad); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The requests of one order share records, whichever way round the window they are, and each is found again.
func TestRepliesShareRecords(t *testing.T) {
	m := newMachine(t, kv.Options{})
	var requests []wire.Request
	id := wire.RequestID{Origin: 1, Generation: 1, Incarnation: 1}
	for s := uint64(Window - 8); s < Window+8; s++ { // the last slots, and the first
		id.Sequence = s
		requests = append(requests, request(id, &command.Ping{Data: []byte{byte(s)}}))
	}
	apply(t, m, requests...)
	if records, n := keptReplies(t, m); records != 2 || n != len(requests) {
		t.Errorf("%d of 16 neighbours lie in %d records", n, records)
	}
	for _, q := range requests {
		r, _, ok, err := m.Cached(q.ID)
		if err != nil || !ok || len(r.Payload) != 1 || r.Payload[0] != byte(q.ID.Sequence) {
			t.Errorf("sequence %d: %v %v %v", q.ID.Sequence, r, ok, err)
		}
	}
	checkWalk(t, m)
}
