package adminclient

import (
	"context"
	"fmt"
	"time"
)

// tour asks the replicas one after the other, round and round, until Patience is over.
type tour struct {
	c      *Client
	ctx    context.Context
	until  time.Time
	at     int   // how many were asked
	last   error // of the last one that could not
	notice func(string)
	said   bool
}

func (c *Client) tour(ctx context.Context, notice func(string)) *tour {
	if notice == nil {
		notice = func(string) {}
	}
	return &tour{c: c, ctx: ctx, until: time.Now().Add(Patience), notice: notice}
}

// next returns the replica to ask now; false when time is up.
func (t *tour) next() (Replica, bool) {
	n := len(t.c.Replicas)
	if t.at > 0 && t.at%n == 0 {
		if !t.said {
			t.said = true
			t.notice(fmt.Sprintf("no replica serves yet; trying for %v", Patience))
		}
		select {
		case <-t.ctx.Done():
			return Replica{}, false
		case <-time.After(again):
		}
	}
	if t.ctx.Err() != nil || time.Now().After(t.until) {
		return Replica{}, false
	}
	t.at++
	return t.c.Replicas[(t.at-1)%n], true
}

func (t *tour) failed(err error) { t.last = err }

func (t *tour) say(text string) { t.notice(text) }

func (t *tour) nobody() error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	return fmt.Errorf("%w within %v: %w: see that the replicas of %s run, with `troxymail status`",
		ErrNobody, Patience, t.last, t.c.File)
}
