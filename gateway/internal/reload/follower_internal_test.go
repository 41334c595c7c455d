package reload

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/waymark-ledger/waymark/gateway/internal/config"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a follower of a file, with a part that notes the level it was given.
type world struct {
	*Follower
	t       *testing.T
	refuses bool
	still   bool     // nobody else puts files in force
	levels  []string // as they were put in force
	changed []string
	logs    *observer.ObservedLogs
}

func newWorld(t *testing.T) *world {
	t.Helper()
	sample, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "operations", "gateway.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	sample = bytes.Replace(sample, []byte("\nlog:\n"), nil, 1) // which the tests write
	path := filepath.Join(t.TempDir(), "gateway.yaml")
	if err := os.WriteFile(path, sample, 0o600); err != nil {
		t.Fatal(err)
	}
	running, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zapcore.DebugLevel)
	w := &world{t: t, logs: logs}
	w.Follower = New(Options{
		Path: path, Running: running, Logger: zap.New(core), Registry: prometheus.NewRegistry(),
		Parts: []Part{w.level, w.stubborn},
		Still: func(do func()) {
			w.still = true
			defer func() { w.still = false }()
			do()
		},
		Changed: func(keys []string) { w.changed = append(w.changed, keys...) },
	})
	w.now(t.Context()) // as it does once after the start
	if logs.Len() > 0 || len(w.changed) > 0 || testutil.ToFloat64(w.metrics.good) != 1 {
		t.Fatalf("a file that has not changed: %v, %v", logs.All(), w.changed)
	}
	w.levels = nil
	return w
}

func (w *world) level(_ context.Context, next config.Config) (func(), error) {
	return func() {
		w.alone()
		w.levels = append(w.levels, next.Log.Level)
	}, nil
}

// alone fails if others may put other files in force between the reading and the applying.
func (w *world) alone() {
	if !w.still {
		w.t.Error("a part is not alone")
	}
}

func (w *world) stubborn(context.Context, config.Config) (func(), error) {
	w.alone()
	if w.refuses {
		return nil, errors.New("a file that is named is not there")
	}
	return nil, nil
}

// say adds a line to the file.
func (w *world) say(line string) {
	w.t.Helper()
	data, err := os.ReadFile(w.Path)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.Path, append(data, line+"\n"...), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) lastLog() string {
	all := w.logs.All()
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1].Message
}

func TestAChangeOfTheFileTakesEffectOnce(t *testing.T) {
	w := newWorld(t)
	w.look(t.Context())
	w.say("log: {level: debug, format: console}")
	w.look(t.Context())
	if len(w.levels) > 0 {
		t.Error("it did not wait until the file had settled")
	}
	for range 3 {
		w.look(t.Context())
	}
	if !slices.Equal(w.levels, []string{"debug"}) || !slices.Equal(w.changed, []string{"log.level"}) {
		t.Errorf("levels %v, changed %v", w.levels, w.changed)
	}
	if got := testutil.ToFloat64(w.metrics.waiting); got != 1 || w.Running.Log.Format != "json" {
		t.Errorf("%v keys wait, the format is %s", got, w.Running.Log.Format)
	}
}

func TestAWrongFileChangesNothing(t *testing.T) {
	tests := []struct {
		name    string
		line    string
		refuses bool
		want    []string // parts of what is logged
	}{
		{name: "two faults", line: "log: {level: loud, format: fancy}", want: []string{"log.level", "log.format"}},
		{name: "two unknown keys", line: "logs: {level: debug}\nmembre: x", want: []string{"logs", "membre"}},
		{name: "no YAML", line: "log: [", want: []string{"parse"}},
		{name: "a part refuses", line: "log: {level: debug}", refuses: true, want: []string{"is not there"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.refuses = tt.refuses
			w.say(tt.line)
			for range 4 {
				w.look(t.Context())
			}
			if len(w.levels)+len(w.changed) > 0 || w.Running.Log.Level != "info" {
				t.Errorf("levels %v, changed %v", w.levels, w.changed)
			}
			if testutil.ToFloat64(w.metrics.good) != 0 || w.logs.Len() != 1 {
				t.Errorf("good is %v after %d lines of log", testutil.ToFloat64(w.metrics.good), w.logs.Len())
			}
			said, _ := w.logs.All()[0].ContextMap()["error"].(string)
			for _, want := range tt.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q does not name %s", said, want)
				}
			}
		})
	}
}

func TestASignalReadsAtOnce(t *testing.T) {
	w := newWorld(t)
	signals, ticks := make(chan os.Signal), make(chan time.Time)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.follow(ctx, signals, ticks) }()
	w.say("log: {level: warn}")
	signals <- syscall.SIGHUP
	signals <- syscall.SIGHUP // taken once the first has been dealt with
	ticks <- time.Time{}
	stop()
	<-done
	if !slices.Equal(w.levels, []string{"warn", "warn"}) || !slices.Equal(w.changed, []string{"log.level"}) {
		t.Errorf("levels %v, changed %v", w.levels, w.changed)
	}
	if w.lastLog() != "configuration read again" || testutil.ToFloat64(w.metrics.reloads.WithLabelValues("applied")) != 3 {
		t.Errorf("logged %q", w.lastLog())
	}
}

func TestAFileThatIsAwayIsTold(t *testing.T) {
	w := newWorld(t)
	if err := os.Remove(w.Path); err != nil {
		t.Fatal(err)
	}
	w.look(t.Context())
	if w.logs.Len() > 0 {
		t.Error("a file that is being replaced is no fault")
	}
	w.now(t.Context())
	if testutil.ToFloat64(w.metrics.good) != 0 {
		t.Error("SIGHUP did not say that the file is away")
	}
}
