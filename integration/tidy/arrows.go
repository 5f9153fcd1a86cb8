package tidy

// The four vocabulary packages: pure, trusted, known to both sides of the boundary.
var vocabulary = []string{"bftcore/wire/canon", "bftcore/wire", "bftcore/quorum", "mailstore/command"}

// arrows lists, for each package, which packages of this module its sources (not its tests) may import.
// Order: a package may name only packages above it here, so that the table itself cannot hold a cycle.
// A new package gets its line here, next to its neighbours, with no more than it needs; "*" stands for
// everything above and is for composition roots and tests alone.
var arrows = []arrow{
	// Vocabulary (trusted, pure).
	{"bftcore/wire/canon", nil},
	{"bftcore/wire", []string{"bftcore/wire/canon"}},
	{"bftcore/quorum", []string{"bftcore/wire"}},
	{"mailstore/command", []string{"bftcore/wire", "bftcore/wire/canon"}},

	// Trusted: the enclave. It never imports mail.
	{"enclave/tee", nil},
	{"enclave/tee/sim", []string{"enclave/tee", "bftcore/wire/canon"}},
	{"enclave/tee/ego", []string{"enclave/tee"}},
	{"enclave/mac", []string{"bftcore/wire", "bftcore/wire/canon"}},
	{"enclave/seal", []string{"enclave/tee", "bftcore/wire", "bftcore/wire/canon"}},
	{"enclave/genesis", []string{"enclave/tee", "enclave/seal", "bftcore/wire", "bftcore/wire/canon",
		"bftcore/quorum"}},
	{"enclave/handover", []string{"enclave/genesis", "enclave/seal", "enclave/tee", "bftcore/wire", "bftcore/wire/canon"}},
	{"enclave/counter", []string{"enclave/mac", "bftcore/wire", "bftcore/wire/canon", "bftcore/quorum"}},
	{"enclave/boundary", []string{"bftcore/wire", "bftcore/wire/canon"}},
	{"enclave/troxy", []string{"enclave/mac", "bftcore/wire", "bftcore/wire/canon", "bftcore/quorum"}},
	{"enclave/replica", []string{"enclave/mac", "enclave/counter", "enclave/boundary", "enclave/troxy",
		"bftcore/wire", "bftcore/wire/canon", "bftcore/quorum", "mailstore/command"}},

	// Trusted: cache and mail. Mail knows of the enclave only how to seal: the cluster reaches it as an
	// interface that it defines itself. mail/service joins both and is the enclave side's root.
	{"cache/content", []string{"bftcore/wire"}},
	{"mail/limit", nil},
	{"mail/message", []string{"bftcore/wire/canon"}},
	{"mail/auth", []string{"bftcore/wire/canon"}},
	{"mail/accounts", []string{"mail/auth", "enclave/seal", "bftcore/wire", "mailstore/command"}},
	{"mail/session", []string{"mail/message", "mail/auth", "mail/accounts", "cache/content", "enclave/seal",
		"bftcore/wire", "bftcore/wire/canon", "mailstore/command"}},
	{"mail/imapgate", []string{"mail/session", "mail/limit", "mail/message"}},
	{"mail/adminapi", []string{"enclave/boundary", "bftcore/wire/canon"}},
	{"mail/adminport", []string{"mail/adminapi", "mail/accounts", "mail/auth", "mail/limit"}},
	{"mail/service", []string{"mail/session", "mail/auth", "mail/accounts", "mail/imapgate", "mail/limit",
		"mail/adminapi", "mail/adminport", "enclave/handover",
		"cache/content", "enclave/tee", "enclave/seal", "enclave/genesis", "enclave/boundary",
		"enclave/replica", "bftcore/wire", "bftcore/quorum", "mailstore/command"}},

	// Untrusted: the mailstore. It never imports the enclave or the ordering core.
	{"mailstore/kv", []string{"bftcore/wire"}},
	{"mailstore/digesttree/verify", []string{"bftcore/wire"}},
	{"mailstore/digesttree", []string{"mailstore/digesttree/verify", "bftcore/wire"}},
	{"mailstore/blob", []string{"bftcore/wire"}},
	{"mailstore/state", []string{"mailstore/kv", "mailstore/digesttree", "mailstore/digesttree/verify",
		"mailstore/command", "bftcore/wire", "bftcore/wire/canon"}},

	// Untrusted: ordering, and the host around it. Of the enclave it knows the boundary alone.
	{"bftcore", []string{"bftcore/wire", "bftcore/wire/canon", "bftcore/quorum"}},
	{"bftcore/hostlog", []string{"bftcore/wire/canon"}},
	{"bftcore/transport", []string{"bftcore/wire/canon"}},
	{"bftcore/node", []string{"bftcore", "bftcore/hostlog", "bftcore/wire", "bftcore/wire/canon",
		"bftcore/quorum", "enclave/boundary"}},

	// Composition roots and tests of the whole.
	{"cmd/internal/pki", nil},
	{"cmd/internal/host", []string{"bftcore", "bftcore/hostlog", "bftcore/node", "bftcore/transport",
		"bftcore/quorum", "bftcore/wire", "enclave/boundary", "mailstore/blob", "mailstore/command",
		"mailstore/kv", "mailstore/state"}},
	{"cmd/internal/config", []string{"bftcore/wire", "enclave/genesis"}},
	{"cmd/internal/enrol", []string{"cmd/internal/config", "enclave/genesis", "enclave/seal", "enclave/tee",
		"enclave/tee/sim"}},
	{"cmd/internal/setup", []string{"cmd/internal/config", "cmd/internal/enrol", "cmd/internal/host",
		"cmd/internal/pki", "bftcore/quorum", "bftcore/wire", "enclave/genesis"}},
	{"cmd/internal/adminclient", []string{"cmd/internal/config", "cmd/internal/pki", "mail/accounts", "mail/adminapi",
		"mail/adminport", "enclave/boundary", "bftcore/wire"}},
	{"cmd/internal/demo", []string{"*"}},
	{"cmd/troxymail", []string{"cmd/internal/demo", "cmd/internal/setup", "cmd/internal/pki", "cmd/internal/adminclient",
		"mail/adminapi", "mail/auth"}},
	{"cmd/troxymail-host", []string{"bftcore", "bftcore/transport", "cmd/internal/config", "cmd/internal/host",
		"cmd/internal/pki", "enclave/boundary"}},
	{"cmd/troxymail-enclave", []string{"enclave/handover", "cmd/internal/config", "cmd/internal/enrol", "enclave/boundary",
		"enclave/genesis", "enclave/tee", "mail/service"}},
	{"integration/tidy", nil},
	{"integration/demo", nil},
	{"integration/clients", []string{"integration/demo"}},
	{"integration/ledger", []string{"integration/demo"}},
	{"integration/processes", []string{"integration/demo", "integration/ledger"}},
	{"integration/canary", []string{"integration/demo"}},
	{"integration/admin", []string{"integration/demo"}},
	{"integration/sim", []string{"*"}},
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
