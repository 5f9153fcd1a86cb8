package ego

import (
	"bytes"
	"errors"
	"testing"

	"troxymail/enclave/tee"
)

func goodClaims() (claims, [64]byte) {
	data := [64]byte{1, 2, 3}
	return claims{
		data:            data[:],
		uniqueID:        bytes.Repeat([]byte{7}, 32),
		securityVersion: 4,
		upToDate:        true,
	}, data
}

func TestClaimsOfPeers(t *testing.T) {
	own := tee.Measurement(bytes.Repeat([]byte{7}, 32))
	tests := []struct {
		name   string
		change func(*claims)
		want   error
	}{
		{"good", func(*claims) {}, nil},
		{"debug", func(c *claims) { c.debug = true }, tee.ErrDebug},
		{"other code", func(c *claims) { c.uniqueID = bytes.Repeat([]byte{8}, 32) }, tee.ErrMeasurement},
		{"no unique id", func(c *claims) { c.uniqueID = nil }, tee.ErrMeasurement},
		{"zero unique id", func(c *claims) { c.uniqueID = make([]byte, 32) }, tee.ErrMeasurement},
		{"long unique id", func(c *claims) { c.uniqueID = make([]byte, 48) }, tee.ErrMeasurement},
		{"old firmware", func(c *claims) { c.upToDate = false }, tee.ErrEvidence},
		{"other data", func(c *claims) { c.data = make([]byte, 64) }, tee.ErrReportData},
		{"short data", func(c *claims) { c.data = c.data[:3] }, tee.ErrReportData},
		{"no data", func(c *claims) { c.data = nil }, tee.ErrReportData},
		{"zero report", func(c *claims) { *c = claims{upToDate: true} }, tee.ErrMeasurement},
	}
	for _, tt := range tests {
		c, data := goodClaims()
		tt.change(&c)
		got, err := c.report(data, []tee.Measurement{own})
		if !errors.Is(err, tt.want) || (err != nil && got != (tee.Report{})) {
			t.Errorf("%s: %+v, %v, want %v", tt.name, got, err, tt.want)
		}
	}
	c, data := goodClaims()
	want := tee.Report{Platform: Name, Measurement: own, SecurityVersion: 4}
	if got, err := c.report(data, []tee.Measurement{own}); err != nil || got != want {
		t.Errorf("report = %+v, %v", got, err)
	}
	if _, err := c.report(data, nil); !errors.Is(err, tee.ErrMeasurement) {
		t.Errorf("nothing accepted: %v", err)
	}
}

func TestCheckSelf(t *testing.T) {
	id := bytes.Repeat([]byte{5}, 16)
	good, _ := goodClaims()
	if m, svn, err := checkSelf(good, id); err != nil || m[0] != 7 || svn != 4 {
		t.Fatalf("%x %d %v", m, svn, err)
	}
	debug, simulated, huge := good, good, good
	debug.debug, simulated.uniqueID, huge.securityVersion = true, make([]byte, 32), 1<<16
	for name, tt := range map[string]struct {
		self claims
		id   []byte
		want error
	}{
		"debug":              {debug, id, tee.ErrDebug},
		"zero seal key id":   {good, make([]byte, 16), tee.ErrNotInEnclave},
		"no seal key id":     {good, nil, tee.ErrNotInEnclave},
		"zero unique id":     {simulated, id, tee.ErrMeasurement},
		"huge code version":  {huge, id, tee.ErrMeasurement},
		"zero report":        {claims{}, id, tee.ErrMeasurement},
		"overlong sealkeyid": {good, append(id, 1), tee.ErrNotInEnclave},
	} {
		if _, _, err := checkSelf(tt.self, tt.id); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestSealKeysNeverZero(t *testing.T) {
	one, two, none := bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{2}, 16), make([]byte, 16)
	for name, keys := range map[string][2][]byte{
		"first zero":  {none, two},
		"second zero": {one, none},
		"both zero":   {none, none},
		"equal":       {one, one},
		"short":       {one[:15], two},
		"missing":     {one, nil},
	} {
		root, err := joinSealKeys(keys[0], keys[1])
		if !errors.Is(err, tee.ErrNotInEnclave) || root != [32]byte{} {
			t.Errorf("%s: %x, %v", name, root, err)
		}
	}
	root, err := joinSealKeys(one, two)
	if err != nil || !bytes.Equal(root[:], append(one, two...)) {
		t.Fatalf("%x, %v", root, err)
	}
	a, errA := derive(root, "a")
	b, errB := derive(root, "b")
	if errA != nil || errB != nil || a == b || a == root || zero(a[:]) {
		t.Errorf("derived %x %v, %x %v", a, errA, b, errB)
	}
	if _, err := derive(root, ""); !errors.Is(err, tee.ErrPurpose) {
		t.Errorf("empty purpose: %v", err)
	}
}
