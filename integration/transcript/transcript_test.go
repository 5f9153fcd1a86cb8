package transcript

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// record makes sessions of text: lines that begin with the session's letter and C: or S:, in the order of time.
func record(text string) []Session {
	chunks := map[string][]Chunk{}
	var names []string
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line = strings.TrimSpace(line)
		name, said := line[:1], strings.ReplaceAll(line[5:], "|", "\r\n")
		if chunks[name] == nil {
			names = append(names, name)
		}
		chunks[name] = append(chunks[name], Chunk{int64(i + 1), line[2] == 'S', []byte(said + "\r\n")})
	}
	var all []Session
	for _, n := range names {
		all = append(all, Session{n, Lines(chunks[n])})
	}
	return all
}

// selected is a session with two messages, of which it knows the UIDs.
const selected = `
	a S: * OK [CAPABILITY IMAP4rev1] ready
	a C: 1 SELECT x
	a S: * 2 EXISTS
	a S: * OK [UIDNEXT 9] next
	a S: * OK [HIGHESTMODSEQ 5] modseq
	a S: 1 OK [READ-WRITE] done
	a C: 2 FETCH 1:2 (UID FLAGS)
	a S: * 1 FETCH (UID 3 FLAGS (\Seen))
	a S: * 2 FETCH (UID 7 FLAGS ())
	a S: 2 OK done
`

// made is a mailbox that two sessions use from its beginning on.
const made = `
	a C: 1 CREATE y
	a S: 1 OK created
	a C: 2 APPEND y (\Seen) {3}|abc
	a S: 2 OK [APPENDUID 44 1] done
	b C: 1 SELECT y
	b S: * 1 EXISTS
	b S: 1 OK done
	b C: 2 UID FETCH 1:* (FLAGS)
	b S: * 1 FETCH (UID 1 FLAGS (\Seen))
	b S: 2 OK done
	a C: 3 SELECT y
	a S: * 1 EXISTS
	a S: 3 OK done
`

// Each of these breaks a rule, in the last line but for what completes a command.
var broken = []struct{ rule, text, finds string }{
	{"EXISTS shrinks", selected + `a C: 3 NOOP
		a S: * 1 EXISTS`, "shrinks"},
	{"expunge during FETCH", selected + `a C: 3 FETCH 1 (FLAGS)
		a S: * 1 EXPUNGE`, "expunge during FETCH"},
	{"expunge during STORE", selected + `a C: 3 STORE 1 +FLAGS (\Seen)
		a S: * 1 EXPUNGE`, "expunge during STORE"},
	{"expunge during SEARCH", selected + `a C: 3 SEARCH ALL
		a S: * 2 EXPUNGE`, "expunge during SEARCH"},
	{"vanished during FETCH", selected + `a C: 3 FETCH 1 (FLAGS)
		a S: * VANISHED 3`, "expunge during FETCH"},
	{"expunge between commands", selected + `a S: * 2 EXPUNGE`, "no command is in progress"},
	{"vanished between commands", selected + `a S: * VANISHED 7`, "no command is in progress"},
	{"expunge of nothing", selected + `a C: 3 NOOP
		a S: * 3 EXPUNGE`, "expunges one of 2"},
	{"vanished of nothing", selected + `a C: 3 NOOP
		a S: * VANISHED 4:5`, "UID 4 vanishes"},
	{"expunge before SELECT is over", `a C: 1 SELECT x
		a S: * 1 EXPUNGE`, "expunges one of 0"},
	{"SELECT without EXISTS", `a C: 1 SELECT x
		a S: 1 OK done`, "without EXISTS"},
	{"number of nothing", selected + `a C: 3 NOOP
		a S: * 3 FETCH (FLAGS ())`, "one of 2 messages"},
	{"number zero", selected + `a C: 3 NOOP
		a S: * 0 FETCH (FLAGS ())`, "one of 2 messages"},
	{"found what nobody told of", selected + `a C: 3 SEARCH ALL
		a S: * SEARCH 1 2 3`, "does not know of"},
	{"another UID", selected + `a C: 3 NOOP
		a S: * 2 FETCH (UID 8 FLAGS ())`, "another UID"},
	{"UIDs that fall", `a C: 1 SELECT x
		a S: * 3 EXISTS
		a S: 1 OK done
		a C: 2 UID FETCH 1:* (UID)
		a S: * 1 FETCH (UID 5)
		a S: * 3 FETCH (UID 4)`, "not above"},
	{"UIDs that fall between", `a C: 1 SELECT x
		a S: * 3 EXISTS
		a S: 1 OK done
		a C: 2 UID FETCH 1:* (UID)
		a S: * 3 FETCH (UID 6)
		a S: * 2 FETCH (UID 6)`, "not below"},
	{"UID of an expunged message", selected + `a C: 3 NOOP
		a S: * 2 EXPUNGE
		a S: * 2 EXISTS
		a S: * 2 FETCH (UID 7 FLAGS ())`, "below the UIDNEXT"},
	{"UID of an expunged message, without UIDNEXT", `a C: 1 SELECT x
		a S: * 1 EXISTS
		a S: 1 OK done
		a C: 2 NOOP
		a S: * 1 FETCH (UID 7)
		a S: * 1 EXPUNGE
		a S: * 1 EXISTS
		a S: * 1 FETCH (UID 7)`, "not above"},
	{"new message below UIDNEXT", selected + `a C: 3 NOOP
		a S: * 3 EXISTS
		a S: * 3 FETCH (UID 8 FLAGS ())`, "below the UIDNEXT"},
	{"UIDNEXT too low", `a C: 1 SELECT x
		a S: * 1 EXISTS
		a S: * OK [UIDNEXT 4] next
		a S: 1 OK done
		a C: 2 FETCH 1 (UID)
		a S: * 1 FETCH (UID 4)`, "of the future"},
	{"MODSEQ of the mailbox falls", selected + `a C: 3 NOOP
		a S: * OK [HIGHESTMODSEQ 4] lower`, "MODSEQ falls"},
	{"MODSEQ of a message falls", selected + `a C: 3 NOOP
		a S: * 1 FETCH (MODSEQ (9) FLAGS ())
		a S: * 1 FETCH (MODSEQ (8) FLAGS ())`, "MODSEQ falls"},
	{"two flags at one MODSEQ", selected + `a C: 3 NOOP
		a S: * 1 FETCH (MODSEQ (9) FLAGS ())
		a S: * 1 FETCH (MODSEQ (9) FLAGS (\Seen))`, "same MODSEQ"},
	{"nothing is selected", `a C: 1 NOOP
		a S: * 1 EXISTS`, "no mailbox is selected"},
	{"after UNSELECT", selected + `a C: 3 UNSELECT
		a S: 3 OK done
		a C: 4 NOOP
		a S: * 3 EXISTS`, "no mailbox is selected"},
	{"answer to nothing", `a S: 1 OK done`, "answer to no command"},
	{"not IMAP", selected + `a C: 3 NOOP
		a S: * 1 FETCH (FLAGS (\Seen)`, "not IMAP"},

	{"a message that NOOP does not tell", made + `a C: 4 APPEND y {1}|x
		a S: 4 OK [APPENDUID 44 2] done
		b C: 3 NOOP
		b S: 3 OK done`, "1 messages in \"y\", where there are 2 to 2"},
	{"a message that SELECT does not tell", made + `a C: 4 APPEND y {1}|x
		a S: 4 OK [APPENDUID 44 2] done
		b C: 3 SELECT y
		b S: * 1 EXISTS
		b S: 3 OK done`, "where there are 2 to 2"},
	{"an expunge that NOOP does not tell", made + `a C: 4 UID MOVE 1 z
		a S: * OK [COPYUID 45 1 1] moved
		a S: * 1 EXPUNGE
		a S: 4 OK done
		b C: 3 NOOP
		b S: 3 OK done`, "where there are 0 to 0"},
	{"an expunge that another session was told of", made + `a C: 4 UID STORE 1 +FLAGS.SILENT (\Deleted)
		a S: 4 OK done
		a C: 5 FETCH 1 (UID)
		a S: * 1 FETCH (UID 1)
		a S: 5 OK done
		a C: 6 UID EXPUNGE 1
		a S: * 1 EXPUNGE
		a S: 6 OK done
		b C: 3 NOOP
		b S: * 1 FETCH (FLAGS (\Seen \Deleted))
		b S: 3 OK done`, "told to be gone before"},
	{"a message from nowhere", made + `b C: 3 NOOP
		b S: * 2 EXISTS
		b S: 3 OK done`, "where there are 1 to 1"},
	{"flags that NOOP does not tell", made + `a C: 4 UID STORE 1 -FLAGS.SILENT (\Seen)
		a S: 4 OK done
		b C: 3 NOOP
		b S: 3 OK done`, "flags 00001 of UID 1"},
	{"flags that NOOP takes back", made + `b C: 3 UID STORE 1 +FLAGS.SILENT (\Deleted)
		b S: 3 OK done
		b C: 4 NOOP
		b S: * 1 FETCH (FLAGS (\Seen))
		b S: 4 OK done`, "flags 00001 of UID 1"},
	{"own silent STORE undone by another, not told", made + `b C: 3 UID STORE 1 -FLAGS.SILENT (\Seen)
		b S: 3 OK done
		a C: 4 UID STORE 1 +FLAGS.SILENT (\Seen)
		a S: 4 OK done
		b C: 4 NOOP
		b S: 4 OK done`, "flags 00000 of UID 1"},
	{"STORE by number that is not told", made + `a C: 4 FETCH 1 (UID)
		a S: * 1 FETCH (UID 1)
		a S: 4 OK done
		a C: 5 STORE 1 FLAGS (\Deleted)
		a S: * 1 FETCH (FLAGS (\Deleted))
		a S: 5 OK done
		b C: 3 NOOP
		b S: 3 OK done`, "flags 00001 of UID 1"},
	{"\\Seen by FETCH that is not told", made + `a C: 4 UID STORE 1 FLAGS.SILENT ()
		a S: 4 OK done
		b C: 3 NOOP
		b S: * 1 FETCH (FLAGS ())
		b S: 3 OK done
		a C: 5 UID FETCH 1 (BODY[])
		a S: * 1 FETCH (UID 1 BODY[] {3}|abc FLAGS (\Seen))
		a S: 5 OK done
		b C: 4 NOOP
		b S: 4 OK done`, "flags 00000 of UID 1"},
	{"UIDs in another order than APPENDs", made + `b C: 3 APPEND y {1}|x
		b S: 3 OK [APPENDUID 44 1] done`, "UID 1 was given before UID 1"},
	{"STATUS of the past", made + `a C: 4 APPEND y {1}|x
		a S: 4 OK [APPENDUID 44 2] done
		b C: 3 STATUS y (MESSAGES UIDNEXT)
		b S: * STATUS y (MESSAGES 1 UIDNEXT 2)
		b S: 3 OK done`, "STATUS tells 1 messages|STATUS tells UIDNEXT 2"},
}

func TestBrokenTranscriptsAreRefused(t *testing.T) {
	for _, c := range broken {
		t.Run(c.rule, func(t *testing.T) {
			found := Check(record(c.text))
			for want := range strings.SplitSeq(c.finds, "|") {
				if !slices.ContainsFunc(found, func(v Violation) bool { return strings.Contains(v.String(), want) }) {
					t.Errorf("want %q, got %v", want, found)
				}
			}
		})
	}
}

// What a server may say.
var allowed = []struct{ what, text string }{
	{"expunge during UID FETCH", selected + `a C: 3 UID FETCH 3 (FLAGS)
		a S: * 1 FETCH (UID 3 FLAGS ())
		a S: * 1 EXPUNGE
		a S: 3 OK done`},
	{"expunge during IDLE", selected + `a C: 3 IDLE
		a S: + idling
		a S: * 2 EXPUNGE
		a S: * 3 EXISTS
		a C: DONE
		a S: 3 OK done`},
	{"vanished, and vanished earlier", selected + `a C: 3 NOOP
		a S: * VANISHED 7
		a S: 3 OK done
		a C: 4 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)
		a S: * VANISHED (EARLIER) 1:2,4:6
		a S: * 1 FETCH (UID 3 MODSEQ (6) FLAGS ())
		a S: 4 OK done`},
	{"vanished of one whose UID was not told", `a C: 1 SELECT x
		a S: * 2 EXISTS
		a S: 1 OK done
		a C: 2 NOOP
		a S: * VANISHED 7
		a S: * 1 FETCH (UID 9 FLAGS ())
		a S: 2 OK done`},
	{"a large set of numbers and a literal that looks like an answer", selected + `a C: 3 FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])
		a S: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {15}|* 9 EXPUNGE|| UID 3)
		a S: 3 OK done`},
	{"lost answers happened or not", made + `a C: 4 APPEND y {1}|x
		b C: 3 NOOP
		b S: * 2 EXISTS
		b S: 3 OK done
		b C: 4 NOOP
		b S: 4 OK done`},
	{"a lost STORE happened or not", made + `a C: 4 UID STORE 1 -FLAGS.SILENT (\Seen)
		a S: 4 NO [UNAVAILABLE] not now
		b C: 3 NOOP
		b S: * 1 FETCH (FLAGS ())
		b S: 3 OK done`},
	{"a STORE that overlaps", made + `a C: 4 UID STORE 1 -FLAGS.SILENT (\Seen)
		b C: 3 NOOP
		b S: 3 OK done
		a S: 4 OK done`},
	{"two STOREs that overlap", made + `a C: 4 UID STORE 1 -FLAGS.SILENT (\Seen)
		b C: 3 UID STORE 1 +FLAGS.SILENT (\Seen)
		a S: 4 OK done
		b S: 3 OK done
		a C: 5 FETCH 1 (UID FLAGS)
		a S: * 1 FETCH (UID 1 FLAGS ())
		a S: 5 OK done
		a C: 6 NOOP
		a S: 6 OK done`},
	{"a flag that another sets during the own silent STORE", made + `b C: 3 UID STORE 1 -FLAGS.SILENT (\Seen)
		a C: 4 UID STORE 1 +FLAGS.SILENT (\Seen)
		a S: 4 OK done
		b S: * 1 FETCH (UID 1 FLAGS (\Seen))
		b S: 3 OK done
		b C: 4 NOOP
		b S: 4 OK done`},
	{"own silent STORE of a UID that the client does not know", made + `b C: 3 UID STORE 2 -FLAGS.SILENT (\Seen)
		b S: 3 OK done
		b C: 4 NOOP
		b S: 4 OK done`},
	{"a STORE before a lost APPEND", made + `a C: 4 UID STORE 2 +FLAGS.SILENT (\Seen)
		a S: 4 OK done
		a C: 5 APPEND y {1}|x
		b C: 3 NOOP
		b S: * 2 EXISTS
		b S: * 2 FETCH (UID 2 FLAGS ())
		b S: 3 OK done
		b C: 4 NOOP
		b S: 4 OK done`},
	{"an expunge that overlaps", made + `a C: 4 UID MOVE 1 z
		b C: 3 NOOP
		b S: * 1 EXPUNGE
		b S: 3 OK done
		a S: * OK [COPYUID 45 1 1] moved
		a S: * 1 EXPUNGE
		a S: 4 OK done`},
	{"a literal that ends the line, and itself in an empty one", `a C: 1 CREATE y
		a S: 1 OK done
		a C: 2 APPEND y {3}|x|
		a S: 2 OK [APPENDUID 44 1] done
		a C: 3 STATUS y (MESSAGES UIDNEXT)
		a S: * STATUS y (MESSAGES 1 UIDNEXT 2)
		a S: 3 OK done`},
	{"a connection that ends in a command", made + `a C: 4 UID STO`},
}

func TestGoodTranscripts(t *testing.T) {
	for _, c := range allowed {
		t.Run(c.what, func(t *testing.T) {
			for _, v := range Check(record(c.text)) {
				t.Error(v)
			}
		})
	}
}

// Lines are found whatever the pieces are in which they came.
func TestLines(t *testing.T) {
	const said = "* 1 FETCH (BODY[] {12}\r\na {3}\r\n\r\nb) x {2}\r\nab)\r\n* OK {5} no literal\r\n1 OK done\r\n"
	want := []string{"* 1 FETCH (BODY[] {12}\r\na {3}\r\n\r\nb) x {2}\r\nab)", "* OK {5} no literal", "1 OK done"}
	for size := 1; size < len(said); size++ {
		var chunks []Chunk
		for i := 0; i < len(said); i += size {
			chunks = append(chunks, Chunk{int64(i), true, []byte(said[i:min(len(said), i+size)])})
		}
		var got []string
		for _, l := range Lines(chunks) {
			got = append(got, string(l.Text))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("pieces of %d: %q", size, got)
		}
	}
	if got := Lines([]Chunk{{1, false, []byte("1 APPEND x {10}\r\nabc")}, {2, true, []byte("* OK cu")}}); len(got) != 1 || got[0].Server {
		t.Errorf("cut lines: %v", got)
	}
	if fmt.Sprint(Lines(nil)) != "[]" {
		t.Error("lines of nothing")
	}
}
