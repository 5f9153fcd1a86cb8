// Package linear tests that mailboxes are linearizable through any replica, whatever happens meanwhile: IMAP clients at
// all replicas work on two mailboxes at once, and each history of what they asked and heard is checked against a
// sequential model (model.go) with github.com/anishathalye/porcupine, and each session against what a client may count
// on (integration/transcript). A history that cannot be explained, or not decided in time, fails; its picture, its
// sessions and the command that makes the same choices again are kept in a folder that the test names.
//
// Observed as one moment's state: UID SEARCH (the messages that are there), STATUS, SELECT, how many messages the client
// counts after NOOP, flags in FETCH of a message that is there, and in UID FETCH 1:* (FLAGS) how many messages there are
// and the flags of all but those of which EXISTS told meanwhile. A message that was expunged and of whose end the client
// was not told may be fetched as it was (RFC 3501, 7.4.1). Bodies are those that were appended, always; with
// reads = "bounded" a message that came a moment ago may be missing among them, and nothing else may be otherwise. A
// command whose answer was lost, or was UNAVAILABLE, happened at some moment since or never.
//
// Histories are made in clusters in one process (cmd/cluster), while faults happen (storm.go), and a few by clients of
// six processes. More of them than `make test` takes: make histories ROUNDS=n.
package linear
