package transport

import "sync"

// peer is what outlives connections to one replica: its queue and its counters.
type peer struct {
	id    int
	queue *queue

	mu      sync.Mutex
	stats   PeerStats
	current *conn // nil when there is none
	closed  bool
}

// adopt makes c the peer's connection. An older one is ended first, and has delivered its last frame
// before adopt returns. False when c has been replaced, or the links closed, in the meantime.
func (p *peer) adopt(c *conn) bool {
	c.peer = p
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		c.fail(CauseClosed, errClosed)
		close(c.done)
		return false
	}
	old := p.current
	p.current = c
	p.mu.Unlock()
	if old != nil {
		old.fail(CauseReplaced, errReplaced)
		<-old.done
	}
	select {
	case <-c.stop:
		close(c.done)
		return false
	default:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Connected = true
	p.stats.Connects++
	return true
}

// leave takes note that c is over.
func (p *peer) leave(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == c {
		p.current = nil
		p.stats.Connected = false
	}
}

func (p *peer) ended(cause Cause) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Ended[cause]++
}

// cut ends the current connection, if there is one; with final, no further one is adopted.
func (p *peer) cut(cause Cause, err error, final bool) {
	p.mu.Lock()
	c := p.current
	p.closed = p.closed || final
	p.mu.Unlock()
	if c != nil {
		c.fail(cause, err)
	}
}

func (p *peer) received(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.ReceivedFrames++
	p.stats.ReceivedBytes += uint64(n)
}

func (p *peer) sent(frames, n int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !ok {
		p.stats.LostFrames += uint64(frames)
		return
	}
	p.stats.SentFrames += uint64(frames)
	p.stats.SentBytes += uint64(n)
}

func (p *peer) refuseFrame() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.RefusedFrames++
}

func (p *peer) snapshot() PeerStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.QueuedBytes, s.DroppedFrames = p.queue.stats()
	return s
}
