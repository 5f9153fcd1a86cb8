// Package clients shows that the mail programs people use work against every replica of a demo, over
// plain loopback, STARTTLS and TLS (TestMatrix, whose table stands in README.md), and carry on after one replica of
// a cluster of processes is killed (TestOneReplicaKilled).
//
// It also holds what a user of the demo may rely on beside mail: restart, refusals that say what to do,
// the facts in demo.json, idle cost, and clear refusals of bad input.
//
// All here is tests, from outside: programs and sockets. Invariants: a missing client is a failure
// (deploy/dev/install-clients.sh installs them), each test uses mailboxes of its own, or a demo of its
// own. Imports integration/demo and integration/processes and no other package of this module.
package clients
