package sim

import "troxymail/bftcore/wire"

// archived is a message that was sent once: it may arrive again at any time, and a liar may send it to anybody.
type archived struct {
	from, to wire.ReplicaID
	raw      []byte
}

// maxArchive bounds what is remembered.
const maxArchive = 512

// network carries messages with the faults of the scene. A link authenticates its sender.
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

// send puts a message on its way: lost, delayed, doubled as the scene says. Nobody changes what was sent.
func (w *network) send(from, to wire.ReplicaID, raw []byte) {
	c := w.c
	w.remember(archived{from: from, to: to, raw: raw})
	if w.cut[from][to] || c.chance(c.scene.loss) {
		c.counts[lost]++
		return
	}
	copies := 1
	if c.chance(c.scene.duplicate) {
		c.counts[duplicated]++
		copies = 2
	}
	for range copies {
		delay := c.between(c.scene.delayMin, c.scene.delayMax)
		if c.chance(c.scene.straggle) {
			c.counts[delayed]++
			delay += c.between(0, c.scene.straggleMax)
		}
		w.carry(from, to, raw, delay)
	}
	if c.chance(c.scene.replay) {
		c.counts[replayed]++
		x := w.archive[c.rng.IntN(len(w.archive))]
		w.carry(x.from, x.to, x.raw, c.scene.delayMin)
	}
}

func (w *network) carry(from, to wire.ReplicaID, raw []byte, delay Time) {
	h := w.c.hosts[to]
	w.c.after(delay, func() { h.receive(from, raw) })
}

func (w *network) remember(x archived) {
	if len(w.archive) < maxArchive {
		w.archive = append(w.archive, x)
		return
	}
	w.archive[w.c.rng.IntN(maxArchive)] = x
}

// partition cuts a random set of hosts off the others, both ways or one way.
func (w *network) partition() {
	c := w.c
	c.counts[partition]++
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
	w.c.trace("net", "healed")
}
