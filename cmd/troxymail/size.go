package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// size is a number of bytes that people write with K, M, G or T behind it, each 1024 of the one before.
type size uint64

const sizeUnits = "KMGT"

// UnmarshalText reads "500M".
func (s *size) UnmarshalText(text []byte) error {
	t := strings.TrimSuffix(strings.ToUpper(string(text)), "B")
	shift := 0
	if n := len(t); n > 0 {
		if i := strings.IndexByte(sizeUnits, t[n-1]); i >= 0 {
			shift, t = 10*(i+1), t[:n-1]
		}
	}
	v, err := strconv.ParseUint(t, 10, 64)
	if err != nil || v == 0 || v > math.MaxInt64>>shift {
		return fmt.Errorf("%q is no size: want a number of bytes above 0, or one with K, M, G or T, as in 10G", text)
	}
	*s = size(v << shift)
	return nil
}

// String is short: "9.5 GiB".
func (s size) String() string {
	v, unit := float64(s), ""
	for _, u := range sizeUnits {
		if v < 1024 {
			break
		}
		v, unit = v/1024, string(u)+"i"
	}
	if unit == "" {
		return fmt.Sprintf("%d B", uint64(s))
	}
	return fmt.Sprintf("%.1f %sB", v, unit)
}
