package imapgate

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// reference frames a client's bytes in the simplest way that comes to mind: all of them at once, with
// regular expressions. It is what the framer is compared with.
type reference struct {
	data   []byte
	bounds bounds
}

// outcome is one step of framing.
type outcome struct {
	kind string // command, fault, fatal or end
	line string // of a command
	size int64  // of its message; -1 when it has none
}

var (
	quotedString  = regexp.MustCompile(`"(?:[^"\\]|\\[^\n])*"`)
	literalHeader = regexp.MustCompile(`^\{([0-9]{1,10})(\+?)\}$`)
	headForm      = regexp.MustCompile(`^[!#$&',\-./0-9:;<=>?@A-Z\[^_\x60a-z|}~]{1,128}(?: |$)`)
	appendForm    = regexp.MustCompile(`(?i)^[^ ]+ append .* $`)
)

// next frames one command. All commands are admitted.
func (r *reference) next() outcome {
	fatal, end := outcome{kind: "fatal"}, outcome{kind: "end"}
	line, length, literals, literalSum, refused := "", 0, 0, int64(0), false
	for {
		at := bytes.IndexByte(r.data, '\n')
		if at < 0 {
			at = len(r.data)
		}
		piece := r.data[:at]
		complete := at < len(r.data)
		if complete {
			piece = bytes.TrimSuffix(piece, []byte("\r"))
			r.data = r.data[at+1:]
		} else if n := len(piece); n > 0 && piece[n-1] == '\r' {
			piece = piece[:n-1]
		}
		length += len(piece)
		plain := quotedString.ReplaceAllStringFunc(string(piece), blank)
		brace := strings.IndexByte(plain, '{')
		if open := strings.IndexByte(plain, '"'); open >= 0 && open < brace {
			brace = -1
		}
		switch {
		case bytes.IndexByte(piece, 0) >= 0, bytes.IndexByte(piece, '\r') >= 0, length > r.bounds.line:
			return fatal
		case brace < 0 && !refused && len(line)+len(piece) > r.bounds.total:
			return fatal
		}
		if brace >= 0 {
			before := line + string(piece[:brace])
			if n := len(before); !refused && (n == 0 || before[n-1] != ' ' && before[n-1] != '(') {
				return fatal
			}
			if len(piece)-brace > headerBytes || len(before) > r.bounds.total {
				return fatal
			}
		}
		if deep(line, plain[:pick(brace, len(plain))]) {
			return fatal
		}
		switch {
		case !complete:
			return end
		case brace < 0 && strings.Contains(plain, `"`):
			return fatal
		case brace < 0:
			return r.command(line+string(piece), refused)
		}
		header := literalHeader.FindStringSubmatch(string(piece[brace:]))
		line += string(piece[:brace])
		if header == nil || !refused && !headForm.MatchString(line) {
			return fatal
		}
		size, _ := strconv.ParseInt(header[1], 10, 64)
		unasked := header[2] == "+"
		if unasked && size > nonSyncLiteralBytes {
			return fatal
		}
		if !refused && appendForm.MatchString(line) {
			return outcome{"command", line, size}
		}
		literals++
		literalSum += size
		if literals > r.bounds.literalCount || size > r.bounds.literal || literalSum > r.bounds.literalTotal {
			if unasked {
				return fatal
			}
			return outcome{kind: "fault"}
		}
		if refused && !unasked {
			return outcome{kind: "fault"}
		}
		content := r.data[:min(size, int64(len(r.data)))]
		if bytes.IndexByte(content, 0) >= 0 {
			return fatal
		}
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(string(content)) + `"`
		if breaks := strings.IndexAny(quoted, "\r\n"); breaks >= 0 && !refused {
			if len(line)+breaks > r.bounds.total {
				return fatal
			}
			refused = true
		}
		if line += quoted; !refused && len(line) > r.bounds.total {
			return fatal
		}
		if int64(len(content)) < size {
			return end
		}
		r.data = r.data[size:]
	}
}

// command judges a complete line.
func (r *reference) command(line string, refused bool) outcome {
	switch {
	case refused || line == "":
		return outcome{kind: "fault"}
	case !headForm.MatchString(line):
		return outcome{kind: "fatal"}
	}
	return outcome{"command", strings.TrimSuffix(line, " "), -1}
}

// deep reports lists nested too deep in a line and the piece after it.
func deep(line, piece string) bool {
	depth := 0
	for _, ch := range quotedString.ReplaceAllString(line, "") + piece {
		switch {
		case ch == '"':
			return false // open to the end of the line
		case ch == '(':
			depth++
		case ch == ')' && depth > 0:
			depth--
		}
		if depth > parenDepth {
			return true
		}
	}
	return false
}

func pick(i, otherwise int) int {
	if i < 0 {
		return otherwise
	}
	return i
}

// blank keeps a quoted string's length and nothing of what is in it.
func blank(quoted string) string { return strings.Repeat("q", len(quoted)) }
