package mbox

import (
	"bytes"
	"regexp"
	"strings"
	"time"
)

// maxFromLine bounds a From line, in bytes: one that is longer is text.
const maxFromLine = 1000

// dated is the end of a From line: a month or a day's number, a time, and a year, in any of the orders that
// programs write (asctime, with a zone before or behind the year, RFC 822).
var dated = regexp.MustCompile(`\s\d{1,2}:\d{2}(:\d{2})?\b`)

var year = regexp.MustCompile(`\b(19|20)\d{2}\b`)

// layouts are the spellings of a From line's date. RFC 4155 wants asctime's, in UTC.
var layouts = []string{
	"Mon Jan _2 15:04:05 2006", "Mon Jan _2 15:04:05 -0700 2006", "Mon Jan _2 15:04:05 2006 -0700",
	"Mon Jan _2 15:04:05 MST 2006", "Mon Jan _2 15:04:05 2006 MST", "Mon Jan _2 15:04 2006",
	"Mon, _2 Jan 2006 15:04:05 -0700", "Mon, _2 Jan 2006 15:04:05 MST",
}

// fromLine reports whether a line begins a message, and the date that it tells; zero when it is not spelt in
// a known way.
func fromLine(line []byte) (time.Time, bool) {
	if !bytes.HasPrefix(line, fromWord) || len(line) > maxFromLine {
		return time.Time{}, false
	}
	rest := string(line[len(fromWord):])
	if !dated.MatchString(rest) || !year.MatchString(rest) {
		return time.Time{}, false
	}
	words := strings.Fields(rest)
	for i := range words {
		text := strings.Join(words[i:], " ")
		for _, layout := range layouts {
			if t, err := time.Parse(layout, text); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, true
}
