// Package demo runs a whole cluster in one process, for trying Troxymail out: n replicas on loopback, each
// an enclave side and a host side that meet only at the boundary, with simulated enclaves.
//
// SIMULATED: nothing here protects anything from whoever runs it. The group's keys are sealed to a
// platform whose secret lies in the same folder, and the operator's keys lie beside them.
//
// Folder: format, lock, ca.pem, genesis.toml, demo.json (while it runs), operator/ (CA key, admin key),
// replica-I/host (what a host keeps), replica-I/enclave (what its enclave has the host keep for it, and
// the simulated platform).
package demo
