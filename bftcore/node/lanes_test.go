package node

import (
	"slices"
	"testing"
	"testing/synctest"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// A peer that asks for more than is served waits; the others and the host itself have their turns.
func TestLanesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLanes()
		var done []int
		note := func(lane int) func(*bodyState) { return func(*bodyState) { done = append(done, lane) } }
		flooded := 0
		go func() {
			for range 3 * maxLaneBytes / taskBytes {
				l.put(2, 0, note(2))
				flooded++
			}
		}()
		synctest.Wait()
		if flooded != maxLaneBytes/taskBytes {
			t.Fatalf("%d tasks of one peer wait", flooded)
		}
		l.put(1, 1000, note(1))
		l.put(laneEnclave, 1000, note(laneEnclave))
		l.put(1, 1000, note(1))
		l.put(laneHost, 0, note(laneHost))
		for range 6 {
			l.take()(nil)
			synctest.Wait()
		}
		if want := []int{laneHost, 2, 1, laneEnclave, 2, 1}; !slices.Equal(done, want) {
			t.Errorf("done for %v, want %v", done, want)
		}
		if flooded != maxLaneBytes/taskBytes+2 {
			t.Errorf("%d tasks were taken in", flooded)
		}
		l.close()
		synctest.Wait() // the flooder ends
		if flooded != 3*maxLaneBytes/taskBytes {
			t.Error("a closed lane holds somebody up")
		}
	})
}

// Bodies for attestation and reads leave at the pace at which the enclave reads: several of the largest at once
// are more than the link holds.
func TestBodiesArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enclave, host := boundary.Pipe()
		s := &bodyState{n: &Node{o: Options{Link: host}}}
		body := make([]byte, wire.MaxBodyBytes)
		const bodies = boundary.MaxQueueBytes/wire.MaxBodyBytes + 1
		shown := 0
		go func() {
			for ; shown < bodies; shown++ {
				if shown%2 == 0 {
					s.show(1, wire.Digest{}, body)
				} else {
					s.deliver(boundary.GetRecord{}, body)
				}
			}
		}()
		synctest.Wait() // as much waits as ever will while the enclave does not read
		if err := host.Send(make([]byte, boundary.MaxFrameBytes)); err != nil {
			t.Fatalf("no room for anything else after %d bodies: %v", shown, err)
		}
		for got := 0; got < bodies*wire.MaxBodyBytes; {
			frames, err := enclave.Recv()
			if err != nil {
				t.Fatalf("after %d bytes: %v", got, err)
			}
			for _, f := range frames {
				if _, p, err := boundary.DecodeReadBack(f); err == nil {
					got += len(p.Bytes)
				} else if r, err := boundary.DecodeRecord(f); err == nil {
					got += len(r.Piece.Bytes)
				}
			}
			synctest.Wait()
		}
	})
}
