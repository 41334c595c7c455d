package keys

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/waymark-ledger/waymark/gateway/internal/certtest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// word is a part that is one word in a file, which must not be "bad".
type word struct {
	file    string
	loaded  int
	inForce string
	ends    time.Time
}

func (w *word) part() Part {
	return Part{Name: "word", Files: func() []string { return []string{w.file} }, Load: func() (Loaded, error) {
		w.loaded++
		data, err := os.ReadFile(w.file)
		if err == nil && string(data) == "bad" {
			err = errors.New("it is bad")
		}
		return Loaded{Expires: map[string]time.Time{"word": w.ends}, Apply: func() { w.inForce = string(data) }}, err
	}}
}

func (w *word) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(w.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func newWord(t *testing.T) *word {
	t.Helper()
	w := &word{file: filepath.Join(t.TempDir(), "word"), ends: time.Now().Add(365 * 24 * time.Hour)}
	w.write(t, "first")
	return w
}

func TestFilesAreFollowed(t *testing.T) {
	w, s := newWord(t), NewSet(zap.NewNop())
	if err := s.Follow(w.part()); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		write, inForce string
		loaded         int
		wrong          string
	}{
		{inForce: "first", loaded: 1},
		{write: "second", inForce: "second", loaded: 2},
		{inForce: "second", loaded: 2},
		{write: "bad", inForce: "second", loaded: 3, wrong: "it is bad"},
		{inForce: "second", loaded: 4, wrong: "it is bad"}, // read again, as another file may mend it
		{write: "third", inForce: "third", loaded: 5},
	}
	for n, step := range steps {
		if step.write != "" {
			w.write(t, step.write)
		}
		s.look()
		if w.inForce != step.inForce || w.loaded != step.loaded {
			t.Errorf("step %d: %q in force after %d loads", n, w.inForce, w.loaded)
		}
		err := s.Check(t.Context())
		if (err != nil) != (step.wrong != "") || err != nil && !strings.Contains(err.Error(), step.wrong) {
			t.Errorf("step %d: %v", n, err)
		}
		stale := gathered(t, s)["waymark_gateway_keys_stale"]
		if want := map[bool]float64{true: 1}[step.wrong != ""]; stale != want {
			t.Errorf("step %d: the metric says %v", n, stale)
		}
	}
}

func TestWhatCannotBeLoadedIsNotFollowed(t *testing.T) {
	w, s := newWord(t), NewSet(zap.NewNop())
	w.write(t, "bad")
	if err := s.Follow(w.part()); err == nil || !strings.Contains(err.Error(), "word") {
		t.Errorf("got %v", err)
	}
	if len(s.Expires()) > 0 || w.inForce != "" {
		t.Error("it is in force")
	}
}

// A certificate that ends within 30 days is told of once a day.
func TestTheEndIsToldAhead(t *testing.T) {
	core, logs := observer.New(zapcore.WarnLevel)
	w, s := newWord(t), NewSet(zap.New(core))
	now := time.Now()
	s.now = func() time.Time { return now }
	if err := s.Follow(w.part()); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		left time.Duration
		want int
	}{
		{31 * 24 * time.Hour, 0}, {30*24*time.Hour - time.Hour, 1}, {30*24*time.Hour - 2*time.Hour, 1},
		{28 * 24 * time.Hour, 2}, {-time.Hour, 3},
	} {
		now = w.ends.Add(-step.left)
		s.look()
		if got := logs.FilterField(zap.String("certificate", "word")).Len(); got != step.want {
			t.Errorf("%v before: %d warnings, want %d", step.left, got, step.want)
		}
	}
	if got := gathered(t, s)["waymark_gateway_certificate_expiry_seconds"]; got != float64(w.ends.Unix()) {
		t.Errorf("the metric says %v", got)
	}
}

// Of two certificates of one part each is told of when its own time comes.
func TestEachEndIsToldOnItsOwn(t *testing.T) {
	core, logs := observer.New(zapcore.WarnLevel)
	s := NewSet(zap.New(core))
	now := time.Now()
	s.now = func() time.Time { return now }
	ends := map[string]time.Time{"one": now.Add(40 * 24 * time.Hour), "other": now.Add(40*24*time.Hour + 12*time.Hour)}
	part := Part{Name: "two", Files: func() []string { return nil }, Load: func() (Loaded, error) { return Loaded{Expires: ends}, nil }}
	if err := s.Follow(part); err != nil {
		t.Fatal(err)
	}
	begin := now
	for _, step := range []struct{ hour, one, other int }{{239, 0, 0}, {241, 1, 0}, {253, 1, 1}, {264, 1, 1}, {265, 2, 1}, {277, 2, 2}} {
		now = begin.Add(time.Duration(step.hour) * time.Hour)
		s.look()
		for name, want := range map[string]int{"one": step.one, "other": step.other} {
			if got := logs.FilterField(zap.String("certificate", name)).Len(); got != want {
				t.Errorf("hour %d: %d warnings of %s, want %d", step.hour, got, name, want)
			}
		}
	}
}

// gathered has the metrics, each of which must have one value.
func gathered(t *testing.T, s *Set) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(s)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]float64)
	for _, f := range families {
		values[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
	}
	return values
}

func TestExpiry(t *testing.T) {
	soon, late := time.Now().Add(time.Hour).Truncate(time.Second).UTC(), time.Now().Add(2*time.Hour)
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})
	for name, test := range map[string]struct {
		give []byte
		want time.Time
	}{
		"one":       {give: ending(t, soon), want: soon},
		"the first": {give: append(append(key, ending(t, late)...), ending(t, soon)...), want: soon},
		"none":      {give: key},
		"broken":    {give: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})},
	} {
		file := filepath.Join(t.TempDir(), "c.pem")
		if err := os.WriteFile(file, test.give, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Expiry(file); !got.Equal(test.want) || (err == nil) == test.want.IsZero() {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := Expiry(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there has an expiry")
	}
}

func ending(t *testing.T, at time.Time) []byte {
	t.Helper()
	certPEM, _ := certtest.SelfSigned(t, x509.Certificate{NotAfter: at})
	return certPEM
}

// TestStill: while it runs, nothing is put in force of files that change.
func TestStill(t *testing.T) {
	s := NewSet(zap.NewNop())
	s.Still(func() {
		if s.mu.TryLock() {
			t.Error("the files can be read and put in force meanwhile")
		}
	})
	if !s.mu.TryLock() {
		t.Error("they cannot be afterwards")
	}
}
