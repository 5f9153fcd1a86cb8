package tidy

import (
	"sort"
	"testing"
)

// TestArrowsPointDown holds the table itself: no line may name a package that stands below it.
func TestArrowsPointDown(t *testing.T) {
	above := map[string]bool{}
	for _, a := range arrows {
		if above[a.from] {
			t.Errorf("%s has two lines in arrows", a.from)
		}
		for _, to := range a.to {
			if to != "*" && !above[to] {
				t.Errorf("%s may import %s, which stands below it", a.from, to)
			}
		}
		above[a.from] = true
	}
}

// TestImportsFollowArrows compares every package's imports with the table.
func TestImportsFollowArrows(t *testing.T) {
	for _, p := range packages(t, "./...") {
		path := p.Own()
		may, known := allowed(path)
		if !known {
			t.Errorf("package %s is unknown: give it a line in arrows (integration/tidy/arrows.go), "+
				"and if it is pure one in pureRules (pure.go)", path)
			continue
		}
		if p.Error != nil {
			t.Errorf("%s: %s", path, p.Error.Err)
		}
		for _, imp := range p.Imports {
			if to := own(imp); to != "" && !may[to] {
				t.Errorf("%s imports %s: not in its line of arrows (integration/tidy/arrows.go). "+
					"Define the interface where it is used, or justify the new arrow there", path, to)
			}
		}
	}
}

// TestUnknownPackageIsNoticed shows that a package without a line would be found.
func TestUnknownPackageIsNoticed(t *testing.T) {
	if _, known := allowed("enclave/nosuch"); known {
		t.Error("a package without a line counts as known")
	}
	if may, _ := allowed("enclave/boundary"); may["bftcore"] {
		t.Error("the boundary may import the ordering core")
	}
}

func packages(t *testing.T, args ...string) []Package {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	all, err := List(root, args...)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func sources(t *testing.T) []Source {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	all, err := Sources(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d Go files found below %s", len(all), root)
	}
	return all
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
