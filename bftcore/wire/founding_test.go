package wire

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"troxymail/bftcore/wire/canon"
)

// What counts in a bundle is of the newest founding that a member knows to have been ACTIVE, whatever generation a member
// joined since, and in whatever order they stand.
func TestCounted(t *testing.T) {
	founding := func(generation uint32, digest byte) Founding {
		return Founding{Generation: generation, Digest: fill(digest)}
	}
	first, second, namesake := founding(1, 9), founding(2, 1), founding(2, 2)
	for name, x := range map[string]struct {
		last   []Founding // by member
		newest Founding
		count  []int
	}{
		"no members":                {nil, Founding{}, nil},
		"never in any":              {[]Founding{{}, {}}, Founding{}, []int{0, 1}},
		"all in one":                {[]Founding{first, first, first}, first, []int{0, 1, 2}},
		"one was left out":          {[]Founding{second, first, second}, second, []int{0, 2}},
		"one alone saw it begin":    {[]Founding{first, first, second}, second, []int{2}},
		"one is empty":              {[]Founding{{}, first, first}, first, []int{1, 2}},
		"two of the same number":    {[]Founding{second, namesake, first}, namesake, []int{1}},
		"the same, the other way":   {[]Founding{namesake, first, second}, namesake, []int{0}},
		"a low digest, a high one":  {[]Founding{founding(3, 0), namesake}, founding(3, 0), []int{0}},
		"all of one, but one empty": {[]Founding{second, {}, second, second}, second, []int{0, 2, 3}},
	} {
		states := make([]ColdState, len(x.last))
		var want []*Disclosure
		for i := range states {
			states[i].LastActive = x.last[i]
			states[i].Certificate.Founding = founding(uint32(20-i), 0)
		}
		for _, i := range x.count {
			want = append(want, &states[i].Disclosure)
		}
		if newest, told := Counted(states); newest != x.newest || !slices.Equal(told, want) {
			t.Errorf("%s: %v, %d are counted", name, newest, len(told))
		}
	}
}

func TestBefore(t *testing.T) {
	list := []Founding{{}, {Generation: 1}, {Generation: 1, Digest: fill(1)}, {Generation: 1, Digest: fill(2)}, {Generation: 2}}
	for i, f := range list {
		for j, g := range list {
			if f.Before(g) != (i < j) {
				t.Errorf("%v before %v: %v", f, g, f.Before(g))
			}
		}
	}
}

// A Frontier of the version before is refused with words that say what to do; what is damaged is damaged.
func TestFormerFrontier(t *testing.T) {
	d := sampleDisclosure()
	body := canon.AppendUint64(canon.AppendUint64(canon.AppendBool(appendDisclosure(nil, &d), true), 5), 2)
	c := sampleCertificate(CertFrontier, 1, Position{View: 3, Order: 6})
	c.Digest = bodyDigest(formerTag, body)
	former := appendStated(nil, KindFrontier, &c, body)
	if _, err := DecodeFrontier(former); !errors.Is(err, ErrMalformed) || !errors.Is(err, errFormer) || !strings.Contains(err.Error(), "empty") {
		t.Errorf("%v", err)
	}
	for i := range former {
		b := bytes.Clone(former)
		b[i] ^= 1
		if _, err := DecodeFrontier(b); !errors.Is(err, ErrMalformed) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}
