package command

// Ping changes nothing and returns its data: for measuring, and for asking whether the group serves.
// ReadOnly pings are not remembered against duplicates.
type Ping struct {
	Data     []byte // at most 64 KiB
	ReadOnly bool
}
