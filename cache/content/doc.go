// Package content is a bounded cache of immutable plaintext by digest.
package content
