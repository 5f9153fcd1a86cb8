package command

// Ping changes nothing and returns its data: for measuring, and for asking whether the group serves.
// A ping with AsRead set counts as read-only: it is not remembered against duplicates.
type Ping struct {
	Data   []byte // at most MaxPing
	AsRead bool
}
