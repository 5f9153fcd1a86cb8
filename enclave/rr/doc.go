// Package rr is the quorum arithmetic of the restart-rollback model (NDSS 2023) as this project uses it: how many
// replicas have to be heard so that nothing that was acknowledged is missed, when some of those that answer
// restarted and may show an older state than they had.
//
// # The model
//
// A group has N replicas, of which at most F at a time do not answer or have a host that lies. Something is
// written when W replicas hold it. A replica that restarted knows that it did, but not how old the state is that
// its host shows it: sealed storage has integrity, not freshness. Its answer is suspicious. Of all suspicious
// answers at most M_R (field Rollbacks) are in truth old; here M_R is 1. A rollback is whatever makes a host show
// less than its enclave had certified: a snapshot brought back, an older folder, a disk replaced, a lie, synced
// data that the disk forgot. They count together, whoever owns the host.
//
// # A read
//
// A write at W replicas and a read of R replicas share at least W+R-N. Of those, at most min(s, M_R) no longer
// hold it, where s answers of the read are suspicious. One that holds it is left when
//
//	R(s) = N - W + 1 + min(s, M_R)
//
// and no smaller number does: put the overlap on the rolled back ones. M_R must be below W, or all that hold a
// write may forget it at once. When nothing restarted this is the quorum of crash tolerance; each restart that
// nobody can vouch for costs one more answer, up to M_R. Such a read is right for one moment: it must not span
// somebody's return (the cap by M_R is unsound then), which is why an enclave that returns does not use it.
//
// # An enclave that returns alone
//
// It asks W others that never stopped (ACTIVE; there are no suspicious ones among them) for a new incarnation
// number and for what they certified, and trusts nothing of its own: package counter, Recover. With W = F+1 of
// N = 2F+1, incarnation vectors do the rest (Michael et al., DISC 2017). The min(s, M_R) has no part in it.
//
// # A founding
//
// When too few never stopped, the group begins again from what its members show, in a new generation. All of
// them are suspicious but those that resigned while they ran. The read above needs R(M_R) members: then every
// write that was acknowledged before the last member stopped is found. But writes could go on without them: the
// N-R that are not members may still run in the old generation, and each of F lying hosts can keep a copy of its
// enclave running there while another instance takes part in the founding. Together with certificates that a
// rolled back member gave and forgot, they may complete a write that no member shows:
//
//	N = 5, F = 2, W = 3, and R(1) = 4 members: P0 and P1 lie and keep copies of their enclaves; P2 and P3 restart;
//	P4 is cut off and runs on. P0 to P3 found generation 2. The copies of P0 and P1 and the correct P4 are three:
//	P4 executes and acknowledges what generation 2 never heard of. Nobody showed an old state.
//
//	N = 4, F = 1, W = 3, R(1) = 3: the leader P1 proposes a, restarts, and is shown an older state; with P0, which
//	lies and keeps a copy, and P2 it founds generation 2. P1's PREPARE, the copy's COMMIT and the COMMIT of P3,
//	which is cut off and runs on, are three.
//
// So of any W replicas one must be a member, not rolled back, and no copy: W + R - N >= 1 + M_R + F; or nobody
// correct is left outside to accept the rest of the old generation: R = N.
//
//	Members = min(N, N - W + 1 + M_R + F)
//
// which is N for every group of N = 2F+1 with W = F+1. It is the price of 2F+1 replicas: after a power loss of
// all nothing that was acknowledged is contradicted even if one of them comes back with an older past, but the
// group waits for everybody.
//
// # A refounding
//
// When machines are gone for good, an administrator leaves them out and signs what may be lost (package refound).
// Such a founding takes at least W members, so that they can write, and so that they share W + M - N >= 1 of the
// holders of every write. What is given up, in this order:
//
//   - Rollbacks. With M members every write is found if at most min(M_R, M - (N-W+1)) of them show an older past
//     than they had (Tolerates): with M = W nobody may. Whether somebody did, nobody can tell.
//   - The end of the old generation. Its holders outside are N-M, and each of F lying members may keep a copy of its
//     enclave running there: as shown above they may go on writing. So the administrator has to know that who is
//     left out has stopped, and not only that it does not answer.
//   - One group. Two refoundings share 2M - N members, which with M = W is one, that may lie and take part in both
//     with two instances of its enclave. So an order is for one bundle alone: its nonces were drawn after the last
//     certificate of each member, it is good once, and whoever gives a second one for other members says with it
//     that those of the first have stopped.
//
// Who was left out and comes back later was no member: it returns alone, with the grants of W that are ACTIVE in the new
// generation, and never as what it was. When it takes part in a founding before it did, it is a member like any other, but
// what it shows of its past does not count: package counter tells why, and why that misses nothing.
//
// Pure: imports nothing but the standard library.
package rr
