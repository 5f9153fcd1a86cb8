package message

import (
	"strings"
	"time"
)

// maxDateBytes bounds a Date value that is looked into.
const maxDateBytes = 200

// zones are the names of RFC 5322 4.3 with their offsets in hours; any other name means UTC.
var zones = map[string]int{
	"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}

const months = "janfebmaraprmayjunjulaugsepoctnovdec"

// dateReader collects what the tokens of a date mean, whatever their order: RFC 5322 with its obsolete
// forms, and ctime's.
type dateReader struct {
	day, month, year   int
	hour, minute, sec  int
	haveTime, haveZone bool
	zone               int // minutes east of UTC
}

// parseDate reads a Date field; false when it is not one. The result has the zone that was sent.
func parseDate(value string) (time.Time, bool) {
	if value == "" || len(value) > maxDateBytes {
		return time.Time{}, false
	}
	d := dateReader{year: -1}
	l := &lexer{s: value}
	for {
		l.skip()
		if l.done() {
			break
		}
		if l.peek() == ',' {
			l.i++
			continue
		}
		if !d.token(l.until(" ,(\t")) {
			return time.Time{}, false
		}
	}
	if d.day == 0 || d.month == 0 || d.year < 0 || !d.haveTime {
		return time.Time{}, false
	}
	t := time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.sec, 0,
		time.FixedZone("", d.zone*60))
	return t, t.Day() == d.day || d.sec == 60
}

func (d *dateReader) token(s string) bool {
	switch c := s[0]; {
	case c >= '0' && c <= '9' && strings.IndexByte(s, ':') >= 0:
		return d.clock(s)
	case c >= '0' && c <= '9':
		return d.number(s)
	case (c == '+' || c == '-') && d.haveTime:
		d.offset(s)
		return true
	case d.haveTime && !d.haveZone && (d.month != 0 && d.day != 0):
		d.zone, d.haveZone = zones[strings.ToUpper(s)]*60, true
		return true
	}
	if len(s) >= 3 && d.month == 0 {
		if i := strings.Index(months, strings.ToLower(s[:3])); i >= 0 && i%3 == 0 {
			d.month = i/3 + 1
		}
	}
	return true // the name of a day, or nothing
}

// digits reads s as a number of at most max digits, -1 when it is not one.
func digits(s string, max int) int {
	if s == "" || len(s) > max {
		return -1
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func (d *dateReader) number(s string) bool {
	n := digits(s, 4)
	switch {
	case n < 0:
		return false
	case d.day == 0:
		d.day = n
		return n >= 1 && n <= 31
	case d.year < 0:
		switch {
		case len(s) == 2 && n < 50: // RFC 5322 4.3
			n += 2000
		case len(s) <= 3:
			n += 1900
		}
		d.year = n
	}
	return true
}

func (d *dateReader) clock(s string) bool {
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return false
	}
	d.hour, d.minute, d.sec = digits(parts[0], 2), digits(parts[1], 2), 0
	if len(parts) == 3 {
		d.sec = digits(parts[2], 2)
	}
	d.haveTime = true
	return d.hour >= 0 && d.hour < 24 && d.minute >= 0 && d.minute < 60 && d.sec >= 0 && d.sec <= 60
}

func (d *dateReader) offset(s string) {
	n := digits(s[1:], 4)
	if d.haveZone || n < 0 || len(s) != 5 || n%100 > 59 || n/100 > 23 {
		d.haveZone = true // an odd zone is UTC; junk behind a zone is junk
		return
	}
	d.zone, d.haveZone = n/100*60+n%100, true
	if s[0] == '-' {
		d.zone = -d.zone
	}
}
