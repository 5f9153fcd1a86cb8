package message

// Fields visits the fields of a message's header in order, up to its blank line, until visit returns false:
// the name in lower case (empty for a line that is none, or a name over 32 bytes), its value unfolded, and
// where the whole field stands in raw. A message may begin with its body: then there is no named field.
func Fields(raw []byte, visit func(name, value string, at Range) bool) {
	for off := 0; off < len(raw); {
		if raw[off] == '\n' || raw[off] == '\r' && off+1 < len(raw) && raw[off+1] == '\n' {
			return
		}
		f, _ := nextField(raw, off)
		if !visit(fieldKey(f.name(raw)), f.text(raw), Range{f.start, f.end}) {
			return
		}
		off = f.end
	}
}
