package boundary

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func sampleStatus() HostStatus {
	return HostStatus{Token: 7, Facts: HostFacts{
		View: 1, Leader: 1, Executed: 130, Synced: 129, Known: 131,
		Roots:  []Root{{Order: 64, Digest: [32]byte{1}}, {Order: 130, Digest: [32]byte{2}}},
		Peers:  []uint64{131, 0, 130},
		Alarms: []Alarm{{Code: AlarmPeerSilent, Subject: 2}, {Code: AlarmLogTorn, Subject: NoReplica, Count: 9}},
		Out:    []Outage{{Replica: 1, Cause: CauseSilent}},
	}}
}

func TestHostStatusFrames(t *testing.T) {
	s := sampleStatus()
	got, err := DecodeHostStatus(s.Append(nil))
	if err != nil || !reflect.DeepEqual(got, s) {
		t.Fatalf("%+v, %v", got, err)
	}
	frame := s.Append(nil)
	for i := range frame {
		if _, err := DecodeHostStatus(frame[:i]); !errors.Is(err, ErrFrame) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	q := HostStatusQuery{Token: 9}
	if got, err := DecodeHostStatusQuery(q.Append(nil)); err != nil || got != q {
		t.Fatalf("%+v, %v", got, err)
	}
	const golden = "4901" + "0000000000000009"
	if hex.EncodeToString(q.Append(nil)) != golden {
		t.Fatalf("query is %x", q.Append(nil))
	}
	s.Facts.Roots[1].Order = 64
	if _, err := DecodeHostStatus(s.Append(nil)); !errors.Is(err, ErrFrame) {
		t.Fatalf("two roots of one order: %v", err)
	}
}

func TestAlarmsHaveNamesAndSentences(t *testing.T) {
	names := map[string]AlarmCode{}
	for code, text := range alarmTexts {
		if text.name == "" || strings.ToLower(text.name) != text.name || strings.ContainsAny(text.name, " :") {
			t.Errorf("alarm %d has the name %q", code, text.name)
		}
		if other, taken := names[text.name]; taken {
			t.Errorf("alarms %d and %d are both %q", code, other, text.name)
		}
		names[text.name] = code
		if len(text.sentence) < 20 || strings.HasSuffix(text.sentence, ".") {
			t.Errorf("%s: sentence %q", text.name, text.sentence)
		}
	}
	a := Alarm{Code: AlarmPeerSilent, Subject: 2}
	if got := a.String(); !strings.HasPrefix(got, "peer-silent (replica 2): ") {
		t.Error(got)
	}
	if got := (Alarm{Code: 9999, Subject: NoReplica}).String(); !strings.HasPrefix(got, "alarm-9999: ") {
		t.Error(got)
	}
}

func FuzzHostStatus(f *testing.F) {
	s := sampleStatus()
	f.Add(s.Append(nil))
	f.Add([]byte{byte(KindHostStatus), 1})
	f.Fuzz(func(t *testing.T, frame []byte) {
		s, err := DecodeHostStatus(frame)
		if err != nil {
			return
		}
		if kind, err := PeekKind(frame); err == nil && kind == KindHostStatus && !bytes.Equal(s.Append(nil), frame) {
			t.Fatal("two encodings of one status")
		}
	})
}
