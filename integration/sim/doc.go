// Package sim runs a whole cluster in one goroutine: cores, enclaves, network, disks and time, all driven by
// one seed. The same seed gives the same run, event for event.
//
// What is real: bftcore.Core, the messages and records of bftcore/wire, the trusted counter of
// enclave/counter, the MACs of enclave/mac. What is played: a host around each core (host.go), its disk
// (disk.go), its store (store.go), the proxy of its enclave (proxy.go), the network (network.go), and hosts
// that lie (liar.go) by driving their genuine enclave as they like and by mutating, withholding,
// replaying and inventing messages.
//
// Faults: loss, delay, reordering, duplication, partitions, crash of a process (what was written stays),
// power loss (what was not synced goes), of one host or of all at once, and up to f liars. A liar's
// enclave is never set back: that its host's log is believed after a restart is a known gap, to be
// closed by recovery from peers.
//
// Checked all the time (check.go): one batch at each order at correct hosts, for ever; the same state after
// the same order; batches executed in order, each once; no two genuine certificates of one kind and
// position that left an enclave's host; an acknowledged request stands in the history for ever. At the end
// faults stop, and then: correct hosts reach the same order, and if the leader is correct, every request
// of a correct host is answered.
//
// A failing seed prints the command that replays it and the end of its trace.
package sim
