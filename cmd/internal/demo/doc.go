// Package demo runs a whole cluster in one process, for trying Troxymail out: n replicas on loopback, each
// an enclave side and a host side that meet only at the boundary, with simulated enclaves.
//
// SIMULATED: nothing here protects anything from whoever runs it. The group's keys are sealed to a
// platform whose secret lies in the same folder, and the operator's keys lie beside them.
//
// Folder: format, lock, demo.json (while it runs), password.sealed (of the account), and cluster/, made by
// cmd/internal/setup as `troxymail init` makes one; its configurations are for separate processes and are
// not read here.
package demo
