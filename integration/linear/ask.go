package linear

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// idleFor is how long a client idles at most.
const idleFor = 60 * time.Millisecond

// random returns something to ask; next is about where UIDs are, body is unique.
func random(rng *rand.Rand, selected, next int, body string) request {
	q := request{box: selected, uid: imap.UID(1 + rng.IntN(max(1, next))), flags: uint8(1 + rng.IntN(2)), add: rng.IntN(3) > 0,
		silent: rng.IntN(3) > 0}
	verbs := []verb{doAppend, doAppend, doAppend, doAppend, doAppend, doStore, doStore, doStore, doExpunge, doMove, doSearch,
		doSearch, doSearch, doStatus, doStatus, doSelect, doFetch, doFetch, doBody, doBody, doRead, doFlags, doFlags, doNoop, doNoop,
		doIdle, doNumber, doNumber, doSearchBy, doPurge}
	switch q.verb = verbs[rng.IntN(len(verbs))]; q.verb {
	case doAppend:
		q.box, q.flags, q.body = rng.IntN(2), uint8(rng.IntN(4)), body
	case doStatus, doSelect:
		q.box = rng.IntN(2)
	case doSearch:
		q.flags = uint8(rng.IntN(4))
	case doPurge:
		if rng.IntN(3) > 0 { // else little is left
			q.verb = doExpunge
		}
	}
	return q
}

// do asks and returns what was heard.
func (c *client) do(q request) (answer, error) {
	one := imap.UIDSetNum(q.uid)
	switch q.verb {
	case doAppend:
		return c.put(q)
	case doStore:
		op := imap.StoreFlagsDel
		if q.add {
			op = imap.StoreFlagsAdd
		}
		return answer{}, c.Store(one, &imap.StoreFlags{Op: op, Silent: q.silent, Flags: flagsOf(q.flags)}, nil).Close()
	case doExpunge:
		return answer{}, c.UIDExpunge(one).Close()
	case doPurge:
		return answer{}, c.Expunge().Close()
	case doMove:
		data, err := c.Move(one, c.names[1-q.box]).Wait()
		return moved(data, err)
	case doSearch:
		data, err := c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 1}}}, Flag: flagsOf(q.flags)}, nil).Wait()
		if err != nil {
			return answer{}, err
		}
		uids := data.AllUIDs()
		slices.Sort(uids)
		return answer{uids: uids}, nil
	case doStatus:
		data, err := c.Status(c.names[q.box], &imap.StatusOptions{NumMessages: true, UIDNext: true, NumUnseen: true}).Wait()
		if err != nil {
			return answer{}, err
		}
		return answer{messages: int(*data.NumMessages), unseen: int(*data.NumUnseen), next: data.UIDNext}, nil
	case doSelect:
		data, err := c.Select(c.names[q.box], nil).Wait()
		if err != nil {
			return answer{}, err
		}
		c.selected = q.box
		return answer{messages: int(data.NumMessages), next: data.UIDNext}, nil
	case doFetch, doBody, doRead, doFlags:
		return c.fetch(q)
	case doNoop:
		err := c.Noop().Wait()
		messages, _ := c.count()
		return answer{messages: messages}, err
	}
	return answer{}, c.look(q)
}

func (c *client) put(q request) (answer, error) {
	cmd := c.Append(c.names[q.box], int64(len(q.body)), &imap.AppendOptions{Flags: flagsOf(q.flags)})
	if _, err := cmd.Write([]byte(q.body)); err != nil {
		return answer{}, err
	}
	if err := cmd.Close(); err != nil {
		return answer{}, err
	}
	data, err := cmd.Wait()
	if err != nil {
		return answer{}, err
	}
	return answer{uid: data.UID}, nil
}

// moved is the answer of a MOVE of one message: its new UID, 0 when there was no such message.
func moved(data *imapclient.MoveData, err error) (answer, error) {
	if err != nil || data == nil {
		return answer{}, err
	}
	if to, ok := data.DestUIDs.(imap.UIDSet); ok && len(to) > 0 {
		return answer{uid: to[0].Start}, nil
	}
	return answer{}, nil
}

func (c *client) fetch(q request) (answer, error) {
	set, section := imap.UIDSetNum(q.uid), &imap.FetchItemBodySection{Peek: q.verb != doRead}
	options := &imap.FetchOptions{UID: true}
	switch q.verb {
	case doBody, doRead:
		options.BodySection = []*imap.FetchItemBodySection{section}
	case doFlags:
		set, options.Flags = imap.UIDSet{{Start: 1}}, true
	default:
		options.Flags = true
	}
	_, before := c.count()
	list, err := c.Fetch(set, options).Collect()
	if err != nil {
		return answer{}, err
	}
	messages, ever := c.count()
	a := answer{messages: messages, came: ever - before, all: map[imap.UID]uint8{}}
	for _, m := range list {
		if m.UID != 0 {
			a.all[m.UID] = bitsOf(m.Flags)
		}
		if m.UID != q.uid {
			continue // news of another message
		}
		body := m.FindBodySection(section)
		if q.verb == doFetch || body != nil {
			a.found, a.flags, a.body = true, bitsOf(m.Flags), string(body)
		}
	}
	return a, nil
}

// look asks what transcripts alone judge.
func (c *client) look(q request) error {
	count, _ := c.count()
	switch {
	case q.verb == doIdle:
		idle, err := c.Idle()
		if err != nil {
			return err
		}
		select {
		case <-time.After(idleFor):
		case <-c.Closed():
		}
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	case q.verb == doNumber && count > 0:
		n := imap.SeqSetNum(uint32(1 + int(q.uid)%count))
		return c.Fetch(n, &imap.FetchOptions{UID: true, Flags: true}).Close()
	case q.verb == doSearchBy:
		_, err := c.Search(&imap.SearchCriteria{Flag: flagsOf(q.flags)}, nil).Wait()
		return err
	}
	return c.Noop().Wait()
}

func flagsOf(bits uint8) (list []imap.Flag) {
	if bits&seen != 0 {
		list = append(list, imap.FlagSeen)
	}
	if bits&deleted != 0 {
		list = append(list, imap.FlagDeleted)
	}
	return list
}

func bitsOf(list []imap.Flag) (bits uint8) {
	for _, f := range list {
		switch f {
		case imap.FlagSeen:
			bits |= seen
		case imap.FlagDeleted:
			bits |= deleted
		}
	}
	return bits
}

// String returns what is asked, for logs.
func (q request) String() string {
	return fmt.Sprintf("%s box %d uid %d flags %d add %v", q.verb, q.box, q.uid, q.flags, q.add)
}
