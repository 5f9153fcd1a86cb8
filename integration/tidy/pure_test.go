package tidy

import (
	"go/parser"
	"go/token"
	"testing"
)

// TestPurePackages finds clocks, randomness, goroutines, channels, sockets and disks where none may be.
func TestPurePackages(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		rule, isPure := pureRules[s.Package]
		if !isPure || s.Test {
			continue
		}
		seen[s.Package] = true
		for _, breach := range impurities(s, rule) {
			t.Error(breach)
		}
	}
	for _, path := range sorted(pureRules) {
		if !seen[path] {
			t.Errorf("pureRules names %s, which has no sources", path)
		}
		if _, known := allowed(path); !known {
			t.Errorf("pureRules names %s, which arrows does not know", path)
		}
	}
	for _, path := range vocabulary {
		if _, ok := pureRules[path]; !ok {
			t.Errorf("vocabulary package %s is not held pure", path)
		}
	}
}

// TestImpuritiesAreFound plants one of each kind.
func TestImpuritiesAreFound(t *testing.T) {
	for name, text := range map[string]string{
		"socket":     `package p; import _ "net"`,
		"file":       `package p; import _ "os/exec"`,
		"lock":       `package p; import _ "sync/atomic"`,
		"randomness": `package p; import _ "crypto/rand"`,
		"log":        `package p; import _ "log/slog"`,
		"clock":      `package p; import "time"; var _ = time.Now()`,
		"timer":      `package p; import "time"; var _ = time.NewTimer(1)`,
		"goroutine":  `package p; func f() { go f() }`,
		"select":     `package p; func f() { select {} }`,
		"channel":    `package p; var c chan int`,
	} {
		if got := impurities(parsed(t, text), pure{}); len(got) == 0 {
			t.Errorf("%s is not noticed in %s", name, text)
		}
	}
	clean := `package p; import ("net/mail"; "time"); var _ mail.Address; var d = 3 * time.Second`
	if got := impurities(parsed(t, clean), pure{}); len(got) != 0 {
		t.Errorf("clean source is refused: %v", got)
	}
}

func parsed(t *testing.T, text string) Source {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "planted.go", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return Source{Path: "planted.go", Package: "p", Text: []byte(text), Fset: fset, File: file}
}
