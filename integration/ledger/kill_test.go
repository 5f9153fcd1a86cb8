package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"sync"
	"testing"
	"time"

	"troxymail/integration/demo"
)

func TestMain(m *testing.M) { demo.Main(m) }

const (
	killRounds        = 10
	writersPerReplica = 2
	ackLimit          = 60 * time.Second // until a round's share of acknowledgements
	seedVariable      = "LEDGER_SEED"    // repeats the choices of an earlier run
)

var mailboxes = []string{"INBOX", "Archive"}

// TestSIGKILLLosesNothing kills the whole demo under load, at moments drawn from a seed, sometimes while
// it starts, and joins the ledger with what the replicas show after each start.
func TestSIGKILLLosesNothing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv(seedVariable); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed: %s=%d", seedVariable, seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	file, err := Create(filepath.Join(t.TempDir(), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	o := demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t)}
	for round := range killRounds {
		if round > 0 && rng.IntN(4) == 0 {
			d := demo.Launch(t, o)
			<-time.After(time.Duration(rng.Int64N(int64(1500 * time.Millisecond))))
			d.Kill()
		}
		d := demo.Start(t, o)
		if round > 0 {
			check(t, d, file, round%len(d.Replicas))
		}
		loadAndKill(t, d, file, rng, round)
	}
	d := demo.Start(t, o)
	first := check(t, d, file, 0)
	for r := 1; r < len(d.Replicas); r++ {
		if shown := check(t, d, file, r); !reflect.DeepEqual(shown, first) {
			t.Errorf("replica %d shows %d messages, replica 0 %d, and not the same", r, len(shown), len(first))
		}
	}
}

// loadAndKill runs writers at every replica and kills the demo after a drawn number of acknowledgements
// and a drawn moment more, so that the kill falls into any phase of a command.
func loadAndKill(t *testing.T, d *demo.Demo, file *File, rng *rand.Rand, round int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	conf := d.TLS(t)
	var wg sync.WaitGroup
	for r := range d.Replicas {
		for i := range writersPerReplica {
			w := &Writer{Name: fmt.Sprintf("%d-%d-%d", round, r, i), Replica: r,
				Mailbox: mailboxes[i%len(mailboxes)], Ledger: file, Rand: rand.New(rand.NewPCG(rng.Uint64(), 1))}
			wg.Go(func() {
				if err := w.Run(ctx, d, conf); err != nil {
					t.Errorf("writer %s: %v", w.Name, err)
				}
			})
		}
		s := &Sender{Name: fmt.Sprintf("%d-%d-smtp", round, r), Replica: r, Ledger: file,
			Rand: rand.New(rand.NewPCG(rng.Uint64(), 2)), Gates: demo.Gates}
		wg.Go(func() {
			if err := s.Run(ctx, d, conf); err != nil {
				t.Errorf("sender %s: %v", s.Name, err)
			}
		})
	}
	before, share := file.Acks(), 5+rng.IntN(100)
	demo.Eventually(t, ackLimit, "acknowledgements under load", func() bool { return file.Acks() >= before+share })
	<-time.After(time.Duration(rng.Int64N(int64(40 * time.Millisecond))))
	d.Kill()
	cancel()
	wg.Wait()
}

// check joins the ledger with what a replica shows and returns that.
func check(t *testing.T, d *demo.Demo, file *File, r int) []Stored {
	t.Helper()
	c := d.Dial(t, r, demo.TLS, nil)
	defer c.Close()
	shown, err := Show(c, mailboxes)
	if err != nil {
		t.Fatalf("replica %d: %v", r, err)
	}
	lines, err := file.Lines()
	if err != nil {
		t.Fatal(err)
	}
	v := Join(lines, shown)
	t.Logf("replica %d: %v", r, v)
	for i, fault := range v.Faults {
		if i == 20 {
			t.Errorf("and %d more", len(v.Faults)-i)
			break
		}
		t.Errorf("replica %d: %s", r, fault)
	}
	return shown
}
