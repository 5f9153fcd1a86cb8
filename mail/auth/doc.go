// Package auth checks passwords.
package auth
