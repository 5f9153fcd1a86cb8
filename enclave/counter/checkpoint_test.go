package counter

import (
	"testing"

	"troxymail/bftcore/wire"
)

func TestCheckpointRises(t *testing.T) {
	s := states(t, 3)[0]
	try := func(order uint64, root string) error { _, err := s.Checkpoint(order, batch(root)); return err }
	for _, c := range []struct {
		order uint64
		root  string
		want  error
	}{
		{0, "r", ErrRange}, {1 << 63, "r", ErrRange}, {4, "r", nil}, {4, "r", nil}, {4, "another", ErrDigest}, {3, "r", ErrPosition},
		{8, "s", nil}, {4, "r", ErrPosition},
	} {
		want(t, c.root, try(c.order, c.root), c.want)
	}
	s.stable = wire.Stable{Order: 20, Root: batch("f")} // as a founding leaves it
	want(t, "below the stable one", try(19, "x"), ErrPosition)
	want(t, "another root for the stable one", try(20, "x"), ErrDigest)
	if err := try(20, "f"); err != nil {
		t.Errorf("the stable one anew: %v", err)
	}
	s.standing = wire.Resigned
	want(t, "after RESIGN", try(30, "x"), ErrInactive)
}

func TestAdvance(t *testing.T) {
	all := states(t, 3)
	p := prepare(t, all[0], "a", "b", "c", "d")
	commit(t, all[1], p...)
	three := checkpoints(t, 3, "root", all[0], all[1])
	for name, c := range map[string]struct {
		shown []wire.Checkpoint
		want  error
	}{
		"nothing": {nil, ErrQuorum}, "one": {three[:1], ErrQuorum}, "one twice": {[]wire.Checkpoint{three[0], three[0]}, ErrQuorum},
		"T25: two roots":   {append(checkpoints(t, 3, "wrong", all[2]), three[0]), ErrQuorum},
		"two orders":       {append(checkpoints(t, 9, "root", all[2]), three[0]), ErrQuorum},
		"another founding": {older(three), ErrQuorum},
	} {
		want(t, name, all[1].Advance(c.shown), c.want)
	}
	if err := all[1].Advance(three); err != nil {
		t.Fatal(err)
	}
	if s := all[1]; s.stable != (wire.Stable{Order: 3, Root: batch("root")}) || len(s.entries) != 1 || s.entries[0].Order != 4 || s.current != at(0, 4) {
		t.Errorf("%+v, %+v, at %v", s.stable, s.entries, s.current)
	}
	want(t, "again", all[1].Advance(three), ErrPosition)
	// A replica that lagged takes part from the checkpoint on, not below.
	if err := all[2].Advance(three); err != nil {
		t.Fatal(err)
	}
	_, err := all[2].Commit(&p[0])
	want(t, "below the checkpoint", err, ErrPosition)
	commit(t, all[2], p[3])
	// The window moves with it.
	all[0].current.Order = wire.MaxEntries
	_, err = all[0].Prepare(at(0, wire.MaxEntries+1), batch("z"))
	want(t, "window", err, ErrWindow)
	if err := all[0].Advance(three); err != nil {
		t.Fatal(err)
	}
	if _, err = all[0].Prepare(at(0, wire.MaxEntries+1), batch("z")); err != nil {
		t.Error(err)
	}
	// Where a view is awaited, the counter stays: the VIEW-CHANGE was given.
	leave(t, 1, all[1], all[2])
	if err := all[1].Advance(checkpoints(t, 4, "next", all[0], all[1])); err != nil || all[1].current != at(1, 0) {
		t.Errorf("%v, at %v", err, all[1].current)
	}
}

// older returns the CHECKPOINTs as another generation would have made them.
func older(list []wire.Checkpoint) []wire.Checkpoint {
	out := append([]wire.Checkpoint(nil), list...)
	for i := range out {
		out[i].Certificate.Founding.Generation = 9
	}
	return out
}
