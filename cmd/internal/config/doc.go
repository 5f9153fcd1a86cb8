// Package config reads and writes the files that an operator sees: genesis.toml, host-I.toml,
// enclave-I.toml and cluster.json.
//
// Every key is required and known: an unknown or missing key or a bad value is an error that names file,
// key, value (not for secrets) and what would be right. Relative paths in a file are relative to the file's
// folder, so that a folder can be moved. What a program gets is checked values, never TOML.
//
// Linked into the enclave binary by its composition root alone, so it must import nothing of ours but
// enclave/genesis and the vocabulary.
package config
