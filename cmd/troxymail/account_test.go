package main

import (
	"bytes"
	"strings"
	"testing"

	"troxymail/cmd/internal/adminclient"
	"troxymail/enclave/boundary"
	"troxymail/mail/auth"
)

// Exactly one newline at the end is not part of a password.
func TestPasswordFrom(t *testing.T) {
	longest := strings.Repeat("x", auth.MaxPasswordBytes)
	for in, want := range map[string]string{
		"secret": "secret", "secret\n": "secret", "secret\n\n": "secret\n", " a b \n": " a b ", "a\nb\n": "a\nb",
		"secret\r\n": "secret\r", longest + "\n": longest,
	} {
		if got, err := passwordFrom(strings.NewReader(in)); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "\n", longest + "x", longest + "x\n", longest + longest} {
		if got, err := passwordFrom(strings.NewReader(in)); err == nil {
			t.Errorf("%d bytes were taken as %d", len(in), len(got))
		}
	}
}

func TestSize(t *testing.T) {
	for in, want := range map[string]size{"1": 1, "1024": 1024, "1k": 1 << 10, "500M": 500 << 20, "10GB": 10 << 30, "2T": 2 << 40} {
		var s size
		if err := s.UnmarshalText([]byte(in)); err != nil || s != want {
			t.Errorf("%s: %d, %v", in, s, err)
		}
	}
	for _, in := range []string{"", "0", "M", "-1", "1.5G", "1P", "x", "9999999999T", "99999999999999999999"} {
		var s size
		if err := s.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q was taken as %d", in, s)
		}
	}
	for s, want := range map[size]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 10 << 30: "10.0 GiB", 3 << 50: "3072.0 TiB"} {
		if s.String() != want {
			t.Errorf("%d is %s", uint64(s), s)
		}
	}
}

func TestTable(t *testing.T) {
	lag := uint64(3)
	r := adminclient.Report{Simulated: true, Replicas: []adminclient.Row{
		{ID: 0, Role: "leader", Enclave: "active", Executed: 70, Synced: 69, Stable: 64, Lag: &lag, Incarnation: 1, Sync: "strict",
			Reads: boundary.Reads{Current: 5, Checked: 3, Bounded: 1, Ordered: 1, ContentHits: 5, PartsHits: 1, PartsMisses: 2}, Digest: strings.Repeat("ab", 32), DigestOrder: 64},
		{ID: 1, Role: "unreachable", Enclave: "unreachable", Alarms: []string{"unreachable: it does not answer"}},
		{ID: 2, Role: "starting", Enclave: "starting"},
	}}
	r.Faults.Out = []adminclient.Out{{Replica: 1, Why: "unreachable"}, {Replica: 2, Why: "not active"}}
	var out bytes.Buffer
	if err := table(&out, &r); err != nil {
		t.Fatal(err)
	}
	const want = `REPLICA  ROLE         ENCLAVE      VIEW  EXECUTED  SYNCED  STABLE  LAG  SYNC    INCARNATION  UNORDERED READS  CACHE HITS  DIGEST (AT)
0        leader       active       0     70        69      64      3    strict  1            90.0% of 10      75.0% of 8  abababababab (64)
1        unreachable  unreachable  -     -         -       -       -    -       -            -                -           -
2        starting     starting     -     -         -       -       -    -       -            -                -           -

1 of 3 serve, and 2 are needed: the group does not serve (replica 1: unreachable, replica 2: not active)

ALARM at replica 1: unreachable: it does not answer

SIMULATED enclaves: development only, nothing is protected from the machines they run on.
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}
