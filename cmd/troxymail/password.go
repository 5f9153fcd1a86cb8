package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"troxymail/mail/auth"
)

// readPassword reads a password from standard input, whole, or asks the person at the terminal for it
// without showing it; twice where a slip would lock somebody out. It is never an argument, which every
// user of the machine could read.
func readPassword(fromStdin bool, address string, twice bool) (string, error) {
	if fromStdin {
		return passwordFrom(os.Stdin)
	}
	terminal := int(os.Stdin.Fd())
	if !term.IsTerminal(terminal) {
		return "", errors.New("standard input is no terminal to ask for the password at: " +
			"give it there with --password-stdin")
	}
	// Nothing is shown from before the prompt on: what is typed or pasted ahead of it is a password too.
	before, err := term.MakeRaw(terminal)
	if err != nil {
		return "", fmt.Errorf("hiding the password at the terminal: %w", err)
	}
	defer func() { _ = term.Restore(terminal, before) }()
	screen := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{os.Stdin, os.Stderr}, "")
	password, err := ask(screen, "Password for "+address+": ")
	if err != nil || !twice {
		return password, err
	}
	again, err := ask(screen, "The same again: ")
	if err == nil && again != password {
		err = errors.New("the two passwords differ: nothing was changed, try again")
	}
	return password, err
}

func ask(screen *term.Terminal, prompt string) (string, error) {
	line, err := screen.ReadPassword(prompt)
	if errors.Is(err, io.EOF) { // Ctrl-C or Ctrl-D
		return "", errors.New("no password was given: nothing was changed")
	}
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return checkPassword([]byte(line))
}

// passwordFrom reads all of r, without one newline at its end.
func passwordFrom(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, auth.MaxPasswordBytes+2))
	if err != nil {
		return "", fmt.Errorf("reading the password from standard input: %w", err)
	}
	return checkPassword(bytes.TrimSuffix(b, []byte("\n")))
}

func checkPassword(b []byte) (string, error) {
	if len(b) == 0 {
		return "", errors.New("the password is empty: give one of at least one character")
	}
	if len(b) > auth.MaxPasswordBytes {
		return "", fmt.Errorf("the password is longer than %d bytes: choose a shorter one", auth.MaxPasswordBytes)
	}
	return string(b), nil
}
