package tidy

import (
	"fmt"
	"go/ast"
	"strings"
)

// pureRules lists the packages whose outcome depends on their inputs alone, with what each may use
// nevertheless. Their tests are free.
var pureRules = map[string]pure{
	"bftcore/wire/canon":          {},
	"bftcore/wire":                {},
	"bftcore/quorum":              {},
	"bftcore":                     {},
	"bftcore/rejoin":              {},
	"mailstore/command":           {},
	"mailstore/digesttree":        {},
	"mailstore/digesttree/verify": {},
	"mailstore/state":             {},
	"mail/message":                {},
	"mail/adminapi":               {},
	"enclave/mac":                 {imports: map[string]string{"log/slog": "a key redacts itself when it is logged"}},
	"enclave/counter":             {},
	"enclave/rr":                  {},
	"enclave/refound":             {},
	"enclave/troxy":               {},
	"cache/index":                 {},
	"cache/mailtree":              {},
	"cache/validate":              {},
	"cache/lag":                   {},
	"integration/transcript":      {},
}

// pure names exceptions of one package: imports from the banned list that it may use, each with its reason.
type pure struct {
	imports map[string]string
}

// impureImports are what no pure package may import: a prefix ending in "/" covers everything below it.
var impureImports = []string{"net", "net/", "os", "os/", "syscall", "golang.org/x/sys/", "math/rand",
	"math/rand/v2", "crypto/rand", "log", "log/", "sync", "sync/", "io/ioutil", "runtime", "runtime/",
	"context", "unsafe"}

// impureNetOK are parts of the net tree that only parse.
var impureNetOK = map[string]bool{"net/mail": true, "net/textproto": true, "net/netip": true, "net/url": true}

// impureCalls are functions of packages that are else allowed.
var impureCalls = map[string]map[string]bool{
	"time": {"Now": true, "After": true, "AfterFunc": true, "Sleep": true, "NewTimer": true,
		"NewTicker": true, "Tick": true, "Since": true, "Until": true},
}

// impurities returns every breach of purity in one file: imports, calls, goroutines, channels.
func impurities(s Source, rule pure) []string {
	var found []string
	report := func(n ast.Node, what string) {
		found = append(found, fmt.Sprintf("%s: %s in a pure package (rule: integration/tidy/pure.go)", s.At(n), what))
	}
	for _, spec := range s.File.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		if impureImport(path) && rule.imports[path] == "" {
			report(spec, "import of "+path)
		}
	}
	ast.Inspect(s.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			report(n, "go statement")
		case *ast.SelectStmt:
			report(n, "select")
		case *ast.SendStmt:
			report(n, "channel send")
		case *ast.ChanType:
			report(n, "channel")
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && impureCalls[pkg.Name][n.Sel.Name] {
				report(n, pkg.Name+"."+n.Sel.Name)
			}
		}
		return true
	})
	return found
}

func impureImport(path string) bool {
	if impureNetOK[path] {
		return false
	}
	for _, banned := range impureImports {
		if path == banned || strings.HasSuffix(banned, "/") && strings.HasPrefix(path, banned) {
			return true
		}
	}
	return false
}
