// Package admin holds black-box tests of `troxymail account` and `troxymail status` against a running
// demo: what an administrator types, and what mail clients then see at other replicas.
package admin
