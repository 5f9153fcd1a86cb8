package wire

// Limits of the protocol. A message that exceeds one is refused before anything is allocated for it.
const (
	// Version is the format version that every message and record carries.
	Version = 1

	// MaxReplicas bounds n; incarnation vectors have n entries.
	MaxReplicas = 15
	// MaxNumber bounds views, orders and sequence numbers: larger ones are refused, never wrapped.
	MaxNumber = 1 << 62
	// MaxIncarnation bounds incarnations and generations.
	MaxIncarnation = 1 << 31

	// MaxKeys bounds the keys that one request touches: one for each recipient of a delivery fits.
	MaxKeys = 128
	// MaxBodies bounds the large sealed bodies that one request names by digest.
	MaxBodies = 8
	// MaxCommandBytes bounds an encoded command: two 64 KiB records and their frame fit several times.
	MaxCommandBytes = 512 << 10
	// MaxResultBytes bounds the payload of one result.
	MaxResultBytes = 1 << 20
	// MaxTouched bounds the (key, digest) pairs in a result.
	MaxTouched = MaxKeys

	// MaxBatchRequests bounds the requests in one PREPARE.
	MaxBatchRequests = 1024
	// MaxBatchBytes bounds the encoded requests of one PREPARE; one request always fits.
	MaxBatchBytes = 1 << 20
	// MaxEntries bounds the orders above its stable checkpoint that an enclave certifies, and so the
	// entries of one disclosure.
	MaxEntries = 2048
	// MaxReplies bounds the entries of one reply set.
	MaxReplies = MaxBatchRequests
	// MaxMessageBytes bounds any one encoded message between replicas.
	MaxMessageBytes = 2 << 20

	// InlineBodyBytes is the largest sealed body that travels inside its command; larger ones go by
	// digest.
	InlineBodyBytes = 64 << 10
	// MaxBodyBytes bounds one sealed body.
	MaxBodyBytes = 64 << 20
	// ChunkBytes is the largest piece of a sealed body in one message.
	ChunkBytes = 256 << 10
)
