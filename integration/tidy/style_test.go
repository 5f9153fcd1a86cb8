package tidy

import (
	"bytes"
	"go/format"
	"path"
	"strings"
	"testing"
)

// TestSources holds what every Go file must be: formatted, short, well named, without sins in tests.
func TestSources(t *testing.T) {
	for _, s := range sources(t) {
		if want, err := format.Source(s.Text); err != nil || !bytes.Equal(want, s.Text) {
			t.Errorf("%s is not gofmt clean", s.Path)
		}
		if n := bytes.Count(s.Text, []byte("\n")); n > maxFileLines {
			t.Errorf("%s has %d lines, at most %d: split it by concept", s.Path, n, maxFileLines)
		}
		file := strings.TrimSuffix(strings.TrimSuffix(path.Base(s.Path), ".go"), "_test")
		if bannedNames[file] || bannedNames[s.File.Name.Name] {
			t.Errorf("%s: a name that says nothing about its content", s.Path)
		}
		if s.Test || under(s.Package, "integration") {
			for _, sin := range testSins(s) {
				t.Error(sin)
			}
		}
		if !s.Test && s.File.Name.Name != "main" {
			for _, name := range untitled(s) {
				t.Error(name)
			}
		}
	}
}

// TestEveryPackageHasDoc wants a doc.go with a package comment in every package.
func TestEveryPackageHasDoc(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		documented[s.Package] = documented[s.Package] ||
			(path.Base(s.Path) == "doc.go" || s.File.Name.Name == "main") && s.File.Doc != nil &&
				len(s.File.Doc.Text()) > 80
	}
	for _, p := range sorted(documented) {
		if !documented[p] {
			t.Errorf("%s has no doc.go with a package comment: role, invariants, what it must not import", p)
		}
	}
}

// TestPanicAndRecover holds both to their lists.
func TestPanicAndRecover(t *testing.T) {
	for builtin, places := range map[string]map[string]string{"panic": panicPlaces, "recover": recoverPlaces} {
		seen := map[string]bool{}
		for _, s := range sources(t) {
			if s.Test {
				continue
			}
			for where, at := range callers(s, builtin) {
				seen[where] = true
				if places[where] == "" {
					t.Errorf("%s: %s in %s: return an error, or give the place its reason in %sPlaces "+
						"(integration/tidy/style.go)", at, builtin, where, builtin)
				}
			}
		}
		for _, where := range sorted(places) {
			if !seen[where] {
				t.Errorf("%sPlaces names %s, which has none", builtin, where)
			}
		}
	}
}

// TestBannedWords reads every file of the project, whatever its kind.
func TestBannedWords(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	err = Walk(root, func(rel string, text []byte) error {
		if w, line := banned(text); w != "" {
			t.Errorf("%s:%d: %q does not belong into the project", rel, line, w)
		}
		if w, _ := banned([]byte(rel)); w != "" {
			t.Errorf("%s: the name does not belong into the project", rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestStyleBreachesAreFound plants one of each kind.
func TestStyleBreachesAreFound(t *testing.T) {
	if len(testSins(parsed(t, `package p; func f(t T) { t.Skipf("x") }`))) == 0 {
		t.Error("a skipped test is not noticed")
	}
	if len(testSins(parsed(t, `package p; func f() { time.Sleep(1) }`))) == 0 {
		t.Error("a sleeping test is not noticed")
	}
	for _, text := range []string{`package p; func F() {}`, `package p; type T int; `, `package p; const C = 1`,
		"package p\n// T has a doc.\ntype T int\nfunc (*T) M() {}"} {
		if len(untitled(parsed(t, text))) == 0 {
			t.Errorf("missing doc comment not noticed in %s", text)
		}
	}
	if got := callers(parsed(t, `package p; func (x *T) M() { panic(1) }`), "panic"); got["p.T.M"] == "" {
		t.Errorf("panic found at %v", got)
	}
	if w, line := banned([]byte("a\nsee /wo" + "rk/x")); w == "" || line != 2 {
		t.Errorf("banned word: %q at %d", w, line)
	}
	if w, _ := banned([]byte("works, homework/x, a/wo" + "rk/x, https://x/ro" + "ot/y, reworking")); w != "" {
		t.Errorf("innocent text refused for %q", w)
	}
}
