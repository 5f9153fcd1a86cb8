// Package liar makes a host lie: it stands on both edges of a real host (cmd/internal/host and all below it),
// the link to its enclave and the links to its peers, and changes, invents, repeats, withholds or floods what
// passes, in one of many named ways.
//
// The host behind it is the real one, so that everything that a lie does not touch goes on as it should, and
// the enclave is a real one too: what a lie can do is what a host can do. A liar owns its host's keys and sees
// all that passes; it has no key of an enclave.
//
// Each lie has a name, a sentence, and what is to be expected of the group (lies.go). The tests of
// cmd/internal/host run every one of them against honest replicas; the program is cmd/troxymail-host built
// with the tag liar, which adds the flag --lie NAME.
package liar
