package admin

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"troxymail/integration/demo"
)

type report struct {
	Replicas []struct {
		ID                             int
		Role, Digest, Enclave          string
		View, Executed, Stable, Synced uint64
		DigestOrder                    uint64 `json:"digest_order"`
		Incarnation                    uint32
		Lag                            *uint64
		Alarms                         []string
	}
	Simulated bool
}

func status(t *testing.T, text string) report {
	t.Helper()
	var r report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return r
}

func TestStatus(t *testing.T) {
	d := fresh(t)
	var raw struct{ Replicas []map[string]any }
	text := ok(t, "", "status", "--admin", file(d), "--json")
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"id", "role", "view", "executed", "stable", "digest", "synced", "incarnation", "lag", "enclave", "sync", "sees", "generation", "alarms"} {
		if _, there := raw.Replicas[0][key]; !there {
			t.Errorf("%q is missing: %s", key, text)
		}
	}
	if alarms, isList := raw.Replicas[0]["alarms"].([]any); !isList || len(alarms) != 0 {
		t.Errorf("alarms: %v", raw.Replicas[0]["alarms"])
	}
	demo.Eventually(t, commandLimit, "all replicas executed and synced the same, with one digest", func() bool {
		r := status(t, ok(t, "", "status", "--admin", file(d), "--json"))
		for i, x := range r.Replicas {
			role := "follower"
			if i == int(r.Replicas[0].View%3) {
				role = "leader"
			}
			if x.ID != i || x.Role != role || x.Enclave != "active" || x.Incarnation == 0 || len(x.Alarms) > 0 || len(x.Digest) != 64 {
				t.Fatalf("%+v", x)
			}
			if x.DigestOrder == r.Replicas[0].DigestOrder && x.Digest != r.Replicas[0].Digest {
				t.Fatalf("digests differ: %+v", r)
			}
			if x.Executed != r.Replicas[0].Executed || x.Synced != x.Executed || x.Executed == 0 || *x.Lag != 0 ||
				x.DigestOrder != x.Executed {
				return false
			}
		}
		return r.Simulated && len(r.Replicas) == 3
	})
	table := ok(t, "", "status", "--admin", file(d))
	for _, word := range []string{"REPLICA", "leader", "follower", "SIMULATED"} {
		if !strings.Contains(table, word) {
			t.Errorf("no %q in\n%s", word, table)
		}
	}
	if strings.Contains(table, "ALARM") {
		t.Error(table)
	}
}

// A replica that does not answer is in the report, with an alarm; when none answers, the command fails and
// still prints it.
func TestUnreachable(t *testing.T) {
	d := fresh(t)
	gone := edited(t, d, func(f map[string]any) { f["replicas"].([]any)[1].(map[string]any)["admin_api"] = "127.0.0.1:1" })
	r := status(t, ok(t, "", "status", "--admin", gone, "--json"))
	x := r.Replicas[1]
	if x.ID != 1 || x.Role != "unreachable" || x.Lag != nil || len(x.Alarms) != 1 || !strings.HasPrefix(x.Alarms[0], "unreachable: ") {
		t.Errorf("%+v", x)
	}
	for _, i := range []int{0, 2} {
		if role := r.Replicas[i].Role; role != "leader" && role != "follower" {
			t.Errorf("%+v", r)
		}
	}
	// Replica 1's address may not pass for replica 2's.
	swapped := edited(t, d, func(f map[string]any) {
		all := f["replicas"].([]any)
		all[2].(map[string]any)["admin_api"] = all[1].(map[string]any)["admin_api"]
	})
	if r := status(t, ok(t, "", "status", "--admin", swapped, "--json")); r.Replicas[2].Role != "unreachable" {
		t.Errorf("%+v", r.Replicas[2])
	}
	file := edited(t, d, func(map[string]any) {})
	d.Stop(t)
	dead := run(t, "", "status", "--admin", file, "--json")
	if r := status(t, dead.stdout); dead.code != 1 || len(r.Replicas) != 3 || !strings.Contains(dead.stderr, "no replica answers") {
		t.Errorf("exit %d: %s%s", dead.code, dead.stdout, dead.stderr)
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"account", "--help"}, {"status", "--help"}} {
		if out := ok(t, "", args...); !strings.Contains(out, "Examples:") {
			t.Errorf("%v:\n%s", args, out)
		}
	}
	if out := ok(t, "", "account", "--help"); slices.ContainsFunc([]string{"add", "passwd", "list", "disable", "enable", "remove"}, func(w string) bool { return !strings.Contains(out, w) }) {
		t.Error(out)
	}
}
