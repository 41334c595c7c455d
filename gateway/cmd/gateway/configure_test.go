package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"go.uber.org/zap"
)

// check asks what is wrong with the configuration of a site, with more in it.
func (s site) check(t *testing.T, more string) error {
	t.Helper()
	before, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.config, append(before, more...), 0o600); err != nil {
		t.Fatal(err)
	}
	return run(t.Context(), []string{"config", "check", "--config", s.config}, io.Discard, io.Discard)
}

// held is what a folder holds, with size, mode and time of each file.
func held(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, path, info.Size(), info.Mode(), info.ModTime().UnixNano())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestConfigCheckMakesNothing of what a configuration names, and changes nothing of what is there.
func TestConfigCheckMakesNothing(t *testing.T) {
	tests := []struct {
		name, more string
		clients    string            // the authorities of client certificates
		files      map[string]string // that are there before
	}{
		{name: "what is there by default"},
		{name: "database", more: "database: {sqlite_file: data.db}\n"},
		{name: "database that is there", more: "database: {sqlite_file: data.db}\n", files: map[string]string{"data.db": ""}},
		{name: "connection string", more: "database: {postgres_dsn_file: dsn}\n", files: map[string]string{"dsn": "host=127.0.0.1 port=1"}},
		{name: "store", more: "store: {dir: bodies, identity: viewer}\n"},
		{name: "audit log", more: "log: {audit_file: audit.log}\n"},
		{name: "audit log that is there", more: "log: {audit_file: audit.log}\n", files: map[string]string{"audit.log": "{}\n"}},
		{name: "client authorities and issuers", clients: "cert.pem", more: "issuers: {corp: {url: 'https://id.example.com', audience: a, ca_file: cert.pem}}\n" +
			"callers: [{issuer: corp, identity: viewer}]\n"},
		{name: "collector", more: "traces: {endpoint: 'https://127.0.0.1:1/v1/traces', ca_file: cert.pem, token_file: token}\n",
			files: map[string]string{"token": "t"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			t.Setenv("WAYMARK_GATEWAY_TLS__CLIENT_CA_FILE", tt.clients)
			for name, content := range tt.files {
				if err := os.WriteFile(s.path(name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.check(t, tt.more); err != nil { // and once more, since the first wrote the configuration
				t.Fatal(err)
			}
			before := held(t, filepath.Dir(s.config))
			if err := run(t.Context(), []string{"config", "check", "--config", s.config}, io.Discard, io.Discard); err != nil {
				t.Fatal(err)
			}
			if after := held(t, filepath.Dir(s.config)); after != before || strings.Count(after, "\n") != 5+len(tt.files) {
				t.Errorf("it holds\n%s, before\n%s", after, before)
			}
		})
	}
}

// TestConfigCheckSaysWhoseTheDatabaseIs if it is another member's or channel's.
func TestConfigCheckSaysWhoseTheDatabaseIs(t *testing.T) {
	for _, tt := range []struct {
		owner database.Owner
		want  string
	}{
		{owner: database.Owner{Member: "producer", Channel: "waymark"}},
		{owner: database.Owner{Member: "carrier", Channel: "waymark"}, want: `database.sqlite_file: `},
		{owner: database.Owner{Member: "producer", Channel: "other"}, want: `channel "other", and this gateway of member "producer", channel "waymark"`},
	} {
		s := newSite(t)
		db, err := database.Open(database.Config{Kind: database.Requests, SQLite: s.path("data.db"), Owner: tt.owner})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Prepare(t.Context()), db.Close()); err != nil {
			t.Fatal(err)
		}
		err = s.check(t, "database: {sqlite_file: data.db}\n")
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("of %+v: %v", tt.owner, err)
		}
	}
}

// TestWhoseTheStoreIs is told by config check, and a gateway does not start on another's; fsck makes no store.
func TestWhoseTheStoreIs(t *testing.T) {
	s := newSite(t)
	const more = "store: {dir: bodies, identity: viewer}\n"
	if err := s.check(t, more); err != nil {
		t.Fatal(err)
	}
	err := checkBodies(t.Context(), []string{"--config", s.config}, io.Discard, io.Discard)
	if _, none := os.Stat(s.path("bodies")); err == nil || !strings.Contains(err.Error(), "store.dir: there is no folder") || !errors.Is(none, os.ErrNotExist) {
		t.Errorf("fsck: %v; the folder: %v", err, none)
	}
	folder, err := bodies.OpenFolder(s.path("bodies"))
	if err == nil {
		err = bodies.Own(folder, bodies.Owner{Member: "carrier", Channel: "waymark"}, zap.NewNop()).Check(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	_, starting := assemble(s.configuration(t), io.Discard)
	for what, err := range map[string]error{
		"config check": run(t.Context(), []string{"config", "check", "--config", s.config}, io.Discard, io.Discard),
		"serve":        starting, "fsck": checkBodies(t.Context(), []string{"--config", s.config}, io.Discard, io.Discard),
	} {
		if err == nil || !strings.Contains(err.Error(), `it is of member "carrier", channel "waymark", and this gateway of member "producer"`) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestConfigCheckSaysWhatCannotBeWritten of the files that the gateway makes.
func TestConfigCheckSaysWhatCannotBeWritten(t *testing.T) {
	for _, key := range []string{"log: {audit_file: %s}\n", "database: {sqlite_file: %s}\n", "database: {model_file: %s}\n", "store: {dir: %s, identity: viewer}\n"} {
		for name, path := range map[string]string{"a folder that is not there": "none/file", "a file for a folder": "cert.pem/file", "a folder": ".", "a pipe": "pipe"} {
			s := newSite(t)
			if err := syscall.Mkfifo(s.path("pipe"), 0o600); err != nil {
				t.Fatal(err)
			}
			if path == "." && strings.HasPrefix(key, "store") {
				continue // it is to be one
			}
			err := s.check(t, fmt.Sprintf(key, path))
			if err == nil || !strings.Contains(err.Error(), strings.SplitN(strings.NewReplacer(": {", ".").Replace(key), ":", 2)[0]) {
				t.Errorf("%s, %s: %v", key, name, err)
			}
		}
	}
}
