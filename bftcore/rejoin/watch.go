package rejoin

import "troxymail/bftcore/wire"

// watch is how the host of an ACTIVE enclave sees that the group has to be founded again.
type watch struct {
	since      Time   // f+1 others have been in need
	hello      []byte // asked with
	nonce      wire.Nonce
	at         Time
	statements [][]byte // by replica
}

// Needy are the peers whose enclaves asked for help to come back lately.
func (d *Driver) Needy() []wire.ReplicaID {
	var list []wire.ReplicaID
	for i := range d.peers {
		if p := &d.peers[i]; p.needs != 0 && d.now < p.needs+askFor {
			list = append(list, wire.ReplicaID(i))
		}
	}
	return list
}

// watchPeers lets the enclave resign when f+1 others say, for a fresh nonce, that they are not ACTIVE: then none of
// them can return alone. One that lies cannot bring that about while the others are ACTIVE.
func (d *Driver) watchPeers() {
	w := &d.watch
	if len(d.Needy()) < d.cfg.Quorum.Size() {
		*w = watch{}
		return
	}
	if w.since == 0 {
		w.since = max(d.now, 1)
	}
	switch {
	case d.now < w.since+resignFor:
	case w.hello == nil && !d.busy[OpHello]:
		d.ask(OpHello, nil, func(t *Told) {
			m, err := wire.DecodeRecHello(t.Message)
			if !t.Refused && err == nil && d.active {
				w.hello, w.nonce, w.at, w.statements = t.Message, m.Nonce, 0, make([][]byte, len(d.peers))
			}
		})
	case w.hello != nil && d.now >= w.at:
		w.at = d.now + again
		d.multicast(w.hello)
	}
}

// statement counts who is not ACTIVE.
func (w *watch) statement(d *Driver, from wire.ReplicaID, m *wire.Statement) {
	if w.hello == nil || m.Asked != w.nonce || d.busy[OpResign] {
		return
	}
	w.statements[from] = m.Raw
	var list [][]byte
	for _, raw := range w.statements {
		if raw != nil {
			list = append(list, raw)
		}
	}
	if len(list) < d.cfg.Quorum.Size() {
		return
	}
	clear(w.statements)
	d.ask(OpResign, list, func(t *Told) {
		if !t.Refused {
			d.out.Resigned = true
		}
	})
}
