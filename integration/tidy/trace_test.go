package tidy

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestTrace holds the table that traces mechanisms of the papers against the sources, and every case against the table.
func TestTrace(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Traces(root)
	if err != nil {
		t.Fatal(err)
	}
	planted, err := plantedBugs(root)
	if err != nil || len(planted) == 0 {
		t.Fatalf("planted bugs: %d, %v", len(planted), err)
	}
	traced := map[string]bool{}
	for i := range rows {
		for _, w := range rows[i].Check(root, planted) {
			t.Errorf("ARCHITECTURE.md, %q: %s", rows[i].Mechanism, w)
		}
		for _, s := range rows[i].Scenarios {
			traced[s] = true
		}
	}
	for _, dir := range scenarioFolders {
		scripts, err := filepath.Glob(filepath.Join(root, dir, "t[0-9]*.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range scripts {
			if name := strings.TrimSuffix(filepath.Base(s), ".txt"); !traced[name] {
				t.Errorf("%s/%s.txt is a case that no mechanism in the table of ARCHITECTURE.md names", dir, name)
			}
		}
	}
}

// TestTraceFails: names that are nowhere are found.
func TestTraceFails(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	for what, x := range map[string]Trace{
		"package":  {Packages: []string{"enclave/nowhere"}},
		"rule":     {Packages: []string{"enclave/counter"}, Rules: []string{"State.Nothing"}},
		"function": {Packages: []string{"enclave/counter"}, Rules: []string{"Prepare"}},
		"scenario": {Scenarios: []string{"t99_nothing"}},
		"bug":      {Plant: []string{"no such bug"}},
	} {
		if wrong := x.Check(root, map[string]bool{"a bug": true}); len(wrong) != 1 {
			t.Errorf("%s: %q", what, wrong)
		}
	}
}
