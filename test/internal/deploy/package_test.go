package deploy

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

// unpack returns the files of a tarball.
func unpack(t *testing.T, packed []byte) map[string][]byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	files, archive := map[string][]byte{}, tar.NewReader(zip)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPackageSaysWhereItsServiceIsAndHoldsNoKey(t *testing.T) {
	packed, err := pack("dc", "127.0.0.1:1", []byte("ROOT"), []byte("CLIENT"))
	if err != nil {
		t.Fatal(err)
	}
	files := unpack(t, packed)
	if got := string(files["metadata.json"]); got != `{"label":"dc_1","type":"ccaas"}` {
		t.Errorf("metadata %s", got)
	}
	var connection map[string]any
	if err := json.Unmarshal(unpack(t, files["code.tar.gz"])["connection.json"], &connection); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]any{"address": "127.0.0.1:1", "root_cert": "ROOT", "client_cert": "CLIENT",
		"client_key": "@CLIENT_KEY@", "tls_required": true, "client_auth_required": true} {
		if connection[field] != want {
			t.Errorf("%s is %v, want %v", field, connection[field], want)
		}
	}
	again, err := pack("dc", "127.0.0.1:1", []byte("ROOT"), []byte("CLIENT"))
	if err != nil || packageID("dc", packed) != packageID("dc", again) || !strings.HasPrefix(packageID("dc", packed), "dc_1:") {
		t.Errorf("the same package has ids %s and %s, %v", packageID("dc", packed), packageID("dc", again), err)
	}
}
