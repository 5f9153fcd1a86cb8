package main

import (
	"context"
	"io"
	"strings"
	"testing"
)

// Only what was asked for, typed whole, is a yes.
func TestConfirmed(t *testing.T) {
	for typed, yes := range map[string]bool{
		"leave out 1 2\n": true, "  leave out 1 2 \r\n": true, "": false, "\n": false, "y\n": false, "yes\n": false,
		"leave out 1\n": false, "leave out 1 2": true, "leave out 2 1\n": false, "Leave out 1 2\n": false,
	} {
		var asked strings.Builder
		err := confirmed(t.Context(), strings.NewReader(typed), &asked, []int{1, 2})
		if (err == nil) != yes || !strings.Contains(asked.String(), `"leave out 1 2"`) {
			t.Errorf("%q: %v\n%s", typed, err, asked.String())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent, end := io.Pipe() // nobody types
	defer end.Close()
	if err := confirmed(ctx, silent, io.Discard, []int{2}); err == nil {
		t.Error("an interruption is a yes")
	}
}
