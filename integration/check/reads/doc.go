// Package reads checks validated reads by visiting every state: three enclaves, one lying host, one key, two
// writes, ordered reads, validated reads, one restart of an enclave (whose old instance may live on) and one eviction;
// the test says which of these together are visited exhaustively. In a trace the two correct replicas may trade names
// between steps: the model does not tell them apart.
//
// The enclaves of the model use the rule functions of the program itself: package cache/index for what they know,
// validate.Decide and quorum.Holds for what they count. Around them the lying host claims any digest at any order,
// withholds what it likes, and messages are delayed without bound; the other hosts execute in order, when they like.
//
// Property: a validated read shows no value older than one that somebody was told before it began: by a completed
// write, an ordered read, or another validated read. (Linearizability of a key whose values are ordered.)
//
// Each Fault drops or weakens one rule; the tests hold that the model then finds the stale read, so that none of the
// rules is idle. Not in the model: several keys, power loss and durability, five replicas, view changes (the order is
// given), granting of incarnations (a restart is known to both others at once).
package reads
