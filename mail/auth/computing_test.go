package auth

import (
	"crypto/rand"
	"testing"
)

// Whoever gives processors to what computes for long hears of each check, and of its end; not of one that takes no time.
func TestComputingIsTold(t *testing.T) {
	began, ended := 0, 0
	a, err := New(Options{Params: cheap, Iterations: 1, Rand: rand.Reader, Computing: func() func() { began++; return func() { ended++ } }})
	if err != nil {
		t.Fatal(err)
	}
	var salt Salt
	v, err := a.NewPassword(t.Context(), salt, "a good password")
	if err != nil || began != 1 || ended != 1 {
		t.Fatalf("%d began, %d ended: %v", began, ended, err)
	}
	for _, password := range []string{"a good password", "another"} {
		if _, err := a.Check(t.Context(), v, salt, password); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Check(t.Context(), nil, salt, "of nobody"); err != nil || began != 4 || ended != 4 {
		t.Errorf("%d began, %d ended: %v", began, ended, err)
	}
}
