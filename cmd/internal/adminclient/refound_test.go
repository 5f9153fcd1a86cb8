package adminclient

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// report is one of a group: for each replica a for active, s for starting, - for no answer; the digit behind is the
// generation of an active one.
func report(text string) (*Report, *Client) {
	r, c := &Report{}, &Client{File: "cluster.json"}
	for i, word := range strings.Fields(text) {
		row := Row{ID: i, Role: "starting", Enclave: "starting"}
		switch word[0] {
		case 'a':
			row.Role, row.Enclave, row.Generation = "follower", enclaveActive, uint32(word[1]-'0')
		case '-':
			row.Role, row.Enclave = Unreachable, Unreachable
		}
		r.Replicas, c.Replicas = append(r.Replicas, row), append(c.Replicas, Replica{ID: i})
	}
	return r, c
}

// Who does not answer here and is heard of elsewhere may be running.
func TestLeftOutButHeardOf(t *testing.T) {
	for name, x := range map[string]struct {
		sync  string // of replica 1; empty: its host says nothing
		why   string // why it misses replica 2
		heard string
	}{
		"both miss it":              {"quorum", "silent", "[]"},
		"a host says nothing":       {"", "", "[]"},
		"one hears that it is back": {"quorum", "not active", "[2]"},
		"one counts on it":          {"quorum", "", "[2]"},
	} {
		r, c := report("s s -")
		r.Replicas[0].Sync, r.Replicas[0].Sees = "quorum", []Out{{Replica: 2, Why: "silent"}}
		r.Replicas[1].Sync = x.sync
		if x.why != "" {
			r.Replicas[1].Sees = []Out{{Replica: 2, Why: x.why}}
		}
		got, err := c.survey(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprint(got.Heard); text != x.heard {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// Who is left out, and when nobody is.
func TestWhoIsLeftOut(t *testing.T) {
	for _, x := range []struct {
		group   string
		without []int
		members string // IDs, with + for one that runs; empty: refused
		err     error
		says    string
	}{
		{"s s -", nil, "0 1", nil, ""},
		{"s - s", nil, "0 2", nil, ""},
		{"s s s", []int{0}, "1 2", nil, ""},
		{"a1 s -", nil, "0+ 1", nil, ""},
		{"a1 s s -  -", nil, "0+ 1 2", nil, ""},
		{"a1 a1 s - -", nil, "0+ 1+ 2", nil, ""},
		{"a1 a2 -", nil, "0+ 1+", nil, ""}, // of two generations: neither can go on
		{"s s s s -", []int{4, 3}, "0 1 2", nil, ""},
		{"s s s", nil, "", ErrNotNeeded, "--without"},
		{"a1 a1 -", nil, "", ErrNotNeeded, "--new"},
		{"a1 a1 a1", []int{2}, "", ErrNotNeeded, "3 of 3"},
		{"a2 a2 a2 s -", nil, "", ErrNotNeeded, "3 of 5"},
		{"s - -", nil, "", ErrTooFew, "only replica 0"},
		{"- - -", nil, "", ErrTooFew, "none"},
		{"s s - - -", nil, "", ErrTooFew, "at least 3"},
		{"s s s", []int{1, 2}, "", ErrTooFew, "only replica 0"},
		{"s s -", []int{7}, "", ErrNotNeeded, "no replica 7"},
		{"s s", nil, "", ErrTooFew, "cluster.json"},
	} {
		r, c := report(x.group)
		got, err := c.survey(r, x.without)
		if x.members == "" {
			if !errors.Is(err, x.err) || !strings.Contains(err.Error(), x.says) {
				t.Errorf("%s without %v: %v", x.group, x.without, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s without %v: %v", x.group, x.without, err)
			continue
		}
		var list []string
		for _, m := range got.Members {
			text := fmt.Sprint(m.ID)
			if m.Runs {
				text += "+"
			}
			list = append(list, text)
		}
		if members := strings.Join(list, " "); members != x.members || len(got.Members)+len(got.LeftOut) != len(r.Replicas) {
			t.Errorf("%s without %v: members %s, left out %v", x.group, x.without, members, got.LeftOut)
		}
	}
}
