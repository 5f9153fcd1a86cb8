package auth

// Authenticator checks passwords under bounds. Safe for concurrent use.
type Authenticator struct{}
