package message

// A decoder undoes a content transfer encoding (RFC 2045 6) piece by piece. It forgives: what is not
// in the alphabet is passed over (base64) or kept (quoted-printable).
type decoder interface {
	// decode appends what src stands for to dst, which grows by at most len(src)+4 bytes; last says that
	// nothing follows.
	decode(dst, src []byte, last bool) []byte
}

// newDecoder returns the decoder for a transfer encoding in lower case, or ErrUnknownEncoding.
func newDecoder(encoding string) (decoder, error) {
	switch encoding {
	case "", "7bit", "8bit", "binary":
		return identity{}, nil
	case "base64":
		return &base64Decoder{}, nil
	case "quoted-printable":
		return &quotedPrintable{}, nil
	}
	return nil, ErrUnknownEncoding
}

type identity struct{}

func (identity) decode(dst, src []byte, _ bool) []byte { return append(dst, src...) }

// base64Decoder keeps up to three characters between calls.
type base64Decoder struct {
	bits uint32
	n    int
}

func (d *base64Decoder) decode(dst, src []byte, last bool) []byte {
	for _, c := range src {
		v := base64Value(c)
		if v < 0 {
			if c == '=' { // padding ends a group; another may follow in joined bodies
				dst = d.flush(dst)
			}
			continue
		}
		d.bits = d.bits<<6 | uint32(v)
		if d.n++; d.n == 4 {
			dst = append(dst, byte(d.bits>>16), byte(d.bits>>8), byte(d.bits))
			d.bits, d.n = 0, 0
		}
	}
	if last {
		dst = d.flush(dst)
	}
	return dst
}

func (d *base64Decoder) flush(dst []byte) []byte {
	switch d.n {
	case 2:
		dst = append(dst, byte(d.bits>>4))
	case 3:
		dst = append(dst, byte(d.bits>>10), byte(d.bits>>2))
	}
	d.bits, d.n = 0, 0
	return dst
}

func base64Value(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return none
}

func appendBase64(dst, src []byte) []byte { return (&base64Decoder{}).decode(dst, src, true) }

// maxHeldSpace bounds white space held back until it is known whether the line ends behind it: lines of
// quoted-printable have 76 characters, so longer runs are content.
const maxHeldSpace = 1024

// quotedPrintable holds back what may turn out to be an escape or trailing white space.
type quotedPrintable struct {
	held []byte
}

func (d *quotedPrintable) decode(dst, src []byte, last bool) []byte {
	for _, c := range src {
		dst = d.take(dst, c)
	}
	if last {
		if len(d.held) > 0 && d.held[0] == '=' && len(d.held) > 1 {
			dst = append(dst, d.held...)
		}
		d.held = nil
	}
	return dst
}

// take handles one byte: held is empty, or starts with '=', or is white space only.
func (d *quotedPrintable) take(dst []byte, c byte) []byte {
	if len(d.held) > 0 && d.held[0] == '=' {
		return d.escape(dst, c)
	}
	switch c {
	case ' ', '\t', '\r':
		if d.held = append(d.held, c); len(d.held) > maxHeldSpace {
			dst = append(dst, d.held...)
			d.held = d.held[:0]
		}
	case '\n':
		if n := len(d.held); n > 0 && d.held[n-1] == '\r' {
			dst = append(dst, '\r')
		}
		d.held = d.held[:0]
		dst = append(dst, '\n')
	case '=':
		dst = append(dst, d.held...)
		d.held = append(d.held[:0], '=')
	default:
		dst = append(dst, d.held...)
		d.held = d.held[:0]
		dst = append(dst, c)
	}
	return dst
}

// escape handles a byte behind '='.
func (d *quotedPrintable) escape(dst []byte, c byte) []byte {
	switch {
	case c == '\n' && isSpace(d.held[1:]): // soft line break, white space before it passed over
		d.held = d.held[:0]
		return dst
	case (c == ' ' || c == '\t' || c == '\r') && isSpace(d.held[1:]) && len(d.held) < maxHeldSpace:
		d.held = append(d.held, c)
		return dst
	case len(d.held) == 1 && isHex(c):
		d.held = append(d.held, c)
		return dst
	case len(d.held) == 2:
		if v, ok := hexByte(d.held[1], c); ok {
			d.held = d.held[:0]
			return append(dst, v)
		}
	}
	dst = append(dst, d.held...) // not an escape: text
	d.held = d.held[:0]
	return d.take(dst, c)
}

// isSpace looks at the first byte only: what is held behind '=' is white space or hex, never mixed.
func isSpace(b []byte) bool { return len(b) == 0 || !isHex(b[0]) }

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f'
}

func hexByte(a, b byte) (byte, bool) {
	if !isHex(a) || !isHex(b) {
		return 0, false
	}
	return hexDigit(a)<<4 | hexDigit(b), true
}

func hexDigit(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}
