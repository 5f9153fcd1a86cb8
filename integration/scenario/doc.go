// Package scenario plays named attacks on enclaves, step by step, out of text files that a reader of the papers can
// follow (Troxy, DSN 2018; Hybster and TrInX, EuroSys 2017; restart-rollback, NDSS 2023).
//
// Role. Each file in testdata is one case: what is attacked in its first lines, with the rule that holds and the place
// of that rule; then steps, and below each what came of it. A file's number is the case's number in the list of cases
// that bftcore/testdata begins (normal case, leaders, view changes, checkpoints): there cores act, here enclaves.
// The cases here are of restarts, clones, older pasts, foundings, votes, validated reads and TLS.
//
// The enclave of each replica is the product's, whole: counter, proxy, index, validation, behind its boundary
// (enclave/replica), with a randomness that is the same each time. Hosts are the script's hands: what a lying host can
// do is to send its own enclave any frame and others any message, and that is what the verbs do. Honest hosts bring
// their enclaves back with the product's driver (bftcore/rejoin), and time is a clock of the test's.
//
// Use. go test ./integration/scenario -run TestScenarios/t19_ plays one; with -rewrite it writes below each step what came
// of it, which is to be read before it is kept. integration/planted takes the rule of each script out of the program and
// wants it to fail.
//
// For tests only. The verbs are listed at TestScenarios.
package scenario
