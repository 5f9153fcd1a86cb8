// Package tee is what the enclave needs of the machine it runs on: a measurement of its code, keys that
// only this code on this machine can have, and evidence that convinces an enclave elsewhere.
//
// Role: the interface Platform and the rules that hold for every platform. Implementations are packages
// below: sim (development, protects nothing) and ego (Intel SGX through EGo, build tag ego).
//
// Invariants:
//   - A platform that cannot keep a secret never says that it can: an implementation refuses to start
//     where its keys would be known to everyone (SGX simulation, debug enclaves, outside an enclave),
//     unless it reports Simulated and was asked for by name.
//   - Verify never returns a Report together with an error, and never accepts a debug enclave or a
//     measurement that was not named, so a caller who forgets to look is still safe.
//   - Sealing is a cache and the other replicas are the source: a key may be gone after a change of
//     processor, firmware or code (ErrNoSealing, or a blob that does not open any more).
//   - A sealed blob proves nothing about freshness. No platform here has a trusted counter or clock.
//
// Imports nothing but the standard library; no goroutine, no socket.
package tee
