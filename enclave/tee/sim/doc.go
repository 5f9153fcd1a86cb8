// Package sim is a simulated enclave platform for development and tests. IT PROTECTS NOTHING: its seal
// keys come from a file that the host can read, and its evidence is signed by a vendor key that anyone
// can compute from this source.
//
// Role: it lets every path that needs a platform (sealing, start-up, handing over keys between attested
// peers) run, and be tested, on any machine. All simulated platforms accept each other's evidence if it
// names an accepted measurement.
//
// Invariants: New refuses unless the caller spells out Insecure; Simulated is always true; the name says
// SIMULATED, and so does the head of every evidence and of the key file; keys depend on the measurement,
// as on real hardware, so other code does not open them by accident.
//
// The folder holds one file, fuse-key (mode 0600), which stands for the secret burnt into a processor:
// copying it clones the machine, deleting it loses everything that was sealed there. One process at a
// time may create it.
//
// Imports of the project only enclave/tee and canon; no clock, no goroutine.
package sim
