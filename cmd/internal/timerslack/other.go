//go:build !linux

package timerslack

// Set does nothing and reports false.
func Set() bool { return false }
