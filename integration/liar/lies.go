package liar

import "slices"

// Lie is one way in which a host lies.
type Lie struct {
	Name string
	Does string // what, in a sentence
	// Leads says that only a leader's host can tell it. A liar that leads may stop all progress, which nothing
	// prevents before there are view changes; Progress says that this lie does not.
	Leads    bool
	Progress bool
	// AtStart says that it concerns the beginning of a link to the enclave.
	AtStart bool

	toEnclave   func(l *Liar, frame []byte) [][]byte
	fromEnclave func(l *Liar, frame []byte) [][]byte
	toPeer      func(l *Liar, x letter) []letter
	act         func(l *Liar)
	deaf        bool // to its peers
}

// Lies are all of them.
var Lies = slices.Concat(resultLies, readLies, recordLies, turnLies, floodLies, peerLies, startLies, leaderLies)

// Names returns the names of lies, those of leaders' or the others'.
func Names(leads bool) []string {
	var names []string
	for i := range Lies {
		if Lies[i].Leads == leads {
			names = append(names, Lies[i].Name)
		}
	}
	return names
}

// Find returns the lie of a name.
func Find(name string) (Lie, bool) {
	i := slices.IndexFunc(Lies, func(x Lie) bool { return x.Name == name })
	if i < 0 {
		return Lie{}, false
	}
	return Lies[i], true
}

func one(frame []byte) [][]byte { return [][]byte{frame} }

// tell counts a lie and returns it.
func (l *Liar) tell(frames ...[]byte) [][]byte {
	l.told.Add(1)
	return frames
}

func (l *Liar) tellPeers(letters ...letter) []letter {
	l.told.Add(1)
	return letters
}

// isKind reports whether a frame is of one of the kinds.
func isKind[K ~uint8](frame []byte, kinds ...K) bool {
	return len(frame) >= 2 && slices.Contains(kinds, K(frame[0]))
}
