package auth

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Params are the costs of one Argon2id computation (RFC 9106, 3.1).
type Params struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// DefaultParams is 19 MiB, 2 passes, 1 lane: the first choice of the OWASP Password Storage Cheat Sheet for
// servers that check many passwords at once. RFC 9106 (4) recommends 64 MiB where memory is plentiful, which
// an enclave's is not.
var DefaultParams = Params{MemoryKiB: 19 << 10, Passes: 2, Lanes: 1}

// Bounds of what a stored hash may ask for, so that no stored value makes a check cost more.
const (
	maxMemoryKiB = 64 << 10
	maxPasses    = 8
	maxLanes     = 4
	saltBytes    = 16
	hashBytes    = 32
	// MaxPasswordBytes bounds a password: longer ones are refused before anything is computed.
	MaxPasswordBytes = 1024
)

// ErrHash is returned for text that is no canonical hash within the bounds of this package.
var ErrHash = errors.New("auth: not a canonical Argon2id hash within its bounds")

// hash is one Argon2id hash with its salt and costs.
type hash struct {
	params Params
	salt   [saltBytes]byte
	sum    [hashBytes]byte
}

func (p Params) valid() bool {
	return p.MemoryKiB >= 8*uint32(p.Lanes) && p.MemoryKiB <= maxMemoryKiB && p.Passes >= 1 &&
		p.Passes <= maxPasses && p.Lanes >= 1 && p.Lanes <= maxLanes
}

func compute(p Params, salt [saltBytes]byte, password string) (sum [hashBytes]byte) {
	copy(sum[:], argon2.IDKey([]byte(password), salt[:], p.Passes, p.MemoryKiB, p.Lanes, hashBytes))
	return sum
}

// matches computes the hash of password and compares in constant time.
func (h *hash) matches(password string) bool {
	sum := compute(h.params, h.salt, password)
	return subtle.ConstantTimeCompare(sum[:], h.sum[:]) == 1
}

// encode writes h in the PHC string format: $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
func (h *hash) encode() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.params.MemoryKiB,
		h.params.Passes, h.params.Lanes, b64.EncodeToString(h.salt[:]), b64.EncodeToString(h.sum[:]))
}

// decodeHash reads what encode wrote and nothing else.
func decodeHash(s string) (hash, error) {
	fields := strings.Split(s, "$")
	if len(fields) != 6 || len(s) > maxEntryBytes {
		return hash{}, ErrHash
	}
	var h hash
	costs := strings.Split(fields[3], ",")
	if len(costs) != 3 {
		return hash{}, ErrHash
	}
	h.params.MemoryKiB = uint32(cost(costs[0], "m="))
	h.params.Passes = uint32(cost(costs[1], "t="))
	h.params.Lanes = uint8(cost(costs[2], "p="))
	salt, errSalt := base64.RawStdEncoding.Strict().DecodeString(fields[4])
	sum, errSum := base64.RawStdEncoding.Strict().DecodeString(fields[5])
	if errSalt != nil || errSum != nil || len(salt) != saltBytes || len(sum) != hashBytes {
		return hash{}, ErrHash
	}
	copy(h.salt[:], salt)
	copy(h.sum[:], sum)
	if !h.params.valid() || h.encode() != s {
		return hash{}, ErrHash
	}
	return h, nil
}

// cost reads the decimal number behind prefix, 0 when there is none or it is absurd; encode shows the rest.
func cost(s, prefix string) uint64 {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, prefix), 10, 24)
	if err != nil || !strings.HasPrefix(s, prefix) {
		return 0
	}
	return n
}
