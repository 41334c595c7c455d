//go:build bench

package rest_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/rules/access"
	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/internal/cursor"
	"github.com/waymark-ledger/waymark/gateway/internal/database"
	"github.com/waymark-ledger/waymark/gateway/internal/database/databasetest"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/model"
)

var (
	benchReadings = flag.Int("readings", 100_000, "how many readings the model is to have that is timed")
	benchQueries  = flag.Int("queries", 2000, "how many queries of each kind")
	benchOut      = flag.String("reading-out", "", "write what was measured to this file, as JSON")
)

// TestBenchReading times a model of many readings: its blocks, and what a caller of the API asks of it. It is in SQLite, and in the PostgreSQL server
// that WAYMARK_POSTGRES names, if it does.
func TestBenchReading(t *testing.T) {
	figures := map[string]any{"readings_count": *benchReadings, "devices_count": fleetDevices, "queries_count": *benchQueries,
		"system": runtime.GOOS + "/" + runtime.GOARCH, "processors_count": runtime.NumCPU(), "processor": processor(), "go_version": runtime.Version(),
		"measured_at_rfc3339": time.Now().UTC().Format(time.RFC3339)}
	t.Logf("%d processors (%s), %s", runtime.NumCPU(), processor(), runtime.Version())
	benchModel(t, "sqlite", figures, databasetest.SQLiteConfig)
	if os.Getenv(databasetest.Server) != "" {
		benchModel(t, "postgres", figures, databasetest.PostgresConfig)
	}
	if *benchOut != "" {
		encoded, err := json.MarshalIndent(figures, "", "  ")
		must(t, err)
		must(t, os.WriteFile(*benchOut, append(encoded, '\n'), 0o644))
	}
}

func benchModel(t *testing.T, name string, figures map[string]any, config func(*testing.T) database.Config) {
	var c database.Config
	m := model.New(databasetest.Of(database.Model, func(t *testing.T) database.Config {
		c = config(t)
		return c
	})(t)())
	fill(t, name, m, figures)
	if info, err := os.Stat(c.SQLite); err == nil {
		figures[name+"_database_mib"] = info.Size() >> 20
		t.Logf("%-8s database   %d MiB", name, info.Size()>>20)
	}
	a := newAPI(t, func(l *limits) {
		l.model = model.NewReader(m, carrier{}, "operator", fleetConsortium, func(string) string { return "" }, cursor.New(databasetest.SQLite(t)()))
	})
	server := httptest.NewServer(a.handler)
	defer server.Close()
	random := rand.New(rand.NewPCG(1, 2))
	minutes := *benchReadings / readingsOfMinute
	at := func() string {
		return fleetStart.Add(time.Duration(random.IntN(max(1, minutes))) * time.Minute).Format(time.RFC3339)
	}
	for kind, query := range map[string]func(device string) string{
		"list":   func(d string) string { return "/v1/devices/" + d + "/readings?name=temperature&from=" + at() },
		"latest": func(d string) string { return "/v1/devices/" + d + "/latest" },
		"series": func(d string) string {
			seconds := waymark.BucketSeconds()[random.IntN(len(waymark.BucketSeconds()))]
			return fmt.Sprintf("/v1/devices/%s/series?name=humidity&bucket=%d&from=%s", d, seconds, at())
		},
		"whole_series": func(d string) string { return "/v1/devices/" + d + "/series?name=humidity&bucket=900&limit=1000" },
	} {
		took := ask(t, server, *benchQueries, func() string { return query(fleetDevice(random.IntN(fleetDevices))) })
		for _, q := range []int{50, 95, 99} {
			figures[fmt.Sprintf("%s_%s_p%d_ms", name, kind, q)] = millisecondsOf(took, q)
		}
		t.Logf("%-8s %-12s p50 %6.2f ms, p95 %6.2f ms, p99 %6.2f ms", name, kind, millisecondsOf(took, 50), millisecondsOf(took, 95), millisecondsOf(took, 99))
	}
}

// stretch is how many blocks are made before they are applied: making them does not count.
const stretch = 200

// fill applies blocks until the model has all readings.
func fill(t *testing.T, name string, m *model.Model, figures map[string]any) {
	f := newFleet(t)
	must(t, m.Apply(t.Context(), f.genesis()))
	blocks := (*benchReadings + blockReadings - 1) / blockReadings
	var applied, cpu time.Duration
	for from := 1; from <= blocks; from += stretch {
		some := f.blocks(from, min(stretch, blocks+1-from))
		runtime.GC() // what was left over from making them
		began, used := time.Now(), usedCPU(t)
		for _, b := range some {
			must(t, m.Apply(t.Context(), b))
		}
		applied, cpu = applied+time.Since(began), cpu+usedCPU(t)-used
	}
	n := float64(blocks * blockReadings)
	perSecond, cpuMillis := n/applied.Seconds(), cpu.Seconds()*1e6/n
	figures[name+"_applied_readings_per_s"], figures[name+"_applied_s"], figures[name+"_cpu_ms_per_1000_readings"] = perSecond, applied.Seconds(), cpuMillis
	t.Logf("%-8s applied %d readings in %.0f s: %.0f/s, %.1f ms of a processor for 1,000 (of the gateway alone)", name, blocks*blockReadings, applied.Seconds(), perSecond, cpuMillis)
}

// blocks makes some, on all processors.
func (f *fleet) blocks(from, n int) []ledger.Block {
	all := make([]ledger.Block, n)
	var making sync.WaitGroup
	for p := range runtime.NumCPU() {
		making.Go(func() {
			for i := p; i < n; i += runtime.NumCPU() {
				all[i] = f.block(uint64(from + i))
			}
		})
	}
	making.Wait()
	return all
}

// usedCPU is how long this process has used a processor.
func usedCPU(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	must(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// ask asks one question after another, and returns how long each took, the shortest first.
func ask(t *testing.T, server *httptest.Server, n int, query func() string) []time.Duration {
	t.Helper()
	var took []time.Duration
	for i := range n + n/20 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+query(), http.NoBody)
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+operator)
		began := time.Now()
		response, err := server.Client().Do(r)
		must(t, err)
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		must(t, err)
		if response.StatusCode != http.StatusOK || len(body) < 100 {
			t.Fatalf("%s: %d %s", r.URL, response.StatusCode, body)
		}
		if i >= n/20 { // the first ones warm it up
			took = append(took, time.Since(began))
		}
	}
	slices.Sort(took)
	return took
}

func millisecondsOf(sorted []time.Duration, percent int) float64 {
	return float64(sorted[min(len(sorted)-1, len(sorted)*percent/100)].Microseconds()) / 1000
}

func processor() string {
	content, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(content)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// carrier is a ledger to which everybody is a viewer of the carrier, whom the owner's policy lets read.
type carrier struct{}

func (carrier) Height(context.Context) (uint64, error) { return 1, nil }

func (carrier) Caller(ledger.Identity) (rules.Caller, error) {
	return rules.Caller{Member: "carrier", Role: waymark.Viewer}, nil
}

func (carrier) Evaluate(context.Context, ledger.Call) (json.RawMessage, error) {
	return json.Marshal(access.Baseline())
}
