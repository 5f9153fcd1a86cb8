//go:build !linux

package threadpolicy

import "time"

// Set does nothing and reports false.
func Set(time.Duration) bool { return false }
