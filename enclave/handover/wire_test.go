package handover

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// The report data depends on every part of the channel and of both hellos.
func TestReportData(t *testing.T) {
	type parts struct {
		role            role
		channel         channel
		giver, receiver hello
	}
	base := func() parts {
		return parts{
			role: roleGiver, channel: channel{exporter: [32]byte{1}, giver: []byte("giver"), receiver: []byte("receiver")},
			giver:    hello{role: roleGiver, replica: 0, genesis: [32]byte{2}, nonce: [32]byte{3}},
			receiver: hello{role: roleReceiver, replica: 1, genesis: [32]byte{2}, nonce: [32]byte{4}},
		}
	}
	seen := map[[64]byte]string{}
	for name, change := range map[string]func(*parts){
		"nothing": func(*parts) {}, "role": func(p *parts) { p.role = roleReceiver },
		"exporter": func(p *parts) { p.channel.exporter[0]++ }, "giver's key": func(p *parts) { p.channel.giver = []byte("x") },
		"receiver's key": func(p *parts) { p.channel.receiver = []byte("x") },
		"border of keys": func(p *parts) { p.channel.giver, p.channel.receiver = []byte("giverr"), []byte("eceiver") },
		"giver's nonce":  func(p *parts) { p.giver.nonce[0]++ }, "receiver's nonce": func(p *parts) { p.receiver.nonce[0]++ },
		"giver": func(p *parts) { p.giver.replica++ }, "receiver": func(p *parts) { p.receiver.replica++ },
		"genesis": func(p *parts) { p.giver.genesis[0]++; p.receiver.genesis[0]++ },
	} {
		p := base()
		change(&p)
		data := reportData(p.role, &p.channel, &p.giver, &p.receiver)
		if other, taken := seen[data]; taken {
			t.Errorf("%s and %s give the same report data", name, other)
		}
		seen[data] = name
	}
	p := base()
	const golden = "9deb4c6a543e70d2dd5aa0bf811e86d2"
	if data := reportData(p.role, &p.channel, &p.giver, &p.receiver); !strings.HasPrefix(hex.EncodeToString(data[:]), golden) {
		t.Errorf("report data is %x: enclaves of two versions would not know each other", data[:16])
	}
}

func FuzzHello(f *testing.F) {
	h := hello{role: roleGiver, replica: 1, genesis: [32]byte{1}, nonce: [32]byte{2}}
	f.Add(h.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHello(b)
		if err != nil && !errors.Is(err, ErrFrame) || err == nil && !bytes.Equal(h.append(nil), b) {
			t.Fatal(err)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add((&answer{verdict: given, body: []byte("x")}).append(nil))
	f.Add((&answer{verdict: refused}).append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := decodeAnswer(b)
		if err != nil && !errors.Is(err, ErrFrame) || err == nil && !bytes.Equal(a.append(nil), b) {
			t.Fatal(err)
		}
	})
}
