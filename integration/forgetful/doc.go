// Package forgetful is a file system that forgets, at a power loss, what was not synced: real programs run on it
// unchanged, and tests take its power away in the middle of their work.
//
// Role. The program forgetdisk mounts disks (FUSE) whose files and folders have two images each, what is cached and
// what is synced. Programs see what is cached. fsync and fdatasync of a file move its bytes, its length and its mode;
// fsync of a folder moves its names, and nothing else does: a new file whose folder was never synced is gone, however
// often the file itself was. Server and Disk are for tests: they mount, cut the power before the n-th change from now on,
// and bring the disks back as a power loss leaves them.
//
// What a power loss leaves (Loss): what is synced; of the rest nothing, or each 4 KiB block and each name as a coin
// says, in any order, and one block may be torn at a sector of 512 bytes. A rename is there or not, never half, also
// across folders. A length that is kept without its blocks reads as zeros.
//
// When the power goes all calls on the disk stop where they are, so that the programs can be killed at that very
// moment; after that they fail. A fsync can also be made to fail as kernels do it (FailSync): what it should have
// written counts as clean from then on and is on no disk, so that a second fsync would succeed without it. Or all of
// them succeed and do nothing (IgnoreSyncs), and each takes its time (SyncTime).
//
// Not here: hard and symbolic links, extended attributes, permissions, times that survive, limits of space. Locks
// (flock) are the kernel's. Contents are kept in memory.
//
// The server is a process of its own: a process that serves FUSE to itself can stop for good, when a page fault in a
// mapped file, or an exec, waits for a server whose garbage collector waits for that thread.
//
// Needs Linux, root and /dev/fuse. For tests only: no program of ours links it but forgetdisk (integration/tidy).
// Imports no other package of this module.
package forgetful
