package adminclient

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A plan that is not newer than what was ordered last is refused, but for an order that came to nothing.
func TestPlansAreNew(t *testing.T) {
	for name, x := range map[string]struct {
		last ordered
		plan uint32
		want error
	}{
		"the first":                 {ordered{}, 2, nil},
		"a newer one":               {ordered{5, true}, 6, nil},
		"the same number":           {ordered{5, true}, 5, ErrFormer},
		"an older one":              {ordered{5, true}, 2, ErrFormer},
		"one that came to nothing":  {ordered{5, false}, 5, nil},
		"older than one of nothing": {ordered{5, false}, 4, ErrFormer},
	} {
		c := &Client{File: filepath.Join(t.TempDir(), "cluster.json")}
		if x.last != (ordered{}) {
			if err := c.noteOrder(x.last); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := c.lastOrder(); err != nil || got != x.last {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if err := c.isNew(x.plan); !errors.Is(err, x.want) || err != nil && x.want == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What cannot be read allows nothing.
func TestDamagedNote(t *testing.T) {
	c := &Client{File: filepath.Join(t.TempDir(), "cluster.json")}
	if err := os.WriteFile(c.orderedFile(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.isNew(9); !errors.Is(err, ErrFile) {
		t.Error(err)
	}
}
