//go:build linux

package goheap

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
)

// childName is set in the environment of the process whose heap has just begun.
const childName = "TROXYMAIL_TEST_GOHEAP"

// The heap has address space with huge pages, which are there once it is used, and none of it is used before.
func TestReserve(t *testing.T) {
	if os.Getenv(childName) == "" {
		alone := exec.Command(os.Args[0], "-test.run", "^TestReserve$")
		alone.Env = append(os.Environ(), childName+"=1")
		if out, err := alone.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	before := resident(t)
	reserve()
	if more := resident(t) - before; more > Huge/4 {
		t.Errorf("%d bytes more are resident", more)
	}
	want := Huge - 4<<20 // what begins and ends within a page has none there
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); errors.Is(err, fs.ErrNotExist) {
		want = 0 // a kernel without them
	}
	if got := advised(t); got < want {
		t.Errorf("huge pages are advised for %d bytes, want %d", got, want)
	}
}

// resident is how much memory the process uses, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(string(bytes.Fields(b)[1]))
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// advised is how much address space has the flag of MADV_HUGEPAGE, in bytes.
func advised(t *testing.T) (total int) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	size := 0 // of the mapping that is being told of, KiB
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		switch f := bytes.Fields(lines.Bytes()); string(f[0]) {
		case "Size:":
			if size, err = strconv.Atoi(string(f[1])); err != nil {
				t.Fatal(err)
			}
		case "VmFlags:":
			if slices.ContainsFunc(f, func(flag []byte) bool { return string(flag) == "hg" }) {
				total += size << 10
			}
		}
	}
	return total
}
