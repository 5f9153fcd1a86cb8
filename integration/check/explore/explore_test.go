package explore

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// jugs are two jugs of 3 and 5 litres: the property is that nobody measures 4.
type jugs struct{ forbidden byte }

func (jugs) Initial() [][]byte { return [][]byte{{0, 0}} }

func (jugs) Next(s []byte, yield func(func() string, []byte)) {
	a, b := s[0], s[1]
	pour := min(a, 5-b)
	back := min(b, 3-a)
	for i, next := range [][]byte{{3, b}, {a, 5}, {0, b}, {a, 0}, {a - pour, b + pour}, {a + back, b - back}} {
		yield(func() string {
			return fmt.Sprintf("%s: %d %d", []string{"fill 3", "fill 5", "empty 3", "empty 5", "3 to 5", "5 to 3"}[i], next[0], next[1])
		}, next)
	}
}

func (j jugs) Check(s []byte) error {
	if s[1] == j.forbidden {
		return errors.New("measured")
	}
	return nil
}

func TestRun(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		r := Run(jugs{forbidden: 4}, Options{Workers: workers})
		want := []string{"fill 5: 0 5", "5 to 3: 3 2", "empty 3: 0 2", "5 to 3: 2 0", "fill 5: 2 5", "5 to 3: 3 4"}
		if r.Violation == nil || !slices.Equal(r.Trace, want) || r.Exhausted {
			t.Errorf("%d workers: %v", workers, r)
		}
		if r = Run(jugs{forbidden: 9}, Options{Workers: workers}); !r.Exhausted || r.States != 16 || r.Violation != nil {
			t.Errorf("%d workers: %v", workers, r)
		}
		if r = Run(jugs{forbidden: 9}, Options{Workers: workers, States: 5}); r.Exhausted || r.States != 5 {
			t.Errorf("%d workers: %v", workers, r)
		}
	}
	if r := Run(jugs{forbidden: 0}, Options{}); r.Violation == nil || len(r.Trace) != 1 {
		t.Errorf("initial state: %v", r)
	}
}
