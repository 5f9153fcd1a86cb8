// Package replica is the trusted runtime of one replica: the goroutine that owns the counter, the votes
// and the reply authentication, and the calls by which sessions use the cluster.
//
// Role. Frames from the host come in over boundary.Link; sessions call Do, Record, StoreBody and Watch
// from their own goroutines. One goroutine (Run) owns every trusted state; everything else talks to it
// through bounded channels. What it decides per frame is in the pure packages counter and troxy.
//
// Invariants:
//   - Nothing from the host is believed: certificates and requests are checked by MAC, results by vote,
//     records by digest, and an answer without a question is dropped and counted.
//   - A certificate is given only for a batch whose requests were all checked (CertifyPrepare,
//     CertifyCommit) or made here (own), and a COMMIT only for an authentic PREPARE of that view's leader.
//   - Watches fire after the reply to the write was authenticated, never before.
//   - Nothing in plaintext is put into a frame: commands arrive here already sealed.
//
// Must not import mail, bftcore (but wire and quorum), or mailstore (but command).
package replica
