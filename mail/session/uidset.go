package session

import (
	"math/bits"
	"slices"

	"troxymail/mailstore/command"
)

// uidSet is a set of UIDs: a bit for each of 256 UIDs wherever there is one. The zero uidSet is empty.
type uidSet struct {
	words []uidWords // rising by place, none empty
	n     uint32
	sums  []uint32 // UIDs in the words before; nil when they have to be counted anew
}

// uidWords are the UIDs from place*uidsPerWords on.
type uidWords struct {
	place uint32
	bits  [4]uint64
}

const uidsPerWords = 256

func placeOf(u command.UID) (place uint32, word, bit int) {
	in := uint32(u) % uidsPerWords
	return uint32(u) / uidsPerWords, int(in / 64), int(in % 64)
}

// at returns where the words for a place are, or would be.
func (s *uidSet) at(place uint32) (int, bool) {
	if n := len(s.words); n > 0 && s.words[n-1].place < place {
		return n, false
	}
	return slices.BinarySearchFunc(s.words, place, func(w uidWords, p uint32) int { return int(int64(w.place) - int64(p)) })
}

func (s *uidSet) has(u command.UID) bool {
	place, word, bit := placeOf(u)
	i, ok := s.at(place)
	return ok && s.words[i].bits[word]&(1<<bit) != 0
}

func (s *uidSet) add(u command.UID) {
	place, word, bit := placeOf(u)
	i, ok := s.at(place)
	if !ok {
		s.words = slices.Insert(s.words, i, uidWords{place: place})
	}
	if b := &s.words[i].bits[word]; *b&(1<<bit) == 0 {
		*b |= 1 << bit
		s.n++
		s.sums = nil
	}
}

func (s *uidSet) remove(u command.UID) {
	place, word, bit := placeOf(u)
	i, ok := s.at(place)
	if !ok || s.words[i].bits[word]&(1<<bit) == 0 {
		return
	}
	s.words[i].bits[word] &^= 1 << bit
	s.n--
	for k := i + 1; k < len(s.sums); k++ { // from the end of the set, as tellGone goes, it is one
		s.sums[k]--
	}
	if s.words[i].bits == ([4]uint64{}) {
		s.words = slices.Delete(s.words, i, i+1)
		if s.sums != nil {
			s.sums = slices.Delete(s.sums, i+1, i+2)
		}
	}
}

func (w *uidWords) count() (n int) {
	for _, b := range w.bits {
		n += bits.OnesCount64(b)
	}
	return n
}

// below returns how many UIDs of the set are lower than u.
func (s *uidSet) below(u command.UID) uint32 {
	if s.n == 0 {
		return 0
	}
	if s.sums == nil {
		s.sums = make([]uint32, len(s.words)+1)
		for i := range s.words {
			s.sums[i+1] = s.sums[i] + uint32(s.words[i].count())
		}
	}
	place, word, bit := placeOf(u)
	i, ok := s.at(place)
	n := s.sums[i]
	if ok {
		for k := range word {
			n += uint32(bits.OnesCount64(s.words[i].bits[k]))
		}
		n += uint32(bits.OnesCount64(s.words[i].bits[word] & (1<<bit - 1)))
	}
	return n
}

// next returns the lowest UID of the set that is at least u.
func (s *uidSet) next(u command.UID) (command.UID, bool) {
	place, word, bit := placeOf(u)
	i, ok := s.at(place)
	if !ok {
		word, bit = 0, 0
	}
	for ; i < len(s.words); i++ {
		for k := word; k < len(s.words[i].bits); k++ {
			if b := s.words[i].bits[k] >> bit << bit; b != 0 {
				return command.UID(s.words[i].place*uidsPerWords) + command.UID(64*k+bits.TrailingZeros64(b)), true
			}
			bit = 0
		}
		word, bit = 0, 0
	}
	return 0, false
}

// each calls visit for the UIDs of the set, rising, until it returns false.
func (s *uidSet) each(visit func(command.UID) bool) {
	for u, ok := s.next(0); ok && visit(u); u, ok = s.next(u + 1) {
	}
}

// ranges returns the UIDs of the set in canonical form.
func (s *uidSet) ranges() []command.UIDRange {
	var list []command.UIDRange
	s.each(func(u command.UID) bool {
		list = addUID(list, u)
		return true
	})
	return list
}

// addUID appends a UID that is above all of the ranges.
func addUID(list []command.UIDRange, u command.UID) []command.UIDRange {
	if n := len(list); n > 0 && list[n-1].Last+1 == u {
		list[n-1].Last = u
		return list
	}
	return append(list, command.UIDRange{First: u, Last: u})
}

// nth returns the UID with so many UIDs of the set below it; n must be less than the set has.
func (s *uidSet) nth(n uint32) command.UID {
	s.below(0)
	i, _ := slices.BinarySearch(s.sums, n+1)
	w := &s.words[i-1]
	n -= s.sums[i-1]
	for k, b := range w.bits {
		c := uint32(bits.OnesCount64(b))
		if n >= c {
			n -= c
			continue
		}
		for ; n > 0; n-- {
			b &= b - 1
		}
		return command.UID(w.place*uidsPerWords) + command.UID(64*k+bits.TrailingZeros64(b))
	}
	return 0
}
