package boundary

import "troxymail/bftcore/wire/canon"

// keepOutbox bounds the memory that an Outbox keeps between two times that it is emptied.
const keepOutbox = 256 << 10

// Outbox gathers frames for one Send. It encodes them behind each other into memory that it uses again, which Send,
// copying frames, allows. The zero value is empty. Not safe for concurrent use.
type Outbox struct {
	frames [][]byte
	room   []byte
}

// Add gathers the frame that encode appends.
func (o *Outbox) Add(encode func(dst []byte) []byte) {
	from := len(o.room)
	o.room = encode(o.room)
	o.frames = append(o.frames, o.room[from:len(o.room):len(o.room)])
}

// Len returns how many frames are gathered.
func (o *Outbox) Len() int { return len(o.frames) }

// SendTo sends what was gathered, if anything, over l and empties the Outbox.
func (o *Outbox) SendTo(l Link) error {
	if len(o.frames) == 0 {
		return nil
	}
	err := l.Send(o.frames...)
	clear(o.frames)
	o.frames, o.room = o.frames[:0], canon.Reuse(o.room, keepOutbox)
	return err
}
