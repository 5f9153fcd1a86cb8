// Package cluster runs a whole group of replicas in one process, for tests that need many of them or many faults:
// real hosts with logs and stores in folders, real enclave services with their IMAP ports on loopback, and links
// between hosts in memory, which tests can cut. Only the boundary, the links and the process are shared; all else is
// what `troxymail-host` and `troxymail-enclave` run.
//
// Faults: hosts and enclaves stopped at any moment, with their clients' connections cut, and started again; links
// parted, both ways or one; a host that lies (integration/liar). A stop is not the end of a process: what the host
// had written stays, synced or not. That is for integration/processes and integration/sim.
//
// It stands here because what `cmd` composes replicas of is visible here alone.
//
// For tests only.
package cluster
