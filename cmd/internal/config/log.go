package config

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Log says what is logged, and how.
type Log struct {
	Format string // "text" or "json"
	Level  string // "debug", "info", "warn" or "error"
}

// DefaultLog is what `troxymail init` writes.
var DefaultLog = Log{Format: "text", Level: "info"}

func (t *table) log() Log {
	return Log{Format: t.oneOf("log", "text", "json"), Level: t.oneOf("log_level", "debug", "info", "warn", "error")}
}

func (l Log) write(b *strings.Builder) {
	fmt.Fprintf(b, "log = %q # or json\nlog_level = %q\n", l.Format, l.Level)
}

// Logger returns a logger that writes to w.
func (l Log) Logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.Level)) // checked when it was read; else the zero level: info
	options := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
