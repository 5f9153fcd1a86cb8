package ego

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrKeyRequest is returned for a key request that asks for another key than one of this very code.
var ErrKeyRequest = errors.New("ego: key request refused; start without it and fetch the secrets from a peer")

// KeyRequestBytes is the size of a key request (Intel SDM volume 3D, KEYREQUEST).
const KeyRequestBytes = 512

// KeyRequest names a seal key of this processor to the instruction EGETKEY. It is public: the host keeps
// it. The key depends on all of it, and on the code that asks.
type KeyRequest [KeyRequestBytes]byte

// Layout of a key request, little endian; what is not named is reserved and zero.
const (
	offKeyName   = 0  // uint16
	offKeyPolicy = 2  // uint16
	offISVSVN    = 4  // uint16: version of the code, as its signer declared it
	offReserved  = 6  // uint16
	offFlagsMask = 24 // uint64, after 16 bytes of CPUSVN
	offXFRMMask  = 32 // uint64
	offKeyID     = 40 // 32 bytes
	offMiscMask  = 72 // uint32
	offRest      = 76 // zero up to the end
)

// The only values accepted. The flags mask covers INIT, DEBUG, and the key-separation bits, so that a
// debug enclave gets other keys; a mask of zero would share the key with it.
const (
	keyNameSeal        = 4
	keyPolicyMRENCLAVE = 1
	flagsMask          = 0xff0000000000000b
	xfrmMask           = 0
	miscMask           = 0xf0000000
)

// ParseKeyRequest checks a key request that came from the host: exactly KeyRequestBytes, a seal key
// bound to the measurement and nothing else, all security relevant attributes bound, reserved parts zero,
// and a code version from minSVN to ownSVN. Any other is ErrKeyRequest. The result is a copy.
func ParseKeyRequest(raw []byte, minSVN, ownSVN uint16) (KeyRequest, error) {
	if len(raw) != KeyRequestBytes {
		return KeyRequest{}, fmt.Errorf("%w: it has %d bytes", ErrKeyRequest, len(raw))
	}
	request := KeyRequest(raw)
	le := binary.LittleEndian
	svn := le.Uint16(request[offISVSVN:])
	switch {
	case le.Uint16(request[offKeyName:]) != keyNameSeal:
		return KeyRequest{}, fmt.Errorf("%w: not a seal key", ErrKeyRequest)
	case le.Uint16(request[offKeyPolicy:]) != keyPolicyMRENCLAVE:
		return KeyRequest{}, fmt.Errorf("%w: not bound to the measurement", ErrKeyRequest)
	case le.Uint64(request[offFlagsMask:]) != flagsMask,
		le.Uint64(request[offXFRMMask:]) != xfrmMask,
		le.Uint32(request[offMiscMask:]) != miscMask:
		return KeyRequest{}, fmt.Errorf("%w: attributes not bound", ErrKeyRequest)
	case svn < minSVN || svn > ownSVN:
		return KeyRequest{}, fmt.Errorf("%w: of code version %d, not %d to %d", ErrKeyRequest,
			svn, minSVN, ownSVN)
	case le.Uint16(request[offReserved:]) != 0 || !zero(request[offRest:]):
		return KeyRequest{}, fmt.Errorf("%w: reserved parts in use", ErrKeyRequest)
	}
	return request, nil
}

// sibling returns the request for the second of the two 128-bit keys that make one of 256 bits.
func (k KeyRequest) sibling() KeyRequest {
	k[offKeyID] ^= 0x80
	return k
}

func zero(b []byte) bool {
	var all byte
	for _, x := range b {
		all |= x
	}
	return all == 0
}
