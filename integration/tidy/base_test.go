package tidy

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestTrustedBase proves that the trusted side links nothing untrusted of ours and no unlisted module,
// and prints its size: the lines that a reader must trust.
func TestTrustedBase(t *testing.T) {
	lines := map[string]int{}
	count := map[string]int{}
	ours := 0
	for _, p := range packages(t, append([]string{"-deps"}, roots(t)...)...) {
		if p.Standard {
			continue
		}
		n := countLines(t, p)
		if path := p.Own(); path != "" {
			if !trusted(path) {
				t.Errorf("the enclave links %s, which is untrusted: see trustedFolders and vocabulary "+
					"(integration/tidy/base.go)", path)
			}
			t.Logf("trusted base: %-24s %6d lines", path, n)
			ours += n
			count["ours"]++
			continue
		}
		if p.Module == nil {
			t.Errorf("the enclave links %s, which belongs to no module", p.ImportPath)
			continue
		}
		name := p.Module.Path
		if trustedModules[name] == "" {
			t.Errorf("the enclave links %s of module %s: give the module a reason in trustedModules "+
				"(integration/tidy/base.go), or do without it", p.ImportPath, name)
		}
		lines[name] += n
		count[name]++
	}
	if ours == 0 {
		t.Fatal("no trusted package found")
	}
	t.Logf("trusted base: %d packages of ours, %d lines", count["ours"], ours)
	for _, m := range sorted(lines) {
		t.Logf("trusted base: third party %-36s %2d packages %6d lines: %s", m, count[m], lines[m],
			trustedModules[m])
	}
}

// TestTrustedBaseOfPlatforms holds the same rule for the sources of other build tags.
func TestTrustedBaseOfPlatforms(t *testing.T) {
	for _, p := range packages(t, append([]string{"-deps", "-tags=ego"}, roots(t)...)...) {
		if path := p.Own(); path != "" && !trusted(path) {
			t.Errorf("the enclave links %s under tag ego, which is untrusted", path)
		}
		if p.Own() == "" && p.Module != nil && trustedModules[p.Module.Path] == "" {
			t.Errorf("the enclave links %s of module %s under tag ego: not in trustedModules "+
				"(integration/tidy/base.go)", p.ImportPath, p.Module.Path)
		}
	}
}

// TestProgramsLinkNoTestModules holds the programs against the modules that are for tests alone, and those against
// go.mod, so that one that is gone leaves the list.
func TestProgramsLinkNoTestModules(t *testing.T) {
	for _, p := range packages(t, "-deps", "./cmd/...") {
		if p.Module != nil && testModules[p.Module.Path] != "" {
			t.Errorf("a program links %s of module %s, which is for tests alone: %s", p.ImportPath, p.Module.Path,
				testModules[p.Module.Path])
		}
	}
	linked := map[string]bool{}
	for _, p := range packages(t, "-deps", "-test", "./...") {
		if p.Module != nil {
			linked[p.Module.Path] = true
		}
	}
	for m := range testModules {
		if !linked[m] {
			t.Errorf("no test links %s: take it out of testModules (integration/tidy/base.go)", m)
		}
	}
}

// TestTrustedKnowsItsSides holds the examples that matter.
func TestTrustedKnowsItsSides(t *testing.T) {
	for _, path := range []string{"bftcore", "bftcore/hostlog", "bftcore/transport", "bftcore/node",
		"mailstore/kv", "mailstore/state", "mailstore/blob", "mailstore/digesttree", "cmd/troxymail",
		"integration/tidy", "mailbox"} {
		if trusted(path) {
			t.Errorf("%s counts as trusted", path)
		}
	}
	for _, path := range []string{"bftcore/wire", "mailstore/command", "enclave/replica", "mail/session"} {
		if !trusted(path) {
			t.Errorf("%s does not count as trusted", path)
		}
	}
}

func countLines(t *testing.T, p Package) int {
	t.Helper()
	n := 0
	for _, f := range p.GoFiles {
		text, err := os.ReadFile(filepath.Join(p.Dir, f))
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(text, []byte("\n"))
	}
	return n
}

// roots returns the patterns of trustedRoots, and fails for a folder that is gone.
func roots(t *testing.T) []string {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range trustedFolders {
		if _, err := os.Stat(filepath.Join(root, folder)); err != nil {
			t.Fatalf("trusted folder %s: %v", folder, err)
		}
	}
	return trustedRoots
}
