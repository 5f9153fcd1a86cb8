package seal

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"troxymail/enclave/tee"
	"troxymail/enclave/tee/sim"
)

// platform plays platforms that differ in one thing.
type platform struct {
	name string
	key  [32]byte
	err  error
}

func (p platform) Name() string                              { return p.name }
func (platform) Simulated() bool                             { return true }
func (platform) Measurement() tee.Measurement                { return tee.Measurement{1} }
func (p platform) SealKey(string) ([32]byte, error)          { return p.key, p.err }
func (platform) Attest([64]byte) ([]byte, error)             { return nil, errors.ErrUnsupported }
func (platform) Verify([]byte, [64]byte) (tee.Report, error) { return tee.Report{}, tee.ErrEvidence }

func TestLocal(t *testing.T) {
	p := platform{name: "one", key: [32]byte{1}}
	l, context, plaintext := Local{GenesisHash: [32]byte{2}, Replica: 1}, []byte("context"), []byte("secret")
	sealed := must(SealLocal(fixed("salt"), p, "group-key", l, context, plaintext))
	if len(sealed) != len(plaintext)+LocalOverhead || bytes.Contains(sealed, plaintext) {
		t.Errorf("sealed as %q", sealed)
	}
	if got, err := OpenLocal(p, "group-key", l, context, sealed); err != nil || !bytes.Equal(got, plaintext) {
		t.Errorf("opened as %q, %v", got, err)
	}
	genesis, replica := l, l
	genesis.GenesisHash[31]++
	replica.Replica++
	for what, open := range map[string]func() ([]byte, error){
		"purpose": func() ([]byte, error) { return OpenLocal(p, "group-kez", l, context, sealed) },
		"genesis": func() ([]byte, error) { return OpenLocal(p, "group-key", genesis, context, sealed) },
		"replica": func() ([]byte, error) { return OpenLocal(p, "group-key", replica, context, sealed) },
		"context": func() ([]byte, error) { return OpenLocal(p, "group-key", l, nil, sealed) },
		"platform": func() ([]byte, error) {
			return OpenLocal(platform{name: "two", key: p.key}, "group-key", l, context, sealed)
		},
		"machine": func() ([]byte, error) {
			return OpenLocal(platform{name: p.name, key: [32]byte{3}}, "group-key", l, context, sealed)
		},
		"purpose and context run together": func() ([]byte, error) {
			return OpenLocal(p, "group-keyc", l, []byte("ontext"), sealed)
		},
	} {
		got, err := open()
		refused(t, "other "+what, got, err)
	}
	everyByteFlipped(t, sealed, func(b []byte) ([]byte, error) {
		return OpenLocal(p, "group-key", l, context, b)
	})
}

func TestLocalErrors(t *testing.T) {
	good, l := platform{name: "one", key: [32]byte{1}}, Local{}
	for name, tt := range map[string]struct {
		p       tee.Platform
		purpose string
		size    int
		want    error
	}{
		"no sealing":   {platform{err: tee.ErrNoSealing, key: [32]byte{1}}, "p", 0, tee.ErrNoSealing},
		"zero key":     {platform{}, "p", 0, ErrZeroKey},
		"no purpose":   {good, "", 0, tee.ErrPurpose},
		"long purpose": {good, strings.Repeat("p", tee.MaxPurposeBytes+1), 0, tee.ErrPurpose},
		"long":         {good, "p", MaxLocal + 1, ErrTooLong},
	} {
		b, err := SealLocal(fixed("salt"), tt.p, tt.purpose, l, nil, make([]byte, tt.size))
		if !errors.Is(err, tt.want) || b != nil {
			t.Errorf("seal, %s: %v", name, err)
		}
		if tt.want == ErrTooLong {
			tt.want = ErrOpen
		}
		b, err = OpenLocal(tt.p, tt.purpose, l, nil, make([]byte, LocalOverhead+tt.size))
		if !errors.Is(err, tt.want) || b != nil {
			t.Errorf("open, %s: %v", name, err)
		}
	}
	most := must(SealLocal(fixed("salt"), good, "p", l, make([]byte, MaxContext), make([]byte, MaxLocal)))
	got, err := OpenLocal(good, "p", l, make([]byte, MaxContext), most)
	if err != nil || len(got) != MaxLocal {
		t.Errorf("the longest blob: %d bytes, %v", len(got), err)
	}
	_, err = SealLocal(fixed("salt"), good, "p", l, make([]byte, MaxContext+1), nil)
	if !errors.Is(err, ErrTooLong) {
		t.Errorf("long context: %v", err)
	}
}

// The group key survives a restart of a simulated platform, and opens on no other.
func TestLocalOnTheSimulatedPlatform(t *testing.T) {
	dir := t.TempDir()
	open := func(dir, code string, seed string) tee.Platform {
		return must(sim.New(sim.Options{Dir: dir, Acknowledge: sim.Insecure, Rand: fixed(seed), Code: code}))
	}
	group := must(NewGroupKey(fixed("group")))
	raw := group.Bytes()
	sealed := must(SealLocal(fixed("salt"), open(dir, "", "a"), "group-key", Local{}, nil, raw[:]))
	got, err := OpenLocal(open(dir, "", "b"), "group-key", Local{}, nil, sealed)
	if err != nil || !bytes.Equal(got, raw[:]) {
		t.Errorf("after a restart: %v", err)
	}
	got, err = OpenLocal(open(dir, "other", "b"), "group-key", Local{}, nil, sealed)
	refused(t, "other code", got, err)
	got, err = OpenLocal(open(t.TempDir(), "", "b"), "group-key", Local{}, nil, sealed)
	refused(t, "other machine", got, err)
}
