// Package counter is the trusted counter of a replica's enclave (TrInX, as used by Hybster, EuroSys
// 2017): it certifies at most one digest per [view|order], so that an untrusted host cannot say two
// things at one place.
//
// Contract. A Set holds the incarnation, its counter value and the incarnation vector, all in memory
// only. Certify* refuse anything that the rules forbid; what they grant is an authentic wire.Certificate
// that carries founding, incarnation, vector, recovery view and base. The caller hands the certificate
// to its host together with the news that it exists: the newest certificate of an enclave is its
// frontier, and the host logs it before it sends it.
//
// Invariants, each with the reason it is needed:
//   - PREPARE only by the leader of the view, COMMIT only by another: a leader's PREPARE is its vote.
//   - The position rises, by exactly one order within a view (gapless): a VIEW-CHANGE certificate then
//     shows with its previous value everything that this enclave certified (ordering rule V2).
//   - Nothing in views at or below the recovery view (mute rule): a former incarnation may have acted there.
//   - A VIEW-CHANGE certificate carries the previous value, written here: a host cannot omit what its
//     enclave took part in (continuing certificate).
//   - One NEW-VIEW a view.
//   - Numbers above wire.MaxNumber are refused, never wrapped.
//   - Verify accepts only the present founding: a set of old certificates may be consistent with itself
//     and yet commit what a later founding replaced.
//
// A counter is never taken from sealed state. ResumeUnsafe is the one exception for now: it believes the
// host's log, and is to be replaced by recovery from peers and by foundings.
//
// Trusted and pure: one owner, no clock, no randomness, no I/O. Imports wire, quorum and mac.
package counter
