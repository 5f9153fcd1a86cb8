package bftcore

import (
	"slices"

	"troxymail/bftcore/wire"
)

// statement is a peer's message that waits for the own enclave to say whether its certificates are genuine.
type statement struct {
	from  wire.ReplicaID
	count int
	judge func(genuine bool)
}

// authenticate has the own enclave look at certificates that a peer sent; judge learns whether all of them are
// genuine. False when too much of that peer waits already.
func (c *Core) authenticate(from wire.ReplicaID, certificates []wire.Certificate, judge func(genuine bool)) bool {
	p := &c.peers[from]
	if p.statements >= maxStatements {
		c.counters.StatementsLimited++
		return false
	}
	p.statements++
	c.token++
	c.statements[c.token] = statement{from: from, count: len(certificates), judge: judge}
	c.out.Calls = append(c.out.Calls, Verify{Token: c.token, Certificates: certificates})
	return true
}

// judged enters the verdict on a statement.
func (c *Core) judged(x statement, ok []bool) {
	c.peers[x.from].statements--
	if len(ok) != x.count {
		c.counters.NonsenseAnswers++
		x.judge(false)
		return
	}
	genuine := !slices.Contains(ok, false)
	if !genuine {
		c.counters.ForgedStatements++
		c.blame(x.from, CauseForged, nil)
	}
	x.judge(genuine)
}

// asking is an open Ask.
type asking struct {
	op   Op
	told func(t *Told)
}

// ask has the own enclave apply a rule. One of a kind is open at a time; false when one is.
func (c *Core) ask(a Ask, told func(t *Told)) bool {
	if c.open[a.Op] {
		return false
	}
	c.open[a.Op] = true
	c.token++
	a.Token = c.token
	c.asks[a.Token] = asking{op: a.Op, told: told}
	c.out.Calls = append(c.out.Calls, a)
	return true
}

// onTold takes the answer to an Ask. What the enclave's state is now goes to the log, before anything that
// follows from it.
func (c *Core) onTold(t *Told) {
	a, ok := c.asks[t.Token]
	if !ok {
		c.counters.LateAnswers++
		return
	}
	delete(c.asks, t.Token)
	c.open[a.op] = false
	if t.Refused {
		c.counters.RefusedRules++
	}
	a.told(t)
}

// logFrontier writes the enclave's state with what belongs to it. These records have order 0, and the Frontier is
// the last of them: the log is never cut above it.
func (c *Core) logFrontier(frontier []byte, with ...Record) {
	for _, r := range with {
		c.record(r.Kind, r.Order, r.Body)
	}
	if len(c.begun) > 0 {
		c.record(RecordNewView, 0, c.begun)
	}
	if len(c.checkpoints.proof) > 0 {
		c.record(RecordCheckpoint, 0, c.checkpoints.proof)
	}
	if len(frontier) > 0 {
		c.record(RecordFrontier, 0, frontier)
		c.evidence.Frontier, c.evidence.Own = frontier, c.evidence.Own[:0:0]
	}
}

// Evidence is what the log shows of the own enclave: its newest Frontier, nil for none, and the own PREPARE and
// COMMIT certificates after it.
type Evidence struct {
	Frontier []byte
	Own      []wire.Certificate
}

// Evidence returns what an enclave that starts is to be shown. Its slices are the core's.
func (c *Core) Evidence() Evidence { return c.evidence }

// certified remembers an own certificate as evidence.
func (c *Core) certified(x *wire.Certificate) {
	if c.frontier.New.View != x.New.View || c.frontier.New.Order < x.New.Order { // else another pillar is ahead
		c.frontier = *x
	}
	if len(c.evidence.Own) >= wire.MaxEntries { // only without checkpoints
		c.evidence.Own = c.evidence.Own[1:]
	}
	c.evidence.Own = append(c.evidence.Own, *x)
}
