package digesttree

import (
	"bytes"
	"encoding/binary"
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

// A tree that counts knows at every node what is below it, and its root covers that.
func TestTallies(t *testing.T) {
	tally := func(i uint32) verify.Tally { return verify.Tally{Messages: 1 + i%3, Unseen: i % 2, ModSeq: uint64(i)} }
	rapid.Check(t, func(t *rapid.T) {
		s, leaves := newMemory(), map[uint32]wire.Digest{}
		for range rapid.IntRange(1, 6).Draw(t, "batches") {
			changes := map[uint32]wire.Digest{}
			for range rapid.IntRange(1, 12).Draw(t, "changes") {
				i := indices.Draw(t, "index")
				if changes[i] = digest(i); rapid.Bool().Draw(t, "remove") {
					changes[i] = wire.Digest{}
				}
				if leaves[i] = changes[i]; changes[i] == (wire.Digest{}) {
					delete(leaves, i)
				}
			}
			update, all := sorted(changes), sorted(leaves)
			for _, list := range [][]verify.Leaf{update, all} {
				for i := range list {
					list[i].Tally = tally(list[i].Index)
				}
			}
			root := Update(s, nil, update)
			if root != verify.Compute(all) {
				t.Fatal("the stored root is another than the computed one")
			}
			var sum verify.Tally
			for _, l := range all {
				sum = sum.Plus(l.Tally)
			}
			h, top := Top(s, nil)
			if top.Tally() != sum || h > 0 && verify.Root(h, verify.Node(h-1, 0, &top)) != root {
				t.Fatalf("the top counts %+v, want %+v", top.Tally(), sum)
			}
			check(t, s, h-1, 0, &top)
			if len(all) > 0 {
				all[0].Tally.Unseen++
				if verify.Compute(all) == root {
					t.Fatal("the root does not cover what is counted")
				}
			}
		}
	})
}

// check compares every child of a node with what is below it.
func check(t *rapid.T, s Store, level int, place uint32, c *verify.Children) {
	for i := range c {
		if level > 0 && c[i].Digest != (wire.Digest{}) {
			at := place*verify.Fanout + uint32(i)
			below := Read(s, nil, level-1, at)
			if below.Tally() != c[i].Tally || verify.Node(level-1, at, &below) != c[i].Digest {
				t.Fatalf("node %d at level %d is not what the node above it says", at, level-1)
			}
			check(t, s, level-1, at, &below)
		}
	}
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
	c := verify.Children{0: {Digest: digest(1)}}
	if verify.Node(0, 0, &c) == verify.Node(1, 0, &c) || verify.Node(0, 0, &c) == verify.Node(0, 1, &c) {
		t.Error("nodes of different places have one digest")
	}
}

// What decodes is what is encoded, and nothing else.
func FuzzDecodeNode(f *testing.F) {
	f.Add(verify.AppendNode(nil, &verify.Children{3: {Digest: digest(3)}, 9: {Digest: digest(9)}}))
	f.Add(verify.AppendNode(nil, &verify.Children{1: {Digest: digest(1), Tally: verify.Tally{Messages: 2, Unseen: 1, ModSeq: 7}}}))
	f.Add([]byte{0xff, 0xff})
	f.Fuzz(func(t *testing.T, v []byte) {
		if c, ok := verify.DecodeNode(v); ok && !bytes.Equal(verify.AppendNode(nil, &c), v) {
			t.Fatalf("%x decodes to something else", v)
		}
	})
}
