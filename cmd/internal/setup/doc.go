// Package setup makes a cluster: the operator's keys, the genesis, and a configuration for each host and
// each enclave. `troxymail init` and `troxymail demo` both make theirs here.
//
// It runs on the operator's trusted machine, once. With simulated enclaves on this machine it also runs
// each enclave's own genesis code and keeps what that draws only as blobs sealed to the simulated
// platform; for enclaves elsewhere it draws none of their secrets, and Steps says how they enrol.
//
// Folder: operator/ (ca.key, admin.key: keep offline), ca.pem, genesis.toml, cluster.json, and for each
// replica I host-I.toml, host-I.key, host-I/ (the host's data), enclave-I.toml, enclave-I/ (what the
// enclave has kept for it). It is made beside its place and renamed: there is never half a cluster.
package setup
