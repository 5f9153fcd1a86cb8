// Package hostlog is the durable, append-only log of a host: what ordering must find again after a
// restart. Records are opaque here; bftcore defines their kinds and what follows from them. The log is
// untrusted by enclaves: what they may believe of it after a restart is decided elsewhere. Here the
// task is that an honest host with an honest disk never loses, alters or reorders what was synced, and
// never mistakes a damaged log for a whole one.
//
// # Files
//
// A folder holds LOCK (flock: one process at a time), LOG (the log's random id and the number of the
// oldest segment that must exist, replaced by rename) and segments NNNNNNNNNNNNNNNN.seg, preallocated
// and numbered without gaps. A segment starts with a header block under one checksum: format version,
// log id, number, first LSN, and of its predecessor the end offset and a running checksum over all its
// records. A cut, exchanged or older predecessor therefore does not fit its successor. Records follow
// as frames of 32 bytes header and body, padded to 8. The header has its own CRC-32C over LSN, kind,
// order, length, the CRC of the body and the durable mark (below); both checksums start from a seed
// made of log id and segment number, so a frame that was moved, or belongs to another log, is no frame.
// The LSN is the number of a record in the log, from 1, without gaps.
//
// # Torn tail or damage
//
// After a power loss the blocks written since the last successful sync may be there, gone or torn, each
// for itself. So a bad frame with good frames behind it is no proof of damage, and a bad frame with
// nothing behind it is no proof of a torn write. What decides is whether the bad frame had been synced.
// The log says so itself: every frame carries the highest LSN that was durable when it was written.
// Open reads the last segment up to the first frame that is not valid, at LSN e, and then looks at every
// possible frame position behind it:
//
//   - A valid header there that calls e durable, or that carries e itself (so that what is bad before it
//     is a mark, and marks are synced before anything follows): e was synced and is broken. Damage.
//   - Else nothing shows that e was ever synced: a torn tail. It is cut off, valid frames behind the tear
//     with it (none of them was durable, and an order with a hole is no order), and the space is zeroed
//     and synced, so that old frames cannot come back to life behind new ones.
//
// Limit of the rule: what was synced last, with nothing written since, has no witness; damage to
// exactly that looks like a torn tail and is cut. Close and the switch to a new segment therefore
// write a mark of their own and sync it. To the rest of the cluster such a host is one that lost synced
// data, for which the quorum rules provide. Open reports the bytes cut (Stats.TornBytes).
//
// A segment other than the last was synced as a whole before its successor was created, and its
// successor was durable before the seal mark at its end. So any bad frame in it is damage; a last
// segment with a seal is a missing successor; and a last segment whose header is unreadable is an
// unfinished creation only if its predecessor bears no seal. Damage is a *DamageError and never
// repaired, skipped or cut here.
//
// # Failing disks
//
// After any error of a write or sync the log is poisoned for the life of the process. A sync is never
// retried: kernels mark pages clean after a failed one, and the next would succeed without the data.
// For the same reason Open rewrites in place, with the same bytes, whatever nothing vouches for (the
// last frames, the last segment's header, its predecessor's seal) before it syncs and calls it durable:
// those pages may be in memory only.
//
// # Memory
//
// The index holds 24 bytes for each 64 KiB of log (the orders that occur in that block and where its
// first frame starts), whatever the size of records: at 1 KiB of records an order, 0.4 bytes an order.
//
// Linux only (flock, fdatasync, fallocate). Imports the standard library, bftcore/wire/canon and
// golang.org/x/sys/unix; nothing else.
package hostlog
