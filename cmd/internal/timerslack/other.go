//go:build !linux

package timerslack

import "time"

// Set does nothing and reports false.
func Set(time.Duration) bool { return false }
