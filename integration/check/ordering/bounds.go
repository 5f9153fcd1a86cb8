package ordering

import "troxymail/bftcore/wire"

// n is the size of the group: f = 1.
const n = 3

// copied is the place of a second instance of the liar's enclave, which its host keeps running.
const copied = n

// Bounds are how far a search goes. The zero Bounds have no restarts.
type Bounds struct {
	Orders uint64         // order numbers, from 1
	Views  uint64         // highest view that VIEW-CHANGEs go to
	Liar   wire.ReplicaID // whose host is not honest
	Old    wire.ReplicaID // whose host may show any older frontier (M_R = 1)

	Changes  int  // VIEW-CHANGEs in all
	Restarts int  // of enclaves, in all; three may be a power loss
	Losses   int  // power losses of all three at once
	Draws    int  // attempts to come back beyond one a restart: RESIGN and abandoned ones
	Founding bool // foundings may happen
	Copy     bool // the liar's host may keep a second instance of its enclave running

	// Checkpoints is the highest order at which CHECKPOINTs are given; enclaves forget what is below a stable one.
	Checkpoints uint64
	// Tails has honest hosts sync when they like (sync = "quorum"), where otherwise they sync before anything leaves:
	// a power loss then takes what was not synced. It is the liar that may show an older past: Old has to be Liar.
	Tails bool

	// Fences has batches be commands of the enclave of Origin, whose lives are told apart (fences.go). Without
	// Checkpoints and Tails.
	Fences bool
	Origin wire.ReplicaID

	// Pairs has hosts try foundings of two, which the enclaves refuse.
	Pairs bool

	// Refound has the search begin behind a power loss, and an administrator found the others without Left
	// (refoundings.go). With Founding and Checkpoints, and without Tails and Draws; Left or the liar is P0.
	Refound bool
	Left    wire.ReplicaID

	Pillars int // parallel instances of ordering; 0 for one

	Fault Fault // a rule of hosts that is left out
}
