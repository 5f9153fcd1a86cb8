package main

import (
	"reflect"
	"testing"

	"troxymail/bftcore"
)

// Every counter of the core is a metric, and no two share a name.
func TestEveryCounterIsAMetric(t *testing.T) {
	var c bftcore.Counters
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		v.Field(i).SetUint(uint64(i) + 1)
	}
	seen := map[uint64]string{}
	for _, m := range []map[string]uint64{refusals(&c, nil), work(&c)} {
		for name, n := range m {
			if other, twice := seen[n]; twice {
				t.Errorf("%s and %s are one counter", name, other)
			}
			seen[n] = name
		}
	}
	for i := range v.NumField() {
		if seen[uint64(i)+1] == "" {
			t.Errorf("%s is no metric", v.Type().Field(i).Name)
		}
	}
	if m := refusals(&c, map[string]uint64{"malformed": 1000, "misattributed": 3}); m["malformed"] != 1000+c.Malformed || m["misattributed"] != 3 {
		t.Errorf("of messages that no core saw: %v", m)
	}
}
