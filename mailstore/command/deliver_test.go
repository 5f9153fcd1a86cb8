package command

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

func drawDeliver(t *rapid.T) *Deliver {
	c := &Deliver{Size: rapid.Uint32().Draw(t, "size")}
	for i := range rapid.IntRange(1, 5).Draw(t, "recipients") {
		id := AccountID(genID.Draw(t, "account"))
		id[0] = byte(i)
		c.Recipients = append(c.Recipients, DeliverTo{id, genBox.Draw(t, "mailbox"), genBytes(1, 30).Draw(t, "summary")})
	}
	if rapid.Bool().Draw(t, "inline") {
		c.Body = genBytes(1, 30).Draw(t, "body")
		c.BodyDigest, c.BodySize = wire.Sum(c.Body), uint32(len(c.Body))
	} else {
		c.BodyDigest = genDigest.Draw(t, "body")
		c.BodySize = rapid.Uint32Range(wire.InlineBodyBytes+1, wire.MaxBodyBytes).Draw(t, "body size")
	}
	return c
}

// deliverTo is a delivery to n accounts that decodes.
func deliverTo(n int) *Deliver {
	c := &Deliver{Size: 9, Body: []byte{1}, BodyDigest: wire.Sum([]byte{1}), BodySize: 1}
	for i := range n {
		c.Recipients = append(c.Recipients, DeliverTo{AccountID{byte(i)}, MailboxID(i + 1), []byte{2}})
	}
	return c
}

func TestDeliverRefuses(t *testing.T) {
	if _, err := Decode(deliverTo(MaxRecipients).Append(nil)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(c *Deliver){
		"nobody":            func(c *Deliver) { c.Recipients = nil },
		"too many":          func(c *Deliver) { *c = *deliverTo(MaxRecipients + 1) },
		"an account twice":  func(c *Deliver) { c.Recipients[1].Account = c.Recipients[0].Account },
		"not sorted":        func(c *Deliver) { slices.Reverse(c.Recipients) },
		"no summary":        func(c *Deliver) { c.Recipients[1].Summary = nil },
		"long summary":      func(c *Deliver) { c.Recipients[1].Summary = make([]byte, MaxSealedSummary+1) },
		"mailbox 0":         func(c *Deliver) { c.Recipients[1].Mailbox = 0 },
		"wrong digest":      func(c *Deliver) { c.BodyDigest[0]++ },
		"no body":           func(c *Deliver) { c.Body, c.BodySize = nil, 0 },
		"body over limit":   func(c *Deliver) { c.Body, c.BodySize = nil, wire.MaxBodyBytes+1 },
		"large, and inline": func(c *Deliver) { c.BodySize = wire.InlineBodyBytes + 1 },
	} {
		c := deliverTo(3)
		change(c)
		if _, err := Decode(c.Append(nil)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// As many recipients as may be, each with its share of the summaries, fit a command with a whole inline body.
func TestLargestDeliverFits(t *testing.T) {
	c := deliverTo(MaxRecipients)
	c.Body = bytes.Repeat([]byte{1}, wire.InlineBodyBytes)
	c.BodyDigest, c.BodySize = wire.Sum(c.Body), wire.InlineBodyBytes
	for i := range c.Recipients {
		c.Recipients[i].Summary = c.Body[:MaxDeliverSummaries/MaxRecipients]
	}
	b := c.Append(nil)
	if _, err := Decode(b); err != nil || len(b) > wire.MaxCommandBytes || len(c.Keys()) > wire.MaxKeys {
		t.Fatalf("%d bytes, %d keys: %v", len(b), len(c.Keys()), err)
	}
	c.Body, c.BodySize = nil, wire.InlineBodyBytes+1
	if got := Bodies(c); len(got) != 1 || got[0] != c.BodyDigest {
		t.Fatalf("bodies %v", got)
	}
}

func TestGoldenDeliver(t *testing.T) {
	c := deliverTo(1)
	want := "4201" + "00000001" + "00000000000000000000000000000000" + "00000001" + "0000000102" + "00000009" + "0000000101" +
		"4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a" + "00000001"
	if got := hex.EncodeToString(c.Append(nil)); got != want {
		t.Errorf("Deliver\n got %s\nwant %s", got, want)
	}
	p := Delivered{Recipients: []DeliveredTo{{StatusOK, 7}, {StatusOverQuota, 0}}}
	b := p.Append(nil)
	if got := hex.EncodeToString(b); got != "01"+"00000002"+"0000000007"+"0900000000" {
		t.Errorf("Delivered %s", got)
	}
	if q, err := DecodeDelivered(b); err != nil || !reflect.DeepEqual(p, q) {
		t.Errorf("decoded %+v, %v", q, err)
	}
}
