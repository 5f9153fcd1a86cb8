package content

// Cache holds immutable plaintext by digest. Safe for concurrent use.
type Cache struct{}
