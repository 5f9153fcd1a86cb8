//go:build !linux

package goheap

func reserve() {}
