// Package counter is the trusted counter of a replica's enclave (TrInX, as used by Hybster, EuroSys 2017): it
// certifies at most one digest per [view|order], so that an untrusted host cannot say two things at one place.
//
// State is the rules, one method a rule, without cryptography: a model checker drives the same methods. Set is
// State and authentication: it decodes what comes in, checks MACs, and gives MACs to what goes out. A rule that
// refuses has changed nothing. What a rule gives out, the host logs before it has any effect.
//
// # The enclave remembers what it certified
//
// Hybster's enclave keeps a counter only, and hosts disclose what was certified at its values: so a VIEW-CHANGE
// has to be checked for completeness and justification, chained when views failed, and made compact again by
// NEW-VIEW-ACKs. Here the enclave keeps, above its stable checkpoint, one entry an order: the batch digest that
// it certified, or that a NEW-VIEW settled, with its rank (generation, view). It is 52 bytes an order and at most
// wire.MaxEntries of them. VIEW-CHANGE, REC-STATE and COLD-STATE are then written by the enclave from its own
// memory, and the leader's enclave selects from them itself. What follows:
//
//   - A host can withhold such a message, never what is in it: completeness needs no check.
//   - After its NEW-VIEW a leader's enclave certifies only what follows the selection. So every authentic PREPARE
//     of a view is justified, without looking at any NEW-VIEW; a view's NEW-VIEW is one enclave's word, without
//     VIEW-CHANGEs attached, and NEW-VIEW-ACK is not needed.
//   - What an enclave learnt by recovery is in its memory like the rest and is never dropped from disclosure.
//
// Continuing certificates stay: a VIEW-CHANGE carries the counter's previous value.
//
// # Several counters
//
// With Config.Pillars an enclave has one counter for each of P parallel instances: order o belongs to pillar o mod P,
// and is certified after o-P, whatever other pillars do. A PREPARE or COMMIT names its counter; one that names another
// than its order's is nobody's. All else is said for all counters at once: they share the view, the checkpoint, the
// selection, the window and the memory, so that a VIEW-CHANGE freezes them in one step, a NEW-VIEW or a founding begins
// with all of them behind the same order, and one Frontier tells how far each is. A host that shows its log with the tail
// of one pillar left out shows an older past, as if it left out that of all.
//
// Then entries may have gaps below the highest order, and no single value says what was certified: a VIEW-CHANGE's
// Previous is the order up to which all counters were. Nothing rests on more. Completeness never came from the value: the
// enclave discloses what it remembers, order by order, gaps included. The argument below is about one order at a time: a
// commit at o is f+1 certificates at o, so a member of any f+1 that left the view has o among its entries, whatever it has
// below; and an order that is in nobody's entries of such f+1 is committed nowhere, so that Select may fill it with an
// empty batch. A recovery merges entries and leaves gaps open, as nothing is decided there; the next view fills them.
//
// # Why a committed batch is selected
//
// A commit is f+1 certificates of one (view, order, digest), a NEW-VIEW rests on f+1 VIEW-CHANGEs: of 2f+1
// enclaves one, k, is in both. k certified before its VIEW-CHANGE, because afterwards its counter is past that
// view. So the entry is in what k disclosed, unless a later view settled the same order at k by a NEW-VIEW, which
// by induction selected the same digest, or unless k's checkpoint covers it. No entry of a higher rank has
// another digest, by the same induction, and Select takes the highest rank. For the same reason whoever enters a
// view may forget what it certified at orders that the selection leaves out: nothing there can be committed
// any more, because each quorum for it would need a member of the selection's f+1, and those have left the view.
//
// When k restarted in between, its certificates are of two incarnations, and a quorum that holds one beside a
// certificate that knows of the other does not count (quorum.Consistent; ordering rule of Michael et al., DISC
// 2017). A recovered enclave is mute in every view that its recovery read: it may have acted there.
//
// # How an enclave comes back
//
// A counter is never taken from sealed state. What the host's log shows at the start (Restore) makes the enclave
// RECOVERING; how new it is, is the host's word. It becomes ACTIVE in one of two ways:
//
//   - By recovery, when f+1 others never stopped (recovery.go): they grant a number to its nonce and tell what a
//     VIEW-CHANGE would tell at that moment. It takes nothing from its own log, and is mute up to the highest view
//     that they were in.
//   - By a founding, when too many stopped (founding.go): all members give COLD-STATEs that name each other's
//     nonces, drawn after their last certificate; each computes the same generation, view and selection from
//     them, hands it to its host (the JOIN frontier) and gives a JOIN; with the JOINs of all it is ACTIVE. How
//     many members that takes and why is told in package rr. An enclave that runs on while f+1 others cannot
//     return alone resigns, irrevocably, to take part. When machines are gone for good, an administrator orders a
//     founding without them, signed for exactly one bundle (refounding.go, package refound).
//
// A certificate names its founding by generation and bundle digest, and those of another founding are nothing
// outside a bundle. Entries keep the rank with which they were certified through every founding, so that an
// attempt which was given up, and which nobody may remember, beats nothing that is committed later.
//
// # What a founding goes on from
//
// All members make the name of a founding, its generation and its view. What it begins with need not come from all of them,
// once an administrator has founded some without the others. Who was left out, and starts again with its old log, shows what
// that founding gave up, and neither ranks nor checkpoints tell: its entries are genuine, and its checkpoint may be the
// highest of all, of a history that nobody else has any more. So every state says which founding is known to have been ACTIVE
// last of those from which it descends (LastActive, in Frontier and COLD-STATE). Found and Recover set it, and an own PREPARE
// or COMMIT behind the Frontier of a JOIN, for only an ACTIVE enclave certifies. A JOIN takes the newest of the bundle,
// since its state is made from that; its own founding may come to nothing. What Learn adds says nothing of where a state
// comes from. Those members alone disclose something to a founding that know of the newest (wire.Counted).
//
// Nothing acknowledged is missed by that. A result is shown when f+1 hosts say that it is durable in a founding F. Each that
// does not lie has synced before it, in the same log, what says that F was ACTIVE, and one of them is left in every later
// bundle. So the newest that this knows of, N, is F or a founding behind F. If it is F, that one is counted. Otherwise N had a
// bundle of its own, for which the same holds: N selected the result. All members of N have its selection from their JOIN
// on, and what an enclave forgets of it while ACTIVE in N, a view or a stable checkpoint of N has taken over. A member that
// joined N and never saw it begin certified nothing in it, and has nothing but the selection, which whoever was ACTIVE in
// N shows as well. Who shows an older past does not count at all, or shows less of N, as it could before. Nobody shows
// something newer than there was: Found takes the JOINs of all members, and who gave one is in nothing older afterwards.
//
// The generation would not do. An enclave that joined attempts which came to nothing has a higher one than others, and a host
// can have its enclave join an old bundle late, alone. Of two foundings with one number both can have been ACTIVE only if
// an administrator ordered two; the digest then decides, so that all at least decide alike.
//
// For the same reason nothing is learnt of a founding before the one from which the state descends: a host shows its enclave
// all that it saw committed before each COLD-STATE, so that what was not selected then was given up.
//
// ResumeUnsafe and Continue believe the host's log instead. They stand in until hosts drive the above.
//
// # Files
//
// state.go, normal.go (PREPARE, COMMIT), pillars.go (where the counters are), view.go (REQ-VC, VIEW-CHANGE, NEW-VIEW, ENTER), checkpoint.go,
// restore.go, recovery.go, founding.go, refounding.go; set.go, set_view.go, set_restart.go; commits.go (what the
// enclave saw committed).
//
// Trusted and pure: one owner, no clock, no randomness, no I/O. Imports wire, quorum, rr, refound and mac.
package counter
