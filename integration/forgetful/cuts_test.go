package forgetful

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const (
	usualCuts    = 60                   // of each writer
	cutsVariable = "FORGETFUL_CUTS"     // another number of the sound one's
	mostChanges  = 300                  // until a cut
	seedVariable = "FORGETFUL_SEED"     // repeats an earlier run
	asWriter     = "FORGETFUL_WRITER"   // makes this test program a writer on the disk that it names
	asFlawed     = "FORGETFUL_FLAW"     // and how it is wrong
	saysTo       = "FORGETFUL_SAYS"     // where it says what is durable
	cutLimit     = 30 * time.Second     // until a cut
	noticed      = "forgetful: notices" // begins what a writer says that found something lost
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(asWriter); dir != "" {
		fmt.Fprintln(os.Stderr, write(dir))
		os.Exit(1)
	}
	code := m.Run()
	RemoveProgram()
	os.Exit(code)
}

// write is the writer: it checks what is there and goes on until it is killed or fails.
func write(dir string) error {
	p, err := openParts(dir, os.Getenv(saysTo), os.Getenv(asFlawed))
	if err != nil {
		return fmt.Errorf("%s: %w", noticed, err)
	}
	for n := uint64(1); err == nil; n++ {
		err = p.work(n)
	}
	return err
}

// losses are what is tried in turn.
var losses = []Loss{{}, {Keep: 0.5}, {Keep: 0.5, Tear: true}, {Keep: 0.9, Tear: true}, {Keep: 0.1}}

// cutOnce runs a writer until the power goes and returns what the loss met, and what the writer noticed at its start.
func cutOnce(t *testing.T, d *Disk, rng *rand.Rand, loss Loss, says, flaw string) (lost Lost, notice string) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asWriter+"="+d.Dir, saysTo+"="+says, asFlawed+"="+flaw)
	cmd.Stderr = &out
	gone := d.s.Arm(t, 1+rng.Uint64N(mostChanges), d)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-gone:
	case err := <-ended:
		if bytes.HasPrefix(out.Bytes(), []byte(noticed)) {
			return Lost{}, out.String()
		}
		t.Fatalf("the writer ended: %v\n%s", err, out.String())
	case <-time.After(cutLimit):
		t.Fatal("the power does not go")
	}
	cmd.Process.Kill()
	d.s.Fail(t, d)
	<-ended
	return d.s.Restore(t, loss, rng.Uint64(), d), ""
}

func seed(t *testing.T) uint64 {
	n := uint64(time.Now().UnixNano())
	if s := os.Getenv(seedVariable); s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed: %s=%d", seedVariable, n)
	return n
}

// TestStoresSurvivePowerLoss writes to a host's log, store and bodies until the power goes, again and again, also
// while they are repaired: whatever is left of what was not synced, they open, and hold what they said was durable.
func TestStoresSurvivePowerLoss(t *testing.T) {
	rng := rand.New(rand.NewPCG(seed(t), 0))
	d, says := onDisk(t), filepath.Join(t.TempDir(), "said")
	cuts := usualCuts
	if s := os.Getenv(cutsVariable); s != "" {
		var err error
		if cuts, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	var all Lost
	hits := 0
	for i := range cuts {
		lost, notice := cutOnce(t, d, rng, losses[i%len(losses)], says, "")
		if notice != "" {
			t.Fatalf("after cut %d: %s", i, notice)
		}
		if lost.Unsynced() > 0 {
			hits++
		}
		all = all.Plus(lost)
	}
	if hits < cuts/6 || all.Blocks == 0 || all.Names == 0 || all.Torn == 0 {
		t.Errorf("%d of %d cuts met something unsynced, %+v: the fault was hardly there", hits, cuts, all)
	}
	t.Logf("%d cuts, %d with something unsynced: %+v; %d changes", cuts, hits, all, d.Changes(t))
}

// TestFlawsAreNoticed plants flaws in the writer: each is found.
func TestFlawsAreNoticed(t *testing.T) {
	rng := rand.New(rand.NewPCG(seed(t), 1))
	for _, flaw := range []string{flawLog, flawStore, flawFile, flawUnsync} {
		d, says := onDisk(t), filepath.Join(t.TempDir(), "said")
		notice, n := "", 0
		for ; notice == "" && n < usualCuts; n++ {
			_, notice = cutOnce(t, d, rng, losses[n%len(losses)], says, flaw)
		}
		if notice == "" {
			t.Errorf("%s: not noticed in %d cuts", flaw, n)
		}
		t.Logf("%s: noticed after %d cuts: %s", flaw, n-1, bytes.TrimSpace([]byte(notice)))
	}
}
