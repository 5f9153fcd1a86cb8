package transfer

import (
	"bytes"
	"net/mail"
	"strings"
	"time"
)

// maxHeaderScan bounds how much of a message is looked at for its dates, in bytes.
const maxHeaderScan = 256 << 10

// HeaderDate returns when a message was received by its topmost Received header, or else its Date header;
// zero when neither says.
func HeaderDate(body []byte) time.Time {
	var date time.Time
	for name, value := range headers(body[:min(len(body), maxHeaderScan)]) {
		switch {
		case strings.EqualFold(name, "Received"):
			i := strings.LastIndexByte(value, ';')
			if t, err := mail.ParseDate(strings.TrimSpace(value[i+1:])); err == nil {
				return t
			}
		case strings.EqualFold(name, "Date") && date.IsZero():
			if t, err := mail.ParseDate(strings.TrimSpace(value)); err == nil {
				date = t
			}
		}
	}
	return date
}

// headers yields the header fields of a message, unfolded.
func headers(b []byte) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for len(b) > 0 && b[0] != '\n' && b[0] != '\r' {
			end := bytes.IndexByte(b, '\n') + 1
			for end > 0 && end < len(b) && (b[end] == ' ' || b[end] == '\t') {
				next := bytes.IndexByte(b[end:], '\n') + 1
				if next == 0 {
					end = len(b)
					break
				}
				end += next
			}
			if end == 0 {
				end = len(b)
			}
			field := string(b[:end])
			b = b[end:]
			if name, value, ok := strings.Cut(field, ":"); ok {
				value = strings.NewReplacer("\r", "", "\n", "").Replace(value)
				if !yield(strings.TrimRight(name, " \t"), value) {
					return
				}
			}
		}
	}
}
