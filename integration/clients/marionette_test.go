package clients

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"troxymail/integration/demo"
)

// marionette is a connection to the remote control of a Mozilla program: messages are JSON arrays of four
// elements with their length in front (firefox-source-docs.mozilla.org, Marionette protocol). Safe for
// concurrent use; commands run one after the other.
type marionette struct {
	mu   sync.Mutex
	conn net.Conn
	in   *bufio.Reader
	last int // id of the last command
}

const (
	marionetteStart   = 2 * time.Minute // from the program's start until it listens
	marionetteCommand = 3 * time.Minute // a script waits for several answers of a busy machine
	marionetteBytes   = 64 << 20        // of one answer
)

// dialMarionette waits until the program that listens, and opens a session in its privileged context.
func dialMarionette(t *testing.T, port int) *marionette {
	t.Helper()
	m := &marionette{}
	demo.Eventually(t, marionetteStart, "the remote control listens", func() (up bool) {
		var err error
		m.conn, err = net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		return err == nil
	})
	t.Cleanup(func() { m.conn.Close() })
	m.in = bufio.NewReader(m.conn)
	_, err := m.receive() // its greeting
	must(t, err)
	for _, c := range []struct {
		name       string
		parameters map[string]any
	}{
		{"WebDriver:NewSession", map[string]any{"capabilities": map[string]any{}}},
		{"WebDriver:SetTimeouts", map[string]any{"script": marionetteCommand.Milliseconds()}},
		{"Marionette:SetContext", map[string]any{"value": "chrome"}},
	} {
		_, err := m.command(c.name, c.parameters)
		must(t, err)
	}
	return m
}

// call runs the script's function of that name, which gets args and ends by calling its last argument.
func (m *marionette) call(t *testing.T, script, function string, args ...any) any {
	t.Helper()
	body := script + "\nconst done = arguments[arguments.length - 1];\n" +
		function + "(...Array.from(arguments).slice(0, -1)).then(value => done([true, value]), error => done([false, error + '\\n' + error.stack]));"
	got, err := m.command("WebDriver:ExecuteAsyncScript", map[string]any{"script": body, "args": append([]any{}, args...), "sandbox": "system"})
	must(t, err)
	var result struct {
		Value []any `json:"value"`
	}
	must(t, json.Unmarshal(got, &result))
	if len(result.Value) != 2 || result.Value[0] != true {
		t.Fatalf("%s: %v", function, result.Value)
	}
	return result.Value[1]
}

// screenshot writes a picture of the program's window.
func (m *marionette) screenshot(t *testing.T, file string) {
	t.Helper()
	got, err := m.command("WebDriver:TakeScreenshot", map[string]any{"full": true, "hash": false})
	must(t, err)
	var result struct {
		Value string `json:"value"`
	}
	must(t, json.Unmarshal(got, &result))
	picture, err := base64.StdEncoding.DecodeString(result.Value)
	must(t, err)
	must(t, os.WriteFile(file, picture, 0o644))
}

func (m *marionette) command(name string, parameters map[string]any) (json.RawMessage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	text, err := json.Marshal([]any{0, m.last, name, parameters})
	if err != nil {
		return nil, err
	}
	if err := m.conn.SetDeadline(time.Now().Add(marionetteCommand + 5*time.Second)); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(m.conn, "%d:%s", len(text), text); err != nil {
		return nil, err
	}
	text, err = m.receive()
	if err != nil {
		return nil, err
	}
	var answer [4]json.RawMessage // 1, id, error, result
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	if string(answer[2]) != "null" {
		return nil, fmt.Errorf("%s: %s", name, answer[2])
	}
	return answer[3], nil
}

func (m *marionette) receive() ([]byte, error) {
	length, err := m.in.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil || n < 0 || n > marionetteBytes {
		return nil, fmt.Errorf("answer of %q bytes", length)
	}
	text := make([]byte, n)
	_, err = io.ReadFull(m.in, text)
	return text, err
}
