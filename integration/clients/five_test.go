package clients

import (
	"os"
	"testing"

	"troxymail/integration/demo"
)

// TestFiveReplicas runs the demo with f=2: what one replica takes all others show, also after Ctrl-C and
// a new start.
func TestFiveReplicas(t *testing.T) {
	o := demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t), Args: []string{"--replicas", "5"}}
	d := demo.Start(t, o)
	if len(d.Replicas) != 5 {
		t.Fatalf("%d replicas, want 5", len(d.Replicas))
	}
	var bodies []string
	for r := range d.Replicas {
		body := mail("five")
		bodies = append(bodies, string(body))
		_, _, err := d.Dial(t, r, demo.TLS, nil).Put("INBOX", body)
		must(t, err)
	}
	for round := range 2 {
		for r := range d.Replicas {
			got := stored(t, d, r, "INBOX")
			if len(got) != len(bodies) {
				t.Fatalf("round %d: %d messages beside replica %d, want %d", round, len(got), r, len(bodies))
			}
			for i, m := range got {
				if string(m.Body) != bodies[i] {
					t.Fatalf("round %d: message %d differs", round, i+1)
				}
			}
		}
		if round == 0 {
			d.StopBy(t, os.Interrupt)
			d = demo.Start(t, o)
		}
	}
}

// TestReplicasMayNotChange refuses to open a folder of three replicas with five.
func TestReplicasMayNotChange(t *testing.T) {
	o := demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t)}
	demo.Start(t, o).Stop(t)
	o.Args = []string{"--replicas", "5"}
	refused(t, o, o.Dir, "--replicas", "3")
}
