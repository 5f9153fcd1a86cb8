package tidy

// The vocabulary packages: pure, trusted, known to both sides of the boundary.
var vocabulary = []string{"bftcore/wire/canon", "bftcore/wire", "bftcore/quorum", "mailstore/command",
	"mailstore/digesttree/verify"}

// arrows lists, for each package, which packages of this module its sources (not its tests) may import.
// Order: a package may name only packages above it here, so that the table itself cannot hold a cycle.
// A new package gets its line here, next to its neighbours, with no more than it needs; "*" stands for
// everything above and is for composition roots and tests alone.
var arrows = []arrow{
	// Vocabulary (trusted, pure).
	{"bftcore/wire/canon", nil},
	{"bftcore/wire", []string{"bftcore/wire/canon"}},
	{"bftcore/quorum", []string{"bftcore/wire"}},
	{"mailstore/digesttree/verify", []string{"bftcore/wire"}},
	{"mailstore/command", []string{"mailstore/digesttree/verify", "bftcore/wire", "bftcore/wire/canon"}},

	// Trusted: the enclave. It never imports mail.
	{"enclave/tee", nil},
	{"enclave/tee/sim", []string{"enclave/tee", "bftcore/wire/canon"}},
	{"enclave/tee/ego", []string{"enclave/tee"}},
	{"enclave/mac", []string{"bftcore/wire", "bftcore/wire/canon"}},
	{"enclave/seal", []string{"enclave/tee", "bftcore/wire", "bftcore/wire/canon"}},
	{"enclave/genesis", []string{"enclave/tee", "enclave/seal", "bftcore/wire", "bftcore/wire/canon",
		"bftcore/quorum"}},
	{"enclave/handover", []string{"enclave/genesis", "enclave/seal", "enclave/tee", "bftcore/wire", "bftcore/wire/canon"}},
	{"enclave/rr", nil},
	{"enclave/refound", []string{"enclave/rr", "bftcore/wire", "bftcore/wire/canon"}},
	{"enclave/counter", []string{"enclave/mac", "enclave/rr", "enclave/refound", "bftcore/wire", "bftcore/wire/canon", "bftcore/quorum"}},
	{"enclave/boundary", []string{"bftcore/wire", "bftcore/wire/canon"}},
	{"enclave/troxy", []string{"enclave/mac", "bftcore/wire", "bftcore/wire/canon", "bftcore/quorum", "mailstore/command"}},
	{"cache/index", []string{"bftcore/wire"}},
	{"cache/validate", []string{"cache/index", "enclave/mac", "bftcore/wire", "bftcore/quorum"}},
	{"cache/lag", []string{"enclave/mac", "bftcore/wire", "bftcore/quorum"}},
	{"enclave/replica", []string{"cache/index", "cache/validate", "cache/lag", "enclave/mac", "enclave/counter", "enclave/boundary", "enclave/refound", "enclave/troxy",
		"bftcore/wire", "bftcore/wire/canon", "bftcore/quorum", "mailstore/command"}},

	// Trusted: cache and mail. Mail knows of the enclave only how to seal: the cluster reaches it as an
	// interface that it defines itself. mail/service joins both and is the enclave side's root.
	{"cache/content", []string{"bftcore/wire"}},
	{"cache/mailtree", []string{"mailstore/command", "mailstore/digesttree/verify", "bftcore/wire", "bftcore/wire/canon"}},
	{"mail/limit", nil},
	{"mail/message", []string{"bftcore/wire/canon"}},
	{"mail/auth", []string{"bftcore/wire/canon"}},
	{"mail/accounts", []string{"mail/auth", "enclave/seal", "bftcore/wire", "mailstore/command"}},
	{"mail/session", []string{"mail/message", "mail/auth", "mail/accounts", "cache/content", "cache/mailtree",
		"enclave/seal", "bftcore/wire", "bftcore/wire/canon", "mailstore/command"}},
	{"mail/sasl", []string{"mail/auth"}},
	{"mail/imapgate", []string{"mail/session", "mail/sasl", "mail/limit", "mail/message"}},
	{"mail/delivery", []string{"mail/message", "mail/accounts", "enclave/seal", "bftcore/wire", "mailstore/command"}},
	{"mail/smtpgate", []string{"mail/delivery", "mail/session", "mail/sasl", "mail/limit", "mailstore/command"}},
	{"mail/adminapi", []string{"enclave/boundary", "enclave/refound", "bftcore/wire", "bftcore/wire/canon"}},
	{"mail/adminport", []string{"mail/adminapi", "enclave/refound", "bftcore/wire", "mail/accounts", "mail/auth", "mail/limit"}},
	{"mail/autoconfig", []string{"mail/accounts", "mail/limit"}},
	{"mail/service", []string{"mail/autoconfig", "mail/delivery", "mail/smtpgate", "mail/session", "mail/auth", "mail/accounts", "mail/imapgate", "mail/limit",
		"mail/adminapi", "mail/adminport", "enclave/handover",
		"cache/content", "cache/lag", "enclave/tee", "enclave/seal", "enclave/genesis", "enclave/boundary", "enclave/refound",
		"enclave/replica", "bftcore/wire", "bftcore/quorum", "mailstore/command"}},

	// Untrusted: the mailstore. It never imports the enclave or the ordering core.
	{"mailstore/kv", []string{"bftcore/wire"}},
	{"mailstore/digesttree", []string{"mailstore/digesttree/verify", "bftcore/wire"}},
	{"mailstore/blob", []string{"bftcore/wire"}},
	{"mailstore/transfer", []string{"bftcore/wire"}},
	{"mailstore/state", []string{"mailstore/kv", "mailstore/digesttree", "mailstore/digesttree/verify", "mailstore/transfer",
		"mailstore/command", "bftcore/wire", "bftcore/wire/canon"}},

	// Untrusted: ordering, and the host around it. Of the enclave it knows the boundary alone.
	{"bftcore", []string{"bftcore/wire", "bftcore/wire/canon", "bftcore/quorum"}},
	{"bftcore/rejoin", []string{"bftcore/wire", "bftcore/quorum"}},
	{"bftcore/hostlog", []string{"bftcore/wire/canon"}},
	{"bftcore/transport", []string{"bftcore/wire/canon"}},
	{"bftcore/node", []string{"mailstore/transfer", "bftcore", "bftcore/hostlog", "bftcore/rejoin", "bftcore/wire", "bftcore/wire/canon",
		"bftcore/quorum", "enclave/boundary"}},

	// Test double of a host that lies; a build of the host with its tag links it.
	{"integration/liar", []string{"bftcore/wire", "enclave/boundary"}},

	// Composition roots and tests of the whole.
	{"cmd/internal/pki", nil},
	{"cmd/internal/goheap", nil},
	{"cmd/internal/processors", nil},
	{"cmd/internal/threadpolicy", nil},
	{"cmd/internal/host", []string{"bftcore", "bftcore/hostlog", "bftcore/node", "bftcore/rejoin", "bftcore/transport",
		"bftcore/quorum", "bftcore/wire", "enclave/boundary", "enclave/rr", "mailstore/blob", "mailstore/command",
		"mailstore/kv", "mailstore/state", "mailstore/transfer"}},
	{"cmd/internal/config", []string{"bftcore/wire", "enclave/genesis"}},
	{"cmd/internal/enrol", []string{"cmd/internal/config", "enclave/genesis", "enclave/seal", "enclave/tee",
		"enclave/tee/sim"}},
	{"cmd/internal/setup", []string{"cmd/internal/config", "cmd/internal/enrol", "cmd/internal/host",
		"cmd/internal/pki", "bftcore/quorum", "bftcore/wire", "enclave/genesis"}},
	{"cmd/internal/adminclient", []string{"cmd/internal/config", "cmd/internal/pki", "mail/accounts", "mail/adminapi",
		"mail/adminport", "enclave/boundary", "enclave/refound", "enclave/rr", "bftcore/wire"}},
	{"cmd/internal/transfer", nil},
	{"cmd/internal/transfer/maildir", []string{"cmd/internal/transfer"}},
	{"cmd/internal/transfer/mbox", []string{"cmd/internal/transfer"}},
	{"cmd/internal/transfer/imaplink", nil},
	{"cmd/internal/transfer/remote", []string{"cmd/internal/transfer", "cmd/internal/transfer/imaplink"}},
	{"cmd/internal/transfer/importer", []string{"cmd/internal/transfer", "cmd/internal/transfer/imaplink"}},
	{"cmd/internal/transfer/exporter", []string{"cmd/internal/transfer"}},
	{"cmd/internal/demo", []string{"*"}},
	{"cmd/troxymail", []string{"cmd/internal/config", "cmd/internal/transfer", "cmd/internal/transfer/exporter",
		"cmd/internal/transfer/imaplink", "cmd/internal/transfer/importer", "cmd/internal/transfer/maildir",
		"cmd/internal/transfer/mbox", "cmd/internal/transfer/remote", "cmd/internal/demo", "cmd/internal/setup", "cmd/internal/pki", "cmd/internal/adminclient",
		"enclave/boundary", "mail/adminapi", "mail/auth"}},
	{"cmd/troxymail-host", []string{"bftcore", "bftcore/node", "bftcore/transport", "integration/liar", "cmd/internal/config",
		"cmd/internal/goheap", "cmd/internal/host", "cmd/internal/pki", "cmd/internal/processors", "cmd/internal/threadpolicy", "enclave/boundary"}},
	{"cmd/troxymail-enclave", []string{"enclave/handover", "cmd/internal/config", "cmd/internal/enrol", "cmd/internal/goheap",
		"cmd/internal/processors", "cmd/internal/threadpolicy", "enclave/boundary",
		"enclave/genesis", "enclave/tee", "mail/service"}},
	{"cmd/cluster", []string{"bftcore/node", "bftcore/transport", "bftcore/wire", "integration/liar", "cmd/internal/config",
		"cmd/internal/enrol", "cmd/internal/host", "cmd/internal/setup", "enclave/boundary", "enclave/genesis", "enclave/tee",
		"mail/auth", "mail/service"}},
	{"integration/tidy", nil},
	{"integration/demo", nil},
	{"integration/transcript", nil},
	{"integration/scram", nil},
	{"integration/ledger", []string{"integration/demo"}},
	{"integration/forgetful", nil},
	{"integration/forgetful/forgetdisk", []string{"integration/forgetful"}},
	{"integration/processes", []string{"integration/demo", "integration/ledger", "integration/scram"}},
	{"integration/clients", []string{"integration/demo", "integration/processes"}},
	{"integration/canary", []string{"integration/demo"}},
	{"integration/linear", []string{"cmd/cluster", "integration/demo", "integration/processes", "integration/transcript"}},
	{"integration/admin", []string{"integration/demo"}},
	{"integration/transfer", []string{"integration/demo"}},
	{"integration/check/explore", nil},
	{"integration/check/reads", []string{"integration/check/explore", "cache/index", "cache/validate", "bftcore/quorum", "bftcore/wire"}},
	{"integration/check/ordering", []string{"integration/check/explore", "enclave/counter", "enclave/rr", "enclave/troxy", "bftcore/quorum", "bftcore/wire",
		"mailstore/command", "mailstore/state"}},
	{"integration/planted", nil},
	{"integration/sim", []string{"*"}},
	{"integration/scenario", nil},
}

type arrow struct {
	from string
	to   []string
}

// allowed returns the packages that path may import, and whether the table knows path at all.
func allowed(path string) (map[string]bool, bool) {
	above := map[string]bool{}
	for _, a := range arrows {
		if a.from != path {
			above[a.from] = true
			continue
		}
		to := map[string]bool{}
		for _, p := range a.to {
			if p == "*" {
				return above, true
			}
			to[p] = true
		}
		return to, true
	}
	return nil, false
}
