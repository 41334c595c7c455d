package broker

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/pause"
	"go.uber.org/zap"
)

// waiting is how many messages wait in a store that stoppedStore makes.
const waiting = 20

// stoppedStore makes a store in which some messages were acknowledged by the bridge, some were given to it, and others wait.
func stoppedStore(t *testing.T, o Options) {
	t.Helper()
	b := start(t, o)
	subscribe(t, b, o.CertFile)
	if err := b.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range waiting + 10 {
		b.store(t, fmt.Appendf(nil, "%d", i-10))
	}
	came := make(chan paho.Message, waiting+10)
	client := receiver(t, b, o.CertFile, func(m paho.Message) { came <- m })
	for range 10 {
		(<-came).Ack()
	}
	for held := uint64(0); held != waiting; pause.For(t.Context().Done(), rewindPoll) {
		var err error
		if held, err = b.heldMessages(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	client.Disconnect(100)
	b.Stop()
}

// filesBelow returns the paths of files in a folder.
func filesBelow(t *testing.T, dir string, which func(path string) bool) (files []string) {
	t.Helper()
	if err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && which(path) {
			files = append(files, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// copyOf copies a store.
func copyOf(t *testing.T, o Options) Options {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(o.StoreDir)); err != nil {
		t.Fatal(err)
	}
	o.StoreDir = dir
	return o
}

// arrive checks that all messages that wait in a store arrive, in their order.
func arrive(t *testing.T, o Options) {
	t.Helper()
	b, err := Start(t.Context(), o, nobody{}, func(bool) {}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Stop()
	if err := b.Rewind(t.Context()); err != nil {
		t.Fatal(err)
	}
	came := make(chan paho.Message, 2*waiting)
	client := receiver(t, b, o.CertFile, func(m paho.Message) { came <- m })
	defer client.Disconnect(0)
	for i := range waiting {
		select {
		case m := <-came:
			if string(m.Payload()) != fmt.Sprint(i) {
				t.Fatalf("%s arrives, want %d", m.Payload(), i)
			}
		case <-time.After(4 * AckWait):
			t.Fatalf("%d of %d messages arrive", i, waiting)
		}
	}
}

// harms are what may be the matter with a file.
func harms(raw []byte) map[string][]byte {
	harmed := map[string][]byte{"gone": nil, "empty": {}, "zeros": make([]byte, len(raw))}
	if at := len(raw) / 3; len(raw) > 0 {
		flipped := slices.Clone(raw)
		flipped[at] ^= 1 << (at % 8)
		harmed[fmt.Sprintf("byte %d flipped", at)] = flipped
	}
	return harmed
}

func harm(t *testing.T, path string, raw []byte) {
	t.Helper()
	err := os.Remove(path)
	if raw != nil {
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Whatever happens to one file of a broker that had stopped: those that wait arrive, at the very next start, or it does not start.
func TestADamagedFileCostsNoMessage(t *testing.T) {
	o := options(t)
	stoppedStore(t, o)
	files := filesBelow(t, o.StoreDir, func(string) bool { return true })
	if len(files) < 10 {
		t.Fatalf("the store has the files %v", files)
	}
	for _, file := range files {
		raw, err := os.ReadFile(filepath.Join(o.StoreDir, file))
		if err != nil {
			t.Fatal(err)
		}
		for name, harmed := range harms(raw) {
			if bytes.Equal(raw, harmed) && harmed != nil {
				continue // it was empty
			}
			t.Run(file+" "+name, func(t *testing.T) {
				o := copyOf(t, o)
				harm(t, filepath.Join(o.StoreDir, file), harmed)
				if strings.HasSuffix(file, ".blk") {
					refused(t, o)
				}
				if strings.HasSuffix(file, ".blk") && strings.Contains(file, messagesStream) { // what was damaged is lost
					start(t, o).Stop()
					return
				}
				arrive(t, o)
			})
		}
	}
}

// refused checks that a broker does not start on a store, and salvages it.
func refused(t *testing.T, o Options) {
	t.Helper()
	if b, err := Start(t.Context(), o, nobody{}, func(bool) {}, zap.NewNop()); !errors.Is(err, ErrDamaged) {
		if err == nil {
			b.Stop()
		}
		t.Errorf("started: %v", err)
	}
	if damaged, err := SalvageStore(o.StoreDir, time.Now()); len(damaged) == 0 || err != nil {
		t.Errorf("salvage: %v, %v", damaged, err)
	}
}

// metas are the files that say what the stream of messages and its consumer are.
func metas(t *testing.T, dir string) []string {
	t.Helper()
	files := filesBelow(t, filepath.Join(dir, "jetstream"), func(path string) bool {
		return strings.Contains(path, messagesStream) && strings.HasPrefix(filepath.Base(path), "meta.")
	})
	if len(files) != 4 {
		t.Fatalf("the stream and its consumer are described by %v", files)
	}
	for i := range files {
		files[i] = filepath.Join(dir, "jetstream", files[i])
	}
	return files
}

// Each byte of these files counts. What is damaged is put back from its copy, and kept.
func TestEachByteOfAMetafileCounts(t *testing.T) {
	o := options(t)
	stoppedStore(t, o)
	for _, file := range metas(t, o.StoreDir) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for at := range raw {
			flipped := slices.Clone(raw)
			flipped[at] ^= 1 << (at % 8)
			harm(t, file, flipped)
			if damaged, err := CheckStore(o.StoreDir); len(damaged) != 1 || err != nil {
				t.Errorf("%s, byte %d flipped: found %v, %v", file, at, damaged, err)
			}
		}
		if damaged, err := SalvageStore(o.StoreDir, time.Unix(0, 0)); len(damaged) != 1 || !strings.Contains(damaged[0], "there is a good copy") || err != nil {
			t.Errorf("salvage: %v, %v", damaged, err)
		}
		if damaged, err := CheckStore(o.StoreDir); len(damaged) != 0 || err != nil {
			t.Errorf("found %v after the salvage, %v", damaged, err)
		}
		if _, err := os.Stat(file + ".damaged-19700101T000000Z"); err != nil {
			t.Error(err)
		}
	}
	arrive(t, o)
}

// Where there is no copy, the broker does not start; nor has the salvage anything to put back. Nothing is touched.
func TestADamagedMetafileWithoutACopy(t *testing.T) {
	o := options(t)
	stoppedStore(t, o)
	for name, damage := range map[string]func(o Options) error{
		"the stream's": func(o Options) error { return os.Truncate(metas(t, o.StoreDir)[0], 0) },
		"one":          func(o Options) error { return os.Remove(metas(t, o.StoreDir)[3]) },
		"the consumer": func(o Options) error { return os.RemoveAll(filepath.Dir(filepath.Dir(metas(t, o.StoreDir)[2]))) },
		"all":          func(o Options) error { return os.RemoveAll(filepath.Join(o.StoreDir, "jetstream")) },
	} {
		t.Run(name, func(t *testing.T) {
			o := copyOf(t, o)
			if err := errors.Join(os.RemoveAll(filepath.Join(o.StoreDir, "copies")), damage(o)); err != nil {
				t.Fatal(err)
			}
			unsealed := func(path string) bool { return path != "sealed" }
			before := filesBelow(t, o.StoreDir, unsealed)
			if b, err := Start(t.Context(), o, nobody{}, func(bool) {}, zap.NewNop()); !errors.Is(err, ErrDamaged) {
				if err == nil {
					b.Stop()
				}
				t.Errorf("started: %v", err)
			}
			if damaged, err := SalvageStore(o.StoreDir, time.Now()); !strings.Contains(strings.Join(damaged, "\n"), "there is no good copy") || !errors.Is(err, ErrDamaged) {
				t.Errorf("salvage: %v, %v", damaged, err)
			}
			if after := filesBelow(t, o.StoreDir, unsealed); !slices.Equal(before, after) {
				t.Errorf("there are %v, were %v", after, before)
			}
		})
	}
}

// A store of before has no copies: it starts, and has them then.
func TestAStoreWithoutCopiesGetsThem(t *testing.T) {
	o := options(t)
	stoppedStore(t, o)
	if err := os.RemoveAll(filepath.Join(o.StoreDir, "copies")); err != nil {
		t.Fatal(err)
	}
	start(t, o).Stop()
	for _, file := range metas(t, o.StoreDir) {
		harm(t, file, nil)
	}
	arrive(t, o)
}

// A store that is gone, or another one in its place, is missed; nothing is made there. Put back, all arrives; without the note, or without a name for it, it is begun anew.
func TestAStoreThatIsGoneIsMissed(t *testing.T) {
	o := options(t)
	o.OpenedNote = filepath.Join(t.TempDir(), "store.opened")
	stoppedStore(t, o)
	here := o
	for name, loss := range map[string]func(dir string) error{
		"all": os.RemoveAll,
		"what is in it": func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700))
		},
		"its mark": func(dir string) error { return os.Remove(filepath.Join(dir, openedFile)) },
	} {
		t.Run(name, func(t *testing.T) {
			o := copyOf(t, here)
			if err := loss(o.StoreDir); err != nil {
				t.Fatal(err)
			}
			_, before := os.Stat(o.StoreDir)
			if b, err := Start(t.Context(), o, nobody{}, func(bool) {}, zap.NewNop()); !errors.Is(err, ErrGone) {
				if err == nil {
					b.Stop()
				}
				t.Errorf("started: %v", err)
			}
			if _, after := os.Stat(o.StoreDir); (before == nil) != (after == nil) {
				t.Errorf("the folder: %v, was %v", after, before)
			}
			o.OpenedNote += ".none"
			start(t, o).Stop()
		})
	}
	arrive(t, o)
}
