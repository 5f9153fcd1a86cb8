package counter

import (
	"testing"

	"troxymail/bftcore/wire"
)

// An enclave without checkpoints remembers orders that are far above its stable one: a selection from them would
// not fit any message, and is refused as a whole.
func TestSelectionsStayWithinTheWindow(t *testing.T) {
	far := []wire.Entry{{Order: wire.MaxEntries + 1, Rank: wire.Rank{Generation: 1}, Batch: batch("a")}}
	all := states(t, 3)
	vcs := leave(t, 1, all[1], all[2])
	vcs[1].Disclosure.Entries = far
	_, err := all[1].NewView(1, vcs)
	want(t, "NEW-VIEW", err, ErrWindow)

	born := unborn(t, 3)
	colds := cold(t, born...)
	colds[2].Disclosure.Entries = far
	_, err = born[0].Join(colds, 3)
	want(t, "JOIN", err, ErrWindow)

	all = states(t, 3)
	s := restart(t, all[0], nil, 1)
	list := grants(t, s, all[1:]...)
	list[0].Disclosure.Entries = far
	want(t, "recovery", s.Recover(list), ErrWindow)
}
