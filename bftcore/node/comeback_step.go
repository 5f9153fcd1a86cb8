package node

import (
	"errors"

	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
	"troxymail/enclave/boundary"
)

// batch takes frames of the enclave; those behind the one that made it ACTIVE are left for who orders.
func (c *Comeback) batch(link *Turn, batch [][]byte) (active []byte, err error) {
	for i, f := range batch {
		kind, _ := boundary.PeekKind(f)
		switch kind {
		case boundary.KindTold:
			t, err := boundary.DecodeTold(f)
			if err != nil {
				return nil, err
			}
			active, err = c.step(link, told(&t))
			if err != nil {
				return nil, err
			}
		case boundary.KindCertified:
			a, err := boundary.DecodeCertified(f)
			if err != nil {
				return nil, err
			}
			active, err = c.step(link, checked(&a))
			if err != nil {
				return nil, err
			}
		case boundary.KindRefound:
			x, err := boundary.DecodeRefound(f)
			if err != nil {
				return nil, err
			}
			active, err = c.step(link, rejoin.Refound{Members: x.Members, Ordered: x.Ordered})
			if err != nil {
				return nil, err
			}
		case boundary.KindHostStatusQuery:
			if q, err := boundary.DecodeHostStatusQuery(f); err == nil {
				answer := boundary.HostStatus{Token: q.Token, Facts: c.o.Facts()}
				_ = link.Send(answer.Append(nil))
			}
		}
		if active != nil {
			link.unread(batch[i+1:])
			return active, nil
		}
	}
	return nil, nil
}

func told(t *boundary.Told) rejoin.Told {
	return rejoin.Told{Token: t.Token, Refused: t.Refusal != boundary.RefusedNothing, Message: t.Message, Frontier: t.Frontier}
}

// checked is the answer to a Check, which an enclave that is not ACTIVE gives by the reason why it does not certify.
func checked(a *boundary.Certified) rejoin.Told {
	refused := a.Refusal == boundary.RefusedRequest || a.Refusal == boundary.RefusedFrame
	return rejoin.Told{Token: a.Token, Refused: refused}
}

// step takes an event in and does what follows from it.
func (c *Comeback) step(link boundary.Link, e rejoin.Event) (active []byte, err error) {
	c.driver.Step(c.o.Now(), e)
	r := c.driver.Ready()
	for !r.Empty() {
		sync := r.Sync
		if err := c.keep(&r); err != nil {
			return nil, err
		}
		if r.Active != nil {
			active = r.Active
		}
		c.do(link, &r)
		for _, g := range r.Gives {
			if err := c.give(g); err != nil {
				return nil, err
			}
			c.driver.Step(c.o.Now(), rejoin.Given{To: g.To})
		}
		if sync {
			c.driver.Step(c.o.Now(), rejoin.Synced{})
		}
		if active != nil {
			break
		}
		r = c.driver.Ready()
	}
	s, wanted := c.driver.Status(), c.driver.Wanted()
	c.status.Store(&s)
	c.wanted.Store(&wanted)
	return active, nil
}

// do sends what a driver wants said and asked.
func (c *Comeback) do(link boundary.Link, r *rejoin.Ready) {
	c.o.Refusals.driver(r.Refusals)
	for _, m := range r.Messages {
		c.o.Links.Send(int(m.To), m.Raw)
	}
	for _, a := range r.Asks {
		q := boundary.Ask{Token: a.Token, Op: boundary.Op(a.Op), Messages: a.Messages}
		_ = link.Send(q.Append(nil))
	}
	for _, x := range r.Checks { // a PREPARE of order 0 is never certified; the enclave looks at the requests first
		q := boundary.CertifyPrepare{Token: x.Token, Items: appendItems(nil, x.Requests)}
		_ = link.Send(q.Append(nil))
	}
}

// returning is an event for the driver while the enclave is ACTIVE: the orderer owns both.
type returning struct {
	bftcore.Event
	event rejoin.Event
}

// ErrResigned is returned by Run when the enclave resigned, so that the group can be founded again: the host awaits
// its comeback with the same link.
var ErrResigned = errors.New("node: the enclave resigned")

// help does for others that come back what the host of an ACTIVE enclave can. ErrResigned when too many do.
func (o *orderer) help(e rejoin.Event) error {
	c := o.n.o.Comeback
	c.driver.Step(o.n.o.Now(), e)
	r := c.driver.Ready()
	c.do(o.n.o.Link, &r)
	needy := uint32(0)
	for _, p := range c.driver.Needy() {
		needy |= 1 << p
	}
	o.n.needy.Store(needy)
	if r.Resigned {
		return ErrResigned
	}
	return nil
}

// overtaken reports whether f+1 others say that they are in a later founding, as of a moment ago.
func (n *Node) overtaken() bool {
	later := 0
	for _, p := range n.status.Load().Peers {
		if p.Generation > 0 {
			later++
		}
	}
	return later >= n.o.Config.Quorum.Size()
}
