package transfer

import "bytes"

// CRLF returns b with every line feed that has no carriage return before it given one: messages in files
// have the line ends of the system, those on the wire have CRLF (RFC 5322, 2.1). A carriage return alone
// stays. It returns b itself when there is nothing to change.
func CRLF(b []byte) []byte {
	bare := bytes.Count(b, []byte("\n")) - bytes.Count(b, []byte("\r\n"))
	if bare == 0 {
		return b
	}
	out := make([]byte, 0, len(b)+bare)
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		out = append(out, b[:i]...)
		if i == 0 || b[i-1] != '\r' {
			out = append(out, '\r')
		}
		out = append(out, '\n')
		b = b[i+1:]
	}
	return append(out, b...)
}

// LF is the way back: every CRLF becomes a line feed.
func LF(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }
