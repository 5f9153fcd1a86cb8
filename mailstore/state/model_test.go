package state

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree/verify"
	"troxymail/mailstore/kv"
)

// A naive mailbox: lists and maps, everything recomputed.
type modelMessage struct {
	uid      command.UID
	modSeq   uint64
	flags    command.Flags
	keywords map[command.Token]bool
	size     uint32
}

type modelMailbox struct {
	messages []modelMessage
	gone     []command.Tomb
	uidNext  command.UID
	high     uint64
}

func inRanges(u command.UID, ranges []command.UIDRange) bool {
	for _, r := range ranges {
		if r.First <= u && u <= r.Last {
			return true
		}
	}
	return false
}

func (b *modelMailbox) add(m modelMessage) command.UID {
	m.uid, m.modSeq = b.uidNext, b.high
	kept := map[command.Token]bool{}
	for k := range m.keywords {
		kept[k] = true
	}
	m.keywords = kept
	b.uidNext++
	b.messages = append(b.messages, m)
	return m.uid
}

// remove takes out what drop names, under a new MODSEQ if there is any.
func (b *modelMailbox) remove(drop func(m *modelMessage) bool) (uids []command.UID) {
	var kept []modelMessage
	for i := range b.messages {
		if drop(&b.messages[i]) {
			uids = append(uids, b.messages[i].uid)
		} else {
			kept = append(kept, b.messages[i])
		}
	}
	if len(uids) > 0 {
		b.high++
		b.messages = kept
		for _, u := range uids {
			b.gone = append(b.gone, command.Tomb{UID: u, ModSeq: b.high})
		}
	}
	return uids
}

func (b *modelMailbox) store(c *command.Store) (modified []command.UID) {
	changed := false
	for i := range b.messages {
		m := &b.messages[i]
		if !inRanges(m.uid, c.UIDs) {
			continue
		}
		if m.modSeq > c.UnchangedSince {
			modified = append(modified, m.uid)
			continue
		}
		flags, keywords := m.flags, map[command.Token]bool{}
		for k := range m.keywords {
			keywords[k] = true
		}
		switch c.Mode {
		case command.StoreReplace:
			flags, keywords = c.Flags, map[command.Token]bool{}
			fallthrough
		case command.StoreAdd:
			flags |= c.Flags
			for _, k := range c.Keywords {
				keywords[k.Token] = true
			}
		case command.StoreRemove:
			flags &^= c.Flags
			for _, k := range c.Keywords {
				delete(keywords, k.Token)
			}
		}
		if flags != m.flags || !reflect.DeepEqual(keywords, m.keywords) {
			m.flags, m.keywords, m.modSeq = flags, keywords, b.high+1
			changed = true
		}
	}
	if changed {
		b.high++
	}
	return modified
}

// parts writes what a read must show, in words.
func (b *modelMailbox) parts(c *command.MailboxRead) string {
	s := fmt.Sprintf("next %d high %d count %d:", b.uidNext, b.high, len(b.messages))
	blocks := map[command.UID][]modelMessage{}
	for _, m := range b.messages {
		blocks[m.uid/command.MessagesPerLeaf] = append(blocks[m.uid/command.MessagesPerLeaf], m)
	}
	n := 0
	for _, block := range sortedKeys(blocks) {
		list := blocks[block]
		changed := slices.ContainsFunc(list, func(m modelMessage) bool { return m.modSeq > c.Since })
		if !changed || block < c.First/command.MessagesPerLeaf || block > c.Last/command.MessagesPerLeaf {
			continue
		}
		if n += len(list); n > int(c.Limit) {
			break
		}
		for _, m := range list {
			var tokens []int
			for k := range m.keywords {
				tokens = append(tokens, int(k[0]))
			}
			slices.Sort(tokens)
			s += fmt.Sprint(" ", m.uid, "/", m.modSeq, "/", m.flags, "/", m.size, tokens)
		}
	}
	return s + fmt.Sprint(" gone ", b.gone[min(int(c.Removed), len(b.gone)):])
}

func partsInWords(p command.MailboxParts) string {
	k := p.State.Counters
	s := fmt.Sprintf("next %d high %d count %d:", k.UIDNext, k.HighestModSeq, k.Messages)
	for _, m := range p.Messages() {
		var tokens []int
		for i, def := range p.Keywords {
			if m.Keywords&(1<<i) != 0 {
				tokens = append(tokens, int(def.Token[0]))
			}
		}
		slices.Sort(tokens)
		s += fmt.Sprint(" ", m.UID, "/", m.ModSeq, "/", m.Flags, "/", m.Size, tokens)
	}
	return s + fmt.Sprint(" gone ", p.Expunged)
}

func TestAgreesWithANaiveMailbox(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		s := openStore(t, filepath.Join(dir, fmt.Sprint(n)), kv.Options{FlushOrders: 7})
		defer s.Close()
		c := newClient(t, openMachine(t, s))
		c.do(newAccount(0))
		boxes := []*modelMailbox{
			{uidNext: 1, high: 1}, {uidNext: 1, high: 1},
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			modelStep(t, c, boxes)
		}
		checkWalk(t, c.m)
	})
}

func modelStep(t *rapid.T, c *client, boxes []*modelMailbox) {
	a := accountID(0)
	i := rapid.IntRange(0, 1).Draw(t, "mailbox")
	b, id := boxes[i], command.MailboxID(firstMailbox+i)
	flags := command.Flags(rapid.Uint8Max(uint8(command.AllFlags)).Draw(t, "flags"))
	var keywords []command.KeywordDef
	tokens := map[command.Token]bool{}
	for _, k := range rapid.SliceOfNDistinct(rapid.IntRange(1, 5), 0, 2, rapid.ID).Draw(t, "keywords") {
		keywords = append(keywords, command.KeywordDef{Token: token(k), Sealed: []byte{byte(k)}})
		tokens[token(k)] = true
	}
	var ranges []command.UIDRange
	for u := command.UID(1); u < 20; u += command.UID(rapid.IntRange(2, 9).Draw(t, "gap")) {
		last := u + command.UID(rapid.IntRange(0, 4).Draw(t, "length"))
		ranges = append(ranges, command.UIDRange{First: u, Last: last})
		u = last
	}
	switch rapid.IntRange(0, 5).Draw(t, "step") {
	case 0, 1:
		ap := newAppend(a, id, rapid.IntRange(0, 9).Draw(t, "content"))
		ap.Flags, ap.Keywords = flags, keywords
		got := must[command.Appended](t)(command.DecodeAppended(c.do(ap)))
		b.high++
		if u := b.add(
			modelMessage{flags: flags, keywords: tokens, size: ap.Size},
		); got.UID != u ||
			got.ModSeq != b.high {
			t.Fatalf("appended %+v, want UID %d", got, u)
		}
	case 2:
		st := &command.Store{Account: a, Mailbox: id, UIDs: ranges, Flags: flags, Keywords: keywords,
			Mode:           command.StoreMode(rapid.IntRange(0, 2).Draw(t, "mode")),
			UnchangedSince: rapid.OneOf(rapid.Just(uint64(noCondition)), rapid.Uint64Max(30)).Draw(t, "since")}
		modified := b.store(st)
		got := must[command.Stored](t)(command.DecodeStored(c.do(st)))
		if got.ModSeq != b.high || !reflect.DeepEqual(got.Modified, rangesOf(modified...)) {
			t.Fatalf("stored %+v, want %d, %v", got, b.high, modified)
		}
	case 3:
		ex := &command.Expunge{Account: a, Mailbox: id, UIDs: ranges}
		if ex.All = rapid.Bool().Draw(t, "all"); ex.All {
			ex.UIDs = nil
		}
		uids := b.remove(func(m *modelMessage) bool {
			return m.flags&command.FlagDeleted != 0 && (ex.All || inRanges(m.uid, ranges))
		})
		got := must[command.Expunged](t)(command.DecodeExpunged(c.do(ex)))
		if !reflect.DeepEqual(got, command.Expunged{UIDs: rangesOf(uids...), ModSeq: b.high}) {
			t.Fatalf("expunged %+v, want %v", got, uids)
		}
	case 4:
		modelCopy(t, c, boxes, i, ranges)
	}
	rd := &command.MailboxRead{Account: a, Mailbox: id, Since: rapid.Uint64Max(b.high+1).Draw(t, "since"),
		First: command.UID(rapid.Uint32Range(1, 40).Draw(t, "first")), Last: command.UID(rapid.Uint32Range(40, 80).Draw(t, "last")),
		Limit: rapid.Uint32Range(0, 60).Draw(t, "limit"), Removed: rapid.Uint64Max(9).Draw(t, "removed")}
	p := c.parts(rd)
	if got := partsInWords(p); got != b.parts(rd) {
		t.Fatalf("read %+v:\n got %s\nwant %s", rd, got, b.parts(rd))
	}
	checkParts(t, &p)
	rd = &command.MailboxRead{Account: a, Mailbox: id, FirstUnseen: true}
	p = c.parts(rd)
	checkParts(t, &p)
	first := slices.IndexFunc(b.messages, func(m modelMessage) bool { return m.flags&command.FlagSeen == 0 })
	shown := slices.IndexFunc(p.Messages(), func(m command.Message) bool { return m.Flags&command.FlagSeen == 0 })
	if (first < 0) != (shown < 0) || first >= 0 && b.messages[first].uid != p.Messages()[shown].UID {
		t.Fatalf("the first unseen message is at %d, shown at %d", first, shown)
	}
}

// checkParts checks every part against what names it, from the state down.
func checkParts(t failer, p *command.MailboxParts) {
	t.Helper()
	type place struct {
		level int
		place uint32
	}
	named := map[place]wire.Digest{}
	for i, n := range p.Nodes {
		c, ok := verify.DecodeNode(n.Node)
		digest := verify.Node(int(n.Level), n.Place, &c)
		if i == 0 {
			ok = ok && verify.Root(int(n.Level)+1, digest) == p.State.Messages && c.Tally() == verify.Tally{
				Messages: p.State.Counters.Messages, Unseen: p.State.Counters.Unseen, ModSeq: c.Tally().ModSeq}
		} else {
			ok = ok && named[place{int(n.Level), n.Place}] == digest
		}
		if !ok {
			t.Fatalf("node %d at level %d is not what is named", n.Place, n.Level)
		}
		for j := range c {
			named[place{int(n.Level) - 1, n.Place*verify.Fanout + uint32(j)}] = c[j].Digest
		}
	}
	for i := range p.Blocks {
		if b := &p.Blocks[i]; b.Digest(p.State.ID) != named[place{-1, b.Index}] {
			t.Fatalf("block %d is not what is named", b.Index)
		}
	}
}

func modelCopy(t *rapid.T, c *client, boxes []*modelMailbox, i int, ranges []command.UIDRange) {
	j := rapid.IntRange(0, 1).Draw(t, "target")
	b, to := boxes[i], boxes[j]
	cp := &command.Copy{Account: accountID(0), Source: command.MailboxID(firstMailbox + i),
		Target: command.MailboxID(firstMailbox + j), UIDs: ranges, Move: rapid.Bool().Draw(t, "move")}
	var source, target []command.UID
	var chosen []modelMessage
	for _, m := range b.messages {
		if inRanges(m.uid, ranges) {
			chosen = append(chosen, m)
			source = append(source, m.uid)
		}
	}
	if len(chosen) > 0 {
		to.high++
	}
	for _, m := range chosen {
		target = append(target, to.add(m))
	}
	if cp.Move {
		b.remove(func(m *modelMessage) bool { return slices.Contains(source, m.uid) })
	}
	got := must[command.Copied](t)(command.DecodeCopied(c.do(cp)))
	if !reflect.DeepEqual(got, command.Copied{Source: rangesOf(source...), Target: rangesOf(target...)}) {
		t.Fatalf("copied %+v, want %v to %v", got, source, target)
	}
}
