// Package bftcore orders requests: the untrusted half of the Hybster protocol (EuroSys 2017) as a pure
// state machine. It has no clock, goroutine, lock, socket or disk; the same events in the same order
// give the same effects, whatever machine runs it. Package node is what surrounds it with I/O.
//
// # Use
//
//	core, err := bftcore.New(config, now, restored)
//	for each event { core.Step(now, event) }      // any number of events before one Ready
//	ready := core.Ready()                         // what is to be done now
//	... do it, in the order below ...
//	core.Advance()                                // the slices of ready belong to the core again
//	wait for the next event, or until core.NextDeadline(), then Step(now, Tick{})
//
// # Duties of the caller for one Ready
//
//  1. Append Records to the host log, in order, as one write. Nothing else of this Ready may have an
//     effect before that write succeeded; when it fails, the host must stop. With Sync, begin to sync the log: what waits
//     for that (messages, results) is held back until Synced.
//  2. Send Messages. Those with AfterSync leave only once everything that was written to the log so far,
//     the Records of this Ready included, is synced. Messages may be lost, repeated and reordered by
//     the network, but their order per peer should be kept where that costs nothing.
//  3. Hand Calls to the own enclave in order, later Readies after earlier ones, and bring each answer
//     back by Step. Only request headers and MACs cross, never commands.
//  4. Apply Execute to the store, batch by batch, in order, and report Executed. Handed to Execute
//     means committed: it may be applied before it is synced, but what is durable is decided by
//     Status.Durable (report Synced after each sync of the log).
//  5. Serve Reanswer, Load, NeedBody, Transfer and Retrace, in no particular order, when there is time.
//
// Byte slices in a Ready (records, messages, requests) are never changed by the core or its caller;
// they may be kept beyond Advance. The slices that hold them may not.
//
// # What it guarantees
//
// At correct hosts of a group in which at most f hosts are faulty: no two different batches at one
// order, each order executed once and in order, and every order that one correct host executed is
// executed by all correct hosts that stay connected to it, without help of the leader. A batch is
// committed when f+1 certificates of distinct replicas that are consistent in their incarnations (package
// quorum) bind its digest to one position: the leader's PREPARE and f COMMITs. Nothing is counted
// before the own enclave verified it.
//
// A view that does not order what waits is left: f+1 that want another one (REQ-VC) make the enclaves leave it
// (VIEW-CHANGE), the next leader's enclave selects what the view begins with (NEW-VIEW), and those batches are
// proposed again before anything new. Which rules keep that safe is in enclave/counter; here is only who is
// asked, when, with what, and how a host comes by the batches that it needs. A host that missed a view's orders
// learns them from their proofs, without a vote; one that misses a stable checkpoint has its store brought there (Transfer),
// or, when nobody keeps that state any more, retraces the way on a copy of its store by what one peer's log says of any
// founding (Retrace): the root that f+1 attested tells whether it was the right one.
//
// # Pillars
//
// With Config.Pillars, orders belong to P parallel instances in turn, each with a counter of its own in the enclave: what
// one waits for (a PREPARE that was lost, a body, a certificate) keeps the others neither from voting nor from committing.
// Execution is one sequence. A leader gives batches one order after the other, so that no pillar is left behind; where a
// refusal of its enclave leaves a hole below a proposal, the next batch goes there, an empty one if nothing waits. The core
// stays one state machine and one goroutine: pillars are no threads.
//
// # Files
//
// config.go, event.go, ready.go, record.go, counters.go, status.go and deadline.go are the interface; core.go dispatches.
// pillars.go says how far the counters are. Then one phase a file: dedup.go and pending.go (requests), batch.go,
// order_prepare.go and reserve.go (leader), slot.go, order_vote.go, order_commit.go (follower and quorum), execute.go, retransmit.go,
// fetch.go, resend.go, progress.go; view_want.go, view_change.go, view_enter.go, holdings.go, needed.go and learn.go (other
// views), checkpoint.go, jump.go and retrace.go (to a checkpoint's state), statements.go (what goes to the log beside batches),
// restore.go and replay.go (what a log says); testament.go and evidence.go (what a log shows).
//
// Untrusted. Imports wire, canon and quorum only.
package bftcore
