package hostlog

import "fmt"

// Limits and defaults; sizes in bytes.
const (
	DefaultSegmentBytes   = 64 << 20
	DefaultMaxRecordBytes = 2 << 20
	// MaxRecordBytesLimit is the largest MaxRecordBytes: frames carry a 24-bit length.
	MaxRecordBytesLimit = 1<<24 - 1
	// MaxSegmentBytes is the largest SegmentBytes.
	MaxSegmentBytes = 1 << 30
	// MaxReadOrders is how many orders one ReadOrders may span.
	MaxReadOrders = 4096

	maxWriteBytes   = 16 << 20 // a batch larger than this is written in several writes
	keepBufferBytes = 4 << 20  // a larger encoding buffer is given back after use
	maxSegments     = 1 << 16
)

// Options of a log. The zero value means the defaults.
type Options struct {
	// SegmentBytes is the size of each new segment file, preallocated; a multiple of 8, room for the
	// largest record, at most MaxSegmentBytes.
	SegmentBytes int64
	// MaxRecordBytes is the longest body Append takes; at most MaxRecordBytesLimit.
	MaxRecordBytes int
	// FS is the file system; nil means the operating system's. Tests inject faults here.
	FS FS
}

func (o Options) complete() (Options, error) {
	if o.SegmentBytes == 0 {
		o.SegmentBytes = DefaultSegmentBytes
	}
	if o.MaxRecordBytes == 0 {
		o.MaxRecordBytes = DefaultMaxRecordBytes
	}
	if o.FS == nil {
		o.FS = osFS{}
	}
	if o.MaxRecordBytes < 1 || o.MaxRecordBytes > MaxRecordBytesLimit {
		return o, fmt.Errorf("%w: MaxRecordBytes %d, allowed 1 to %d",
			ErrOptions, o.MaxRecordBytes, MaxRecordBytesLimit)
	}
	low := dataStart + frameSize(o.MaxRecordBytes) + markReserve
	if o.SegmentBytes < low || o.SegmentBytes > MaxSegmentBytes || o.SegmentBytes%frameAlign != 0 {
		return o, fmt.Errorf("%w: SegmentBytes %d, allowed %d to %d in steps of %d",
			ErrOptions, o.SegmentBytes, low, MaxSegmentBytes, frameAlign)
	}
	return o, nil
}
