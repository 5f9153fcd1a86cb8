// Package seal keeps secrets from hosts: what an enclave stores or sends through its host in ciphertext
// is made and opened here, and the tokens by which hosts know accounts, mailboxes and keywords.
//
// Keys. One group key is drawn at genesis inside an enclave. From it and the hash of the genesis file,
// Derive makes one key per Purpose. Every account has a random key of its own, wrapped under the
// account-wrap key, so that an account can be made unreadable by refusing to unwrap. Records of an
// account (message bodies, summaries, names, keywords, password verifiers) are sealed under its key;
// addresses under the account-wrap key, because the list of accounts is read without account keys.
//
// Format. Everything sealed starts with a version and a kind byte. Every sealing draws a 256-bit salt and
// derives a key that is used once (HKDF-SHA256, RFC 5869; AES-256-GCM), so random nonces cannot collide
// and clones or rollbacks of an enclave repeat nothing. The associated data is type-tagged and
// length-bound. A record's names epoch, account, kind, record id, the digest of the sealed sibling
// (a summary names its body), the plaintext's size, and for small records a context of the caller. It
// names neither UID nor mailbox: COPY and MOVE re-seal nothing.
//
//	record    version(1) kind(1) id(16) salt(32) ciphertext tag(16)              SmallOverhead
//	body      version(1) kind(1) id(16) salt(32) segments: 64 KiB each + tag(16)  SealedBodySize
//	wrapped   version(1) kind(1) salt(32) ciphertext(32) tag(16)                 WrappedKeyBytes
//	local     version(1) kind(1) salt(32) ciphertext tag(16)                     LocalOverhead
//
// What is not promised:
//   - Freshness. An older blob with the same associated data opens: a host may show it again. That it is
//     the current one follows from the voted state, which holds Digest of every record.
//   - Where a record stands in which mailbox: bound by the voted state digest.
//   - Sizes: a ciphertext is as long as its plaintext plus a constant. Equal names have equal tokens
//     under the same parent, and equal keywords in one account.
//   - Key commitment: whoever knows an account's key could make one blob that opens under two keys. Hosts
//     do not know any.
//
// Invariants: everything that opens is total on hostile input, allocates no more than the input is long
// plus two segments, and fails with ErrOpen alone. Secrets do not print. Pure but for the randomness
// passed in: crypto/rand.Reader, always, outside of tests. Inputs are neither kept nor changed; results
// belong to the caller; all functions are safe for concurrent use.
//
// Imports of the project only canon and enclave/tee.
package seal
