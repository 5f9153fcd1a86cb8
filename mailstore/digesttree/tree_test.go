package digesttree

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/digesttree/verify"
)

// memory is a Store that counts its operations.
type memory struct {
	m   map[string][]byte
	ops int
}

func newMemory() *memory { return &memory{m: map[string][]byte{}} }

func (s *memory) Get(k []byte) ([]byte, bool) { s.ops++; v, ok := s.m[string(k)]; return v, ok }
func (s *memory) Put(k, v []byte)             { s.ops++; s.m[string(k)] = slices.Clone(v) }
func (s *memory) Delete(k []byte)             { s.ops++; delete(s.m, string(k)) }

func digest(n uint32) wire.Digest { return wire.Sum(binary.BigEndian.AppendUint32(nil, n)) }

func sorted(leaves map[uint32]wire.Digest) []verify.Leaf {
	var out []verify.Leaf
	for i, d := range leaves {
		out = append(out, verify.Leaf{Index: i, Digest: d})
	}
	slices.SortFunc(out, func(a, b verify.Leaf) int { return int(int64(a.Index) - int64(b.Index)) })
	return out
}

var indices = rapid.OneOf(
	rapid.Uint32Range(0, 40), rapid.Uint32Range(0, 70_000), rapid.Uint32(), rapid.Just(uint32(1<<32-1)))

func TestRootIsAFunctionOfTheLeaves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, leaves := newMemory(), map[uint32]wire.Digest{}
		prefix := []byte("t/")
		for range rapid.IntRange(1, 8).Draw(t, "batches") {
			changes := map[uint32]wire.Digest{}
			for range rapid.IntRange(0, 12).Draw(t, "changes") {
				i := indices.Draw(t, "index")
				if rapid.Bool().Draw(t, "remove") {
					changes[i] = wire.Digest{}
					delete(leaves, i)
				} else {
					d := digest(rapid.Uint32().Draw(t, "digest"))
					changes[i], leaves[i] = d, d
				}
			}
			for _, l := range sorted(leaves) { // removal of something that exists
				i := l.Index
				if i%3 == 0 && rapid.Bool().Draw(t, "drop") {
					changes[i] = wire.Digest{}
					delete(leaves, i)
				}
			}
			got, want := Update(s, prefix, sorted(changes)), verify.Compute(sorted(leaves))
			if got != want || Root(s, prefix) != want {
				t.Fatalf("root %v, stored %v, computed %v", got, Root(s, prefix), want)
			}
		}
		if len(leaves) == 0 && len(s.m) != 0 {
			t.Fatalf("an empty tree left %d nodes", len(s.m))
		}
	})
}

func TestRangeProofs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, leaves := newMemory(), map[uint32]wire.Digest{}
		for range rapid.IntRange(0, 40).Draw(t, "leaves") {
			i := indices.Draw(t, "index")
			leaves[i] = digest(i)
		}
		all := sorted(leaves)
		root := Update(s, nil, all)
		first, last := indices.Draw(t, "first"), indices.Draw(t, "last")
		first, last = min(first, last), max(first, last)
		var in []verify.Leaf
		for _, l := range all {
			if l.Index >= first && l.Index <= last {
				in = append(in, l)
			}
		}
		proof := Prove(s, nil, first, last)
		if err := verify.Range(root, first, last, in, proof); err != nil {
			t.Fatal(err)
		}
		bad := func(what string, err error) {
			if !errors.Is(err, verify.ErrProof) {
				t.Fatalf("%s was accepted: %v", what, err)
			}
		}
		bad("another root", verify.Range(digest(1), first, last, in, proof))
		bad("a longer proof", verify.Range(root, first, last, in, append(slices.Clone(proof), 0)))
		bad("a shorter proof", verify.Range(root, first, last, in, proof[:len(proof)-1]))
		if len(in) > 0 {
			bad("a missing leaf", verify.Range(root, first, last, in[1:], proof))
			changed := slices.Clone(in)
			changed[0].Digest[0] ^= 1
			bad("a changed leaf", verify.Range(root, first, last, changed, proof))
		}
		for i, l := range in {
			if l.Index < last && (i+1 == len(in) || in[i+1].Index > l.Index+1) {
				more := slices.Insert(slices.Clone(in), i+1, verify.Leaf{Index: l.Index + 1, Digest: digest(1)})
				bad("a leaf that is not there", verify.Range(root, first, last, more, proof))
			}
		}
		for i := range proof {
			flipped := slices.Clone(proof)
			flipped[i] ^= 1 << (i % 8)
			bad("a changed proof", verify.Range(root, first, last, in, flipped))
		}
	})
}

func TestCostOfAChangeIsAPath(t *testing.T) {
	s := newMemory()
	var leaves []verify.Leaf
	for i := range uint32(70_000) {
		leaves = append(leaves, verify.Leaf{Index: i, Digest: digest(i)})
	}
	Update(s, nil, leaves)
	s.ops = 0
	Update(s, nil, []verify.Leaf{{Index: 31_111, Digest: digest(7)}})
	if limit := 2*verify.Height(70_000) + 1; s.ops > limit {
		t.Fatalf("%d operations for one leaf, want at most %d", s.ops, limit)
	}
}

func TestPlacesAreBound(t *testing.T) {
	one := verify.Compute([]verify.Leaf{{Index: 1, Digest: digest(1)}})
	for _, other := range []uint32{0, 2, 17, 16 + 1<<4, 1 << 31} {
		if verify.Compute([]verify.Leaf{{Index: other, Digest: digest(1)}}) == one {
			t.Errorf("leaf at 1 and at %d give one root", other)
		}
	}
	c := verify.Children{0: digest(1)}
	if verify.Node(0, 0, &c) == verify.Node(1, 0, &c) || verify.Node(0, 0, &c) == verify.Node(0, 1, &c) {
		t.Error("nodes of different places have one digest")
	}
}

func FuzzRange(f *testing.F) {
	s := newMemory()
	root := Update(s, nil, []verify.Leaf{{Index: 3, Digest: digest(3)}, {Index: 300, Digest: digest(300)}})
	f.Add(Prove(s, nil, 0, 10), uint32(0), uint32(10))
	f.Add([]byte{8, 0xff, 0xff}, uint32(0), uint32(1<<32-1))
	f.Fuzz(func(t *testing.T, proof []byte, first, last uint32) {
		// Nothing proves that the leaf at 3 is absent from a range that holds it.
		err := verify.Range(root, first, last, nil, proof)
		if err == nil && (first <= 3 && 3 <= last || first <= 300 && 300 <= last) {
			t.Fatal("a present leaf was proved absent")
		}
	})
}
