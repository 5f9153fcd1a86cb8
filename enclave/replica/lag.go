package replica

import (
	"io"

	"troxymail/cache/lag"
	"troxymail/enclave/boundary"
)

// lags is what the owner keeps to notice a host that withholds writes: nil before ACTIVE.
type lags struct {
	marks    *lag.Marks
	detector *lag.Detector
}

func (w *owner) beginLag() error {
	o := lag.Options{
		Group: w.r.o.Group, Self: w.r.o.Self, Founding: w.counter.Incarnation().Founding, Key: w.r.o.Cache,
		Every: int64(w.r.o.Exchange),
	}
	if _, err := io.ReadFull(w.r.o.Rand, o.Run[:]); err != nil {
		w.r.o.Logger.Error("enclave.no_randomness", "cause", err.Error())
		return err
	}
	w.lag.marks = lag.NewMarks(w.recovered)
	w.lag.detector = lag.New(o, w.lag.marks)
	return nil
}

// compare ends and begins rounds of comparing the own host with others'. Who watches what the host did not report is
// woken: reads go through the order then, since this enclave does not know of the write.
func (w *owner) compare(now int64) {
	state := lag.Abreast // an incarnation that ended says nothing
	if d := w.lag.detector; d != nil {
		out, wake := d.Tick(now, w.r.watches.keys)
		for _, m := range out {
			w.sendMessage(boundary.KindSendCache, m.To, m.Bytes)
		}
		w.r.watches.fire(wake)
		state = d.State()
	}
	if state == w.said {
		return
	}
	w.said = state
	w.r.o.Logger.Warn("enclave.lag", "state", state.String())
	select {
	case <-w.r.lagging: // nobody looked at the verdict before
	default:
	}
	w.r.lagging <- state // capacity 1, one sender
}

func (w *owner) lagDeadline() int64 {
	if w.lag.detector == nil {
		return 0
	}
	return max(w.lag.detector.NextDeadline(), 1)
}

// Lagging tells of each change of what this enclave says of its own host, compared with others': lag.Behind and
// lag.Alone mean that clients do better elsewhere. Only the newest verdict that was not received waits. For one reader.
func (r *Replica) Lagging() <-chan lag.State { return r.lagging }
