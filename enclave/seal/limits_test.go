package seal

import (
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// What this package seals fits what the rest of the vocabulary carries.
func TestLimitsAgree(t *testing.T) {
	for name, pair := range map[string][2]int{
		"body":     {MaxSealedBody, wire.MaxBodyBytes},
		"summary":  {MaxSealedSummary, command.MaxSealedSummary},
		"name":     {MaxSealedName, command.MaxSealedName},
		"address":  {MaxSealedAddress, command.MaxSealedAddress},
		"verifier": {MaxSealedVerifier, command.MaxSealedVerifiers},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: sealed up to %d bytes, carried up to %d", name, pair[0], pair[1])
		}
	}
	if WrappedKeyBytes > command.MaxWrappedKey {
		t.Errorf("a wrapped key has %d bytes, carried up to %d", WrappedKeyBytes, command.MaxWrappedKey)
	}
}
