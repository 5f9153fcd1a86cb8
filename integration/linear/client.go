package linear

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	// dialAgain is the pause of a client that found no replica to connect to.
	dialAgain = 20 * time.Millisecond
	// dialLimit is how long one tries.
	dialLimit = 3 * time.Minute
)

// place is where clients connect to.
type place struct {
	replicas       int
	dial           func(replica int) (net.Conn, error)
	user, password string
}

// client is one connection of a trial.
type client struct {
	*imapclient.Client
	recorder *recorder
	name     string
	names    [2]string
	selected int
	expunges atomic.Int64 // that it heard of and did not ask for
}

// count returns how many messages the client counts in the selected mailbox, and how many it counted in all that were there
// since it connected, but for those that its own EXPUNGE removed.
func (c *client) count() (now, ever int) {
	if m := c.Mailbox(); m != nil {
		now = int(m.NumMessages)
	}
	return now, now + int(c.expunges.Load())
}

var errNoReplica = errors.New("no replica lets a client in")

// connect connects and logs in at a replica, at the first of the others when that one does not let it in; wander false: at
// that replica alone. It tries until it works or over is closed (nil, nil), or for a long time.
func (p *place) connect(name string, replica int, wander bool, over <-chan struct{}) (*client, error) {
	var err error
	for limit := time.Now().Add(dialLimit); time.Now().Before(limit); {
		for i := range p.replicas {
			var c *client
			if c, err = p.try((replica+i)%p.replicas, over); err == nil {
				c.name = fmt.Sprintf("%s at %d", name, (replica+i)%p.replicas)
				return c, nil
			}
			if !wander {
				break
			}
		}
		select {
		case <-over:
			return nil, nil
		case <-time.After(dialAgain):
		}
	}
	if !wander { // nobody else could help, and this one may be such that it cannot
		return nil, nil
	}
	return nil, errors.Join(errNoReplica, err)
}

func (p *place) try(replica int, over <-chan struct{}) (*client, error) {
	conn, err := p.dial(replica)
	if err != nil {
		return nil, err
	}
	r := &recorder{Conn: conn}
	c := &client{recorder: r}
	c.Client = imapclient.New(r, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Expunge: func(uint32) { c.expunges.Add(1) }}})
	done := make(chan struct{})
	defer close(done)
	go func() { // who waits for a replica that never answers is called off
		select {
		case <-over:
			_ = conn.Close()
		case <-done:
		}
	}()
	if err := c.Login(p.user, p.password).Wait(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// refused returns what the server said instead of OK; nil when the connection was lost.
func refused(err error) *imap.Error {
	var e *imap.Error
	if errors.As(err, &e) && e.Type != imap.StatusResponseTypeBye {
		return e
	}
	return nil
}
