package transfer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tree writes a tree of maildirs with n letters in each folder, and returns what an account that imported it
// has.
func tree(t *testing.T, root string, n int) map[string][]letter {
	t.Helper()
	want := map[string][]letter{}
	for folder, mailbox := range map[string]string{
		"": "INBOX", ".Sent Items": "Sent", ".Work.Pl&AOQ-ne": "Work/Pläne", ".Q&-A": "Q&A",
	} {
		dir := filepath.Join(root, folder)
		for _, sub := range []string{"cur", "new", "tmp"} {
			if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		write(t, filepath.Join(dir, "dovecot-keywords"), "0 $Label1\n1 Project-X\n")
		for i := range n {
			// Every tenth is the same as the one before; sizes repeat; one is too large to go inline.
			text := fmt.Sprintf("From: a@example.net\nSubject: %06d %s\n\nFrom here\n.\n>From there\n\n", i-i%10/9, mailbox)
			if i == 0 {
				text += strings.Repeat("a long line of text\n", 10_000)
			}
			infos := []string{":2,", ":2,S", ":2,FRS", ":2,DT", ":2,PSab"}
			flags := []string{"", `\Seen`, `\Answered \Flagged \Seen`, `\Deleted \Draft`, `$Forwarded $Label1 Project-X \Seen`}
			path, is := filepath.Join(dir, "cur", fmt.Sprintf("%d.M%d.host%s", 1_400_000_000+i, i, infos[i%5])), flags[i%5]
			if i%7 == 6 {
				path, is = filepath.Join(dir, "new", fmt.Sprintf("%d.M%d.host", 1_400_000_000+i, i)), ""
			}
			write(t, path, text)
			date := time.Unix(1_300_000_000+int64(i)*1000, 0)
			if err := os.Chtimes(path, date, date); err != nil {
				t.Fatal(err)
			}
			want[mailbox] = append(want[mailbox], letter{is, strings.ReplaceAll(text, "\n", "\r\n"), date.Unix()})
		}
		sortLetters(want[mailbox])
	}
	return want
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
