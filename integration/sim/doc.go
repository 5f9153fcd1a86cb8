// Package sim runs a whole cluster in one goroutine: hosts, enclaves, network, disks and time, all driven by one seed.
// The same seed gives the same run, event for event.
//
// # What is real, and what is played
//
// Real: bftcore.Core, the driver of recoveries and foundings (bftcore/rejoin), all messages and records of
// bftcore/wire, what a host reads out of its log (bftcore.ReadTestament, Config.Proven, Config.Evidence), the trusted
// counter with all its rules (enclave/counter), the proxy that numbers requests and votes on replies
// (troxy.Client), MACs of certificates and replies.
//
// Played: the program around a core (host.go, link.go, execute.go, keep.go), that of an enclave around its counter
// (enclave.go, asks.go), sessions (client.go), the disk (disk.go), the store (store.go: a chain of digests with the
// duplicate window and the fences of the product's), the network (network.go). MACs of requests are looked up. A
// replier does not refuse a second result of one request. States of checkpoints go from host to host in one piece,
// and stay on disk until a newer one is stable, where the product keeps two and until its process ends. Large bodies
// are always found after a while.
//
// An enclave starts RECOVERING, knows nothing but what its host shows it, and becomes ACTIVE by grants of others or by
// a founding. Host and enclave end separately; when one does, both begin anew on the next link.
//
// # Faults
//
// Of the network: loss, delay and so reordering, duplication, replay of anything ever sent, partitions both ways and
// one way. Of processes: host or enclave crash and start again, leaders first, hosts are stopped for a while, their
// clocks jump. Of power: one replica or all lose it, and with it what was not synced, in the middle of a write too. Of
// disks (forget.go): set back, lost, the log alone, the store alone; one host at a time has forgotten something, a lying
// one that shows its enclave an older past included, as the model of package rr allows, and the next only when the
// first has again what it promised.
//
// Up to f hosts lie (liar.go, liar_rules.go). Each runs the honest program as its cover and mutates, drops,
// misdirects, replays and forges messages, censors one origin, lies about results and states, and has its genuine
// enclave apply any rule of ordering, recovery and founding to anything that was ever sent. It keeps former instances of
// its enclave running (clones), which go on in the old generation or incarnation. What a clone certifies before all
// correct replicas are beyond its generation makes what the next instance was shown an older past, and counts as that.
// A liar's disk loses nothing; it tells the truth about what is durable.
//
// # What must stay true
//
// After every step (check.go, check_enclave.go): correct hosts never hold different batches at one order at one time;
// the same batches give the same results and states, also states that were taken over; every core hands batches out in
// order, each once; every request takes effect once, and none of a former incarnation after the first of a newer one;
// an order that an answer showed stays in the history for ever, across foundings, power losses and rollbacks, and each
// answer fits it and shows what was answered before its question; what a host called durable is there when it starts
// again, and after a crash all that it had executed; counter certificates are unique in (founding, replica,
// incarnation, kind, position), whoever drove the enclave; no two enclaves are one incarnation, and a generation is
// founded once; what a correct host's enclave certified is in its log before it leaves.
//
// States of checkpoints for peers end with a host's process, as they do. So a cluster can be stranded (heal.go): fewer than f+1
// have the state of the stable checkpoint, and no log leads the others there. That is told apart and counted, and a
// violation where hosts keep log for some checkpoints.
//
// At the end (heal.go) faults stop, and a host that lied is run by the honest program: then all correct replicas
// become ACTIVE in one founding, reach one state, and what their sessions ask is answered. In half of the scenes the
// liars then fall silent or lie again while nobody else fails, and answers must go on.
//
// # Use
//
// go test plays 1500 seeds. make sim DURATION=60s plays new ones on all processors and prints what happened
// how often. A failing seed prints the end of its trace and the command that plays it again.
package sim
