// Package ego is the platform of enclaves on Intel SGX, through EGo (github.com/edgelesssys/ego).
//
// The adapter itself needs cgo and is built only with the tag ego (New and Platform; check it with
// go vet -tags ego). What decides anything, the checks of key requests and of peers' claims, is plain Go
// in the other files and is tested on any machine.
//
// What EGo does that this package guards against:
//   - Outside an enclave, and in simulation (OE_SIMULATION=1), EGo returns an all-zero seal key and no
//     error. New asks for a report of itself and for the processor's seal key id first, refuses debug
//     enclaves, and every key is compared with zero.
//   - ecrypto.Unseal obeys the key request inside the blob that it is given, and a host can ask for a key
//     that enclaves of its own can have as well. So this package never calls it: a key request comes from
//     the host once, at start, and ParseKeyRequest accepts nothing but keys of this very code.
//   - Nil slices panic inside the library: it only sees arrays, and evidence of checked length.
//   - The zero report reads "up to date, not debug": no field is looked at before the error, and a report
//     that comes with an error is dropped. Debug and the measurement are checked for every peer.
//
// Policy: keys follow the measurement (MRENCLAVE), so a new version of the code starts without them and
// gets its secrets from its peers; so it is too after a change of processor. After a firmware update an old
// key request still opens old blobs; seal again under a new one, because an attacker who broke the old
// firmware may know the old key. A peer's firmware must be up to date, without exception for advisories.
//
// None of this has run on hardware yet: the tests show the checks, and that New refuses elsewhere.
//
// Imports of the project only enclave/tee.
package ego
