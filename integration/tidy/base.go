package tidy

// trustedRoots are the patterns of everything that the enclave binary links of ours, beside the
// vocabulary.
var trustedRoots = []string{"./enclave/...", "./cache/...", "./mail/...", "./cmd/troxymail-enclave"}

// trustedFolders are the folders whose packages may be linked into the enclave: those of the trusted wing,
// and its composition root with what that reads its configuration and sets Go's runtime by.
var trustedFolders = []string{"enclave", "cache", "mail", "cmd/troxymail-enclave", "cmd/internal/config",
	"cmd/internal/enrol", "cmd/internal/goheap", "cmd/internal/processors", "cmd/internal/threadpolicy"}

// trustedModules are the third-party modules that the enclave may link, each with its reason.
var trustedModules = map[string]string{
	"github.com/BurntSushi/toml":     "the configuration, in the composition root alone",
	"github.com/emersion/go-imap/v2": "the IMAP engine, behind the framing guard of mail/imapgate",
	"github.com/emersion/go-message": "encoded words and character sets for go-imap",
	"github.com/emersion/go-sasl":    "SASL PLAIN, interface of go-imap",
	"github.com/emersion/go-smtp":    "the SMTP engine, behind the guard of mail/smtpgate",
	"golang.org/x/crypto":            "Argon2id, HKDF and ChaCha20-Poly1305",
	"golang.org/x/sys":               "processor features for x/crypto",
	"github.com/edgelesssys/ego":     "the SGX platform, behind the build tag ego",
	"github.com/go-jose/go-jose/v4":  "reached through ego, behind the build tag ego",
}

// testModules are the third-party modules that only tests may link.
var testModules = map[string]string{
	"github.com/anishathalye/porcupine": "linearizability of histories",
	"github.com/cockroachdb/datadriven": "scripts of the core's tests, and of scenarios",
	"github.com/hanwen/go-fuse/v2":      "a disk that forgets what was not synced, of integration/forgetful",
	"go.uber.org/goleak":                "goroutines that are left",
	"pgregory.net/rapid":                "property tests",
}

// trusted reports whether the enclave may link a package of ours.
func trusted(path string) bool {
	for _, v := range vocabulary {
		if path == v {
			return true
		}
	}
	for _, f := range trustedFolders {
		if under(path, f) {
			return true
		}
	}
	return false
}
