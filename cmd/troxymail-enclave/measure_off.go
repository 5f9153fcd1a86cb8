//go:build !bench

package main

import "troxymail/mail/service"

// measure does nothing: only a build with the tag bench lets itself be measured from outside.
func measure(*service.Service, *replica) (stop func()) { return func() {} }
