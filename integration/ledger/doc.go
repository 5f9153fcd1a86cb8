// Package ledger keeps an account, outside of the program under test, of what a mail server was asked to
// do and what it acknowledged, and joins it with what every replica shows afterwards.
//
// The file is written and synced before a command is sent (intent) and after its answer (ack), so that it
// is right whatever is killed when. Invariants of a correct server, each a count of Verdict: nothing
// acknowledged is lost, changed or doubled; nothing is there that was never sent; an expunge that was
// acknowledged stays done; a flag that was acknowledged stays set; all replicas show the same. A command
// without an answer may have happened or not, once: that is counted and is no failure.
//
// Imports integration/demo for the connection, and no other package of this module: an error shared with
// the server could hide a loss.
package ledger
