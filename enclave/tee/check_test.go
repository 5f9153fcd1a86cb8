package tee

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckPurpose(t *testing.T) {
	for purpose, want := range map[string]error{
		"":                                     ErrPurpose,
		"group-key":                            nil,
		strings.Repeat("p", MaxPurposeBytes):   nil,
		strings.Repeat("p", MaxPurposeBytes+1): ErrPurpose,
	} {
		if err := CheckPurpose(purpose); !errors.Is(err, want) {
			t.Errorf("CheckPurpose(%q) = %v, want %v", purpose, err, want)
		}
	}
}

func TestCheckReport(t *testing.T) {
	one, two := Measurement{1}, Measurement{2}
	tests := []struct {
		name   string
		report Report
		accept []Measurement
		want   error
	}{
		{"named", Report{Measurement: one}, []Measurement{two, one}, nil},
		{"debug", Report{Measurement: one, Debug: true}, []Measurement{one}, ErrDebug},
		{"other", Report{Measurement: one}, []Measurement{two}, ErrMeasurement},
		{"nothing accepted", Report{Measurement: one}, nil, ErrMeasurement},
		{"zero report", Report{}, []Measurement{one}, ErrMeasurement},
		{"zero named", Report{}, []Measurement{{}}, ErrMeasurement},
	}
	for _, tt := range tests {
		if err := CheckReport(tt.report, tt.accept); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}
