package seal

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is what a secret prints as, whatever prints it.
const hidden = "[secret]"

// redacted hides the type that embeds it from fmt, log/slog and encoding/json. Secrets also stand behind
// a pointer, because fmt does not ask the unexported fields of other types how they want to print.
type redacted struct{}

func (redacted) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, hidden) }
func (redacted) String() string               { return hidden }
func (redacted) GoString() string             { return hidden }
func (redacted) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (redacted) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
func (redacted) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Subkey is a derived key. It prints as [secret] by itself; a struct that holds one in an unexported
// field must not be printed whole.
type Subkey [keyBytes]byte

// Format implements fmt.Formatter: hides the key from every verb.
func (Subkey) Format(f fmt.State, verb rune) { redacted{}.Format(f, verb) }

// String hides the key.
func (Subkey) String() string { return hidden }

// GoString hides the key.
func (Subkey) GoString() string { return hidden }

// LogValue hides the key from log/slog.
func (Subkey) LogValue() slog.Value { return redacted{}.LogValue() }

// MarshalJSON hides the key from encoding/json.
func (Subkey) MarshalJSON() ([]byte, error) { return redacted{}.MarshalJSON() }

// MarshalText hides the key from encoders of text.
func (Subkey) MarshalText() ([]byte, error) { return redacted{}.MarshalText() }

// newKey draws a key that is not zero.
func newKey(rand io.Reader) (*[keyBytes]byte, error) {
	key := new([keyBytes]byte)
	if err := fill(rand, key[:]); err != nil {
		return nil, err
	}
	if *key == [keyBytes]byte{} {
		return nil, ErrZeroKey
	}
	return key, nil
}

// fill draws random bytes, all or none.
func fill(rand io.Reader, b []byte) error {
	if _, err := io.ReadFull(rand, b); err != nil {
		return fmt.Errorf("seal: draw randomness: %w", err)
	}
	return nil
}
