package state

import (
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// run is one request on its way through an order.
type run struct {
	request *wire.Request
	command command.Command
	keys    []wire.Key
	same    int  // index of the request that this one repeats within the order, or -1
	remain  bool // to be executed
	keep    bool // its result is to be remembered
	result  wire.Result
	info    Info
}

// execute runs the writing requests in their order, brings the digests up to date, runs the read-only
// ones, and names the digests of all.
func (t *txn) execute(requests []wire.Request) ([]wire.Result, []Info, error) {
	runs := slices.Grow(t.scratch.runs[:0], len(requests))[:len(requests)]
	t.scratch.runs = runs
	defer clear(runs)
	first := t.scratch.first
	clear(first)
	for i := range runs {
		r := &runs[i]
		t.admit(r, &requests[i])
		if r.keep {
			if j, ok := first[r.request.ID]; ok {
				r.same, r.remain, r.keep = j, false, false
				continue
			}
			first[r.request.ID] = i
			t.noteSequence(r.request.ID)
			t.run(r, t.order)
		}
	}
	t.sweep()
	t.collectSmall()
	t.settleAccounts()
	for i := range runs {
		r := &runs[i]
		if r.remain && r.info.ReadOnly {
			t.run(r, 0)
		}
		r.result.Touched = t.touched(r)
		if r.keep {
			t.remember(r)
		}
	}
	results, infos := make([]wire.Result, len(runs)), make([]Info, len(runs))
	for i := range runs {
		r := &runs[i]
		if r.same >= 0 {
			results[i], infos[i] = runs[r.same].result, runs[r.same].info
			infos[i].Repeated = true
			continue
		}
		results[i], infos[i] = r.result, r.info
	}
	return results, infos, t.err
}

// admit decides what happens to a request: it is executed, repeated, or refused.
func (t *txn) admit(r *run, q *wire.Request) {
	*r = run{request: q, same: -1, info: Info{Order: t.order, Depends: t.order}}
	c, err := command.Decode(q.Command)
	if err != nil || q.ID.Sequence == 0 || c.ReadOnly() != q.ReadOnly() ||
		!slices.Equal(c.Keys(), q.Keys) || !slices.Equal(command.Bodies(c), q.Bodies) {
		r.result.Status = command.StatusInvalid
		return
	}
	r.command, r.info.ReadOnly = c, c.ReadOnly()
	switch t.standing(q.ID) {
	case FormerIncarnation:
		r.result.Status = command.StatusFenced
		return
	case BeforeWindow:
		if !r.info.ReadOnly {
			r.result.Status = command.StatusDuplicate
			return
		}
	}
	if !r.info.ReadOnly && t.recall(r) {
		return
	}
	r.keys, r.remain, r.keep = c.Keys(), true, !r.info.ReadOnly
}

// run executes one command, whose result shows effects of depends at least.
func (t *txn) run(r *run, depends uint64) {
	t.depends = depends
	status, payload := t.dispatch(r.command)
	if status != command.StatusOK {
		payload = nil
	}
	r.result.Status, r.result.Payload, r.info.Depends = status, payload, t.depends
}

// dispatch executes c. A status other than StatusOK means that nothing was changed.
func (t *txn) dispatch(c command.Command) (wire.Status, []byte) {
	switch c := c.(type) {
	case *command.AccountCreate:
		return t.accountCreate(c)
	case *command.AccountSetVerifiers:
		return t.accountSetVerifiers(c)
	case *command.AccountEnable:
		return t.accountEnable(c)
	case *command.AccountRemove:
		return t.accountRemove(c)
	case *command.AccountRead:
		return t.accountRead(c)
	case *command.AccountList:
		return t.accountList(c)
	case *command.MailboxCreate:
		return t.mailboxCreate(c)
	case *command.MailboxDelete:
		return t.mailboxDelete(c)
	case *command.MailboxRename:
		return t.mailboxRename(c)
	case *command.MailboxSubscribe:
		return t.mailboxSubscribe(c)
	case *command.NamespaceRead:
		return t.namespaceRead(c)
	case *command.Append:
		return t.append(c)
	case *command.Deliver:
		return t.deliver(c)
	case *command.Copy:
		return t.copy(c)
	case *command.Store:
		return t.storeFlags(c)
	case *command.Expunge:
		return t.expunge(c)
	case *command.MailboxRead:
		return t.mailboxRead(c)
	case *command.Ping:
		return command.StatusOK, c.Data // of the request, which does not change
	}
	return command.StatusInvalid, nil
}

// sees notes that the result shows effects of order o.
func (t *txn) sees(o uint64) { t.depends = max(t.depends, o) }

// touched returns the digests of the run's keys at the end of the order; zero for what does not exist.
func (t *txn) touched(r *run) []wire.KeyDigest {
	if len(r.keys) == 0 {
		return r.result.Touched // of a recalled result, or none
	}
	touched := make([]wire.KeyDigest, len(r.keys))
	for i, k := range r.keys {
		touched[i] = wire.KeyDigest{Key: k, Digest: t.keyDigest(k)}
	}
	return touched
}

func (t *txn) keyDigest(k wire.Key) wire.Digest {
	a := command.AccountID(k.Account)
	switch k.Kind {
	case wire.KeyCluster:
		return t.cluster.Digest()
	case wire.KeyAccount:
		if e := t.account(a); e != nil {
			return e.state.Digest()
		}
	case wire.KeyNamespace:
		if e := t.account(a); e != nil {
			return e.space.Digest()
		}
	case wire.KeyMailbox:
		if e := t.mailbox(a, command.MailboxID(k.Mailbox)); e != nil {
			return e.state.Digest()
		}
	}
	return wire.Digest{}
}
