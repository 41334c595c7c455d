package bodies_test

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies/bodiestest"
)

func folder(t *testing.T, path string) *bodies.Folder {
	t.Helper()
	f, err := bodies.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// file is where a folder keeps a body.
func file(path string, hash bodies.Hash) string {
	text := hex.EncodeToString(hash[:])
	return filepath.Join(path, text[:2], text[2:])
}

func TestFolder(t *testing.T) {
	bodiestest.Run(t, func(t *testing.T) bodiestest.Place {
		path := filepath.Join(t.TempDir(), "bodies")
		return bodiestest.Place{
			Store: folder(t, path),
			Again: func(t *testing.T) bodies.Medium { return folder(t, path) },
			Spoil: func(t *testing.T, hash bodies.Hash, data []byte) {
				if err := os.WriteFile(file(path, hash), data, 0o600); err != nil {
					t.Fatal(err)
				}
			},
			Lose: func(t *testing.T, hash bodies.Hash) {
				if err := os.Remove(file(path, hash)); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

// TestAFolderKeepsToItself: nobody else may read it, and nothing is left beside bodies and notes.
func TestAFolderKeepsToItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "bodies")
	f := folder(t, path)
	hash, err := f.Put(t.Context(), []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Delete(t.Context(), bodies.Hash{1}, bodies.Note{}); err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(path, func(_ string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", e.Name(), info.Mode())
		}
		if !e.IsDir() {
			files++
		}
		return err
	})
	if err != nil || files != 2 || !strings.HasPrefix(file(path, hash), path) {
		t.Errorf("%d files, %v", files, err)
	}
}

// TestLookingMakesNothing: who only looks at a store changes nothing of it, and is told if there is none.
func TestLookingMakesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bodies")
	if _, err := bodies.LookAtFolder(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := bodies.LookAtFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Body(t.Context(), bodies.Hash{1}); !errors.Is(err, bodies.Missing) {
		t.Errorf("body: %v", err)
	}
	if there, err := os.ReadDir(path); err != nil || len(there) > 0 {
		t.Errorf("made %v, %v", there, err)
	}
	hash, err := folder(t, path).Put(t.Context(), []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := f.Body(t.Context(), hash); err != nil || string(body) != "x" {
		t.Errorf("body %q, %v", body, err)
	}
	if _, err := bodies.LookAtFolder(file(path, hash)); err == nil {
		t.Error("a file is a store")
	}
}

// TestWhatACrashLeft is removed once it cannot be somebody's work, and is never a body.
func TestWhatACrashLeft(t *testing.T) {
	path := t.TempDir()
	folder(t, path)
	old, fresh := filepath.Join(path, "unfinished", "body-1"), filepath.Join(path, "unfinished", "body-2")
	for _, p := range []string{old, fresh} {
		if err := os.WriteFile(p, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	folder(t, path)
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old one: %v", err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("the fresh one: %v", err)
	}
}

// TestABrokenFolder: what is wrong with the store is Unavailable, never a fault of a body, and leaves nothing half.
func TestABrokenFolder(t *testing.T) {
	for name, breaking := range map[string]func(t *testing.T, path string, hash bodies.Hash){
		"no folder to write in": func(t *testing.T, path string, _ bodies.Hash) { replaceByFile(t, filepath.Join(path, "unfinished")) },
		"no folder of bodies":   func(t *testing.T, path string, hash bodies.Hash) { replaceByFile(t, filepath.Dir(file(path, hash))) },
		"a folder for a body": func(t *testing.T, path string, hash bodies.Hash) {
			if err := os.Mkdir(file(path, hash), 0o700); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			f := folder(t, path)
			hash, err := f.Put(t.Context(), []byte("x"))
			if err == nil {
				err = os.Remove(file(path, hash))
			}
			if err != nil {
				t.Fatal(err)
			}
			breaking(t, path, hash)
			var fault bodies.Fault
			_, err = f.Put(t.Context(), []byte("x"))
			if waymark.CodeOf(err) != waymark.Unavailable || errors.As(err, &fault) {
				t.Errorf("put: %v", err)
			}
			if strings.Contains(waymark.AsError(err).Message, path) {
				t.Errorf("callers are told %q", err)
			}
		})
	}
	if _, err := bodies.OpenFolder("/dev/null/bodies"); err == nil {
		t.Error("a folder in a device opens")
	}
}

func replaceByFile(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}
