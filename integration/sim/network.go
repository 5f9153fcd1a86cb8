package sim

import (
	"troxymail/bftcore/wire"
)

// archived is a message that was sent once: a liar may send it again at any time.
type archived struct {
	to  wire.ReplicaID
	raw []byte
}

// maxArchive bounds what liars remember.
const maxArchive = 512

// network carries messages with the faults of the scenario.
type network struct {
	c       *Cluster
	cut     [][]bool // cut[i][j]: nothing gets from i to j
	archive []archived
}

func newNetwork(c *Cluster) *network {
	cut := make([][]bool, c.n)
	for i := range cut {
		cut[i] = make([]bool, c.n)
	}
	return &network{c: c, cut: cut}
}

// send puts a message on its way: lost, delayed, doubled as the scenario says. The bytes are copied, so that
// nobody shares memory over the network.
func (w *network) send(from, to wire.ReplicaID, raw []byte) {
	c := w.c
	c.check.sent(raw)
	if len(w.archive) < maxArchive {
		w.archive = append(w.archive, archived{to: to, raw: raw})
	} else {
		w.archive[c.rng.IntN(maxArchive)] = archived{to: to, raw: raw}
	}
	if w.cut[from][to] || c.chance(c.scene.loss) {
		c.faults.Lost++
		return
	}
	copies := 1
	if c.chance(c.scene.duplicate) {
		c.faults.Duplicated++
		copies = 2
	}
	for range copies {
		delay := c.between(c.scene.delayMin, c.scene.delayMax)
		if c.chance(c.scene.straggle) {
			c.faults.Delayed++
			delay += c.between(0, 2*second)
		}
		message := append([]byte(nil), raw...)
		c.after(delay, func() { c.deliver(from, to, message) })
	}
}

// partition cuts a random set of hosts off the others, both ways or one way.
func (w *network) partition() {
	c := w.c
	c.faults.Partitions++
	inside := make([]bool, c.n)
	for i := range inside {
		inside[i] = c.chance(0.4)
	}
	oneWay := c.chance(0.3)
	for i := range inside {
		for j := range inside {
			if inside[i] != inside[j] && (!oneWay || inside[i]) {
				w.cut[i][j] = true
			}
		}
	}
	c.trace("net", "partition %v one way %v", inside, oneWay)
}

func (w *network) heal() {
	for i := range w.cut {
		clear(w.cut[i])
	}
}
