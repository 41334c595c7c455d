package endpoints_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/network/endpoints"
)

func TestSaveThenLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "endpoints.json")
	want := &endpoints.Network{
		Channel:   "waymark",
		Chaincode: "waymark",
		MQTT:      endpoints.MQTT{URL: "ssl://127.0.0.1:7190", CAFile: "/ca.pem"},
		Members: map[string]endpoints.Member{
			"producer": {
				MSPID:      "producer",
				Tokens:     map[string]string{"admin": "secret"},
				Peer:       endpoints.Node{Address: "127.0.0.1:7101"},
				Identities: map[string]endpoints.Identity{"admin": {CertFile: "/c", KeyFile: "/k"}},
			},
		},
	}
	for range 2 { // the second save replaces the first
		if err := want.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := endpoints.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("mode is %o, want 600: the file carries tokens", mode)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("temporary files were left: %v", entries)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := endpoints.Load(filepath.Join(dir, "absent.json")); !errors.Is(err, endpoints.ErrNotUp) {
		t.Errorf("absent file: got %v, want ErrNotUp", err)
	}
	broken := filepath.Join(dir, "broken.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := endpoints.Load(broken); err == nil || errors.Is(err, endpoints.ErrNotUp) {
		t.Errorf("broken file: got %v, want a parse error", err)
	}
}
