package database

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// clustered is what SQLite is told of a table that is its own index, and PostgreSQL has no word for.
const clustered = " WITHOUT ROWID"

// translated are migrations as PostgreSQL takes them.
type translated struct{ fs.FS }

// Open implements fs.FS.
func (t translated) Open(name string) (fs.File, error) {
	f, err := t.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read migration: %w", err)
	}
	return translation{f, strings.NewReader(strings.ReplaceAll(string(text), clustered, ""))}, nil
}

// translation is one of them.
type translation struct {
	fs.File
	text io.Reader
}

func (t translation) Read(into []byte) (int, error) { return t.text.Read(into) }
