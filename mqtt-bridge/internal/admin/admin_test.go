package admin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/admin"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/metrics"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/zap"
)

type rig struct {
	address string
	spool   *spool.Spool
	broken  atomic.Bool
}

// quarantine is a spool's; what is withdrawn is told to nobody.
type quarantine struct{ *spool.Spool }

func (q quarantine) Withdraw(number uint64) error {
	_, _, err := q.Spool.Withdraw(number)
	return err
}

// seen are 2500 devices.
type seen struct{}

func (seen) List(after string, limit int) (listed []presence.Record) {
	for n := range 2500 {
		if id := fmt.Sprintf("logger-%04d", n); id > after && len(listed) < limit {
			listed = append(listed, presence.Record{Device: id})
		}
	}
	return listed
}

func TestDevicesAreListedWholeAndToTheOperatorAlone(t *testing.T) {
	r := newRig(t)
	n := 0
	err := admin.NewClient(r.address, "right").EachDevice(t.Context(), func(d presence.Record) error {
		if want := fmt.Sprintf("logger-%04d", n); d.Device != want {
			t.Fatalf("device %s, want %s", d.Device, want)
		}
		n++
		return nil
	})
	if err != nil || n != 2500 {
		t.Errorf("%d devices, %v", n, err)
	}
	if err := admin.NewClient(r.address, "wrong").EachDevice(t.Context(), func(presence.Record) error { return nil }); err == nil {
		t.Error("shown to who has another token")
	}
}

func newRig(t *testing.T) *rig {
	t.Helper()
	store, err := spool.Open(t.TempDir(), spool.Limits{Bytes: 1 << 20, QuarantineBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{spool: store}
	checks := []admin.Check{
		{Name: "mqtt", Required: true, Holds: func() error {
			if r.broken.Load() {
				return errors.New("away")
			}
			return nil
		}},
		{Name: "gateway", Holds: func() error { return errors.New("away, which is what the spool is for") }},
	}
	m := metrics.New()
	m.Received()
	s, err := admin.New("127.0.0.1:0", "right", admin.Parts{Quarantine: quarantine{store}, Presences: seen{}, Metrics: m.Handler(), Checks: checks}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	r.address = s.Address()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, store.Close()); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *rig) get(t *testing.T, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestHealth(t *testing.T) {
	r := newRig(t)
	if status, body := r.get(t, "/readyz"); status != http.StatusOK || !strings.Contains(body, `"ready":true`) {
		t.Errorf("ready: %d %s", status, body)
	}
	r.broken.Store(true)
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/metrics": 200, "/v1/quarantine": 401, "/v1/quarantine/1": 401, "/": 404} {
		if status, _ := r.get(t, path); status != want {
			t.Errorf("GET %s: %d, want %d", path, status, want)
		}
	}
	if _, body := r.get(t, "/metrics"); !strings.Contains(body, "waymark_bridge_received_total 1") {
		t.Error("metrics do not hold the counters")
	}
}

func TestQuarantine(t *testing.T) {
	r := newRig(t)
	var bad []spool.Message
	for i := range 150 { // more than a page
		bad = append(bad, spool.Message{Device: "logger-1", Payload: fmt.Append(nil, "x", i), Verdict: &spool.Verdict{Code: spool.Unreadable}})
	}
	if _, err := r.spool.Append(bad); err != nil {
		t.Fatal(err)
	}
	ctx, client := t.Context(), admin.NewClient(r.address, "right")
	var numbers []uint64
	err := client.Each(ctx, func(q spool.Quarantined) error { numbers = append(numbers, q.Number); return nil })
	if err != nil || len(numbers) != 150 {
		t.Fatalf("listed %d: %v", len(numbers), err)
	}
	q, err := client.Show(ctx, numbers[0])
	if err != nil || string(q.Payload) != "x0" || q.Code != spool.Unreadable {
		t.Errorf("show: %+v, %v", q, err)
	}
	if err := errors.Join(client.Drop(ctx, numbers[0]), client.Replay(ctx, numbers[1])); err != nil {
		t.Error(err)
	}
	if u := r.spool.Usage(); u.QuarantineMessages != 148 || u.Messages != 1 {
		t.Errorf("usage: %+v", u)
	}
	accounts, err := client.Devices(ctx)
	if err != nil || len(accounts) != 1 || accounts[0].Messages != 148 || accounts[0].Full {
		t.Errorf("accounts: %+v, %v", accounts, err)
	}
	waiting, err := r.spool.Oldest(spool.ShardOf("logger-1"), 1, 1<<20, nil)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("waiting: %+v, %v", waiting, err)
	}
	if err := client.Withdraw(ctx, waiting[0].Number); err != nil {
		t.Error(err)
	}
	if err := client.Withdraw(ctx, waiting[0].Number); err == nil || !strings.Contains(err.Error(), "404 not_found") {
		t.Errorf("withdrawn twice: %v", err)
	}
	if err := client.Drop(ctx, numbers[0]); err == nil || !strings.Contains(err.Error(), "404 not_found") {
		t.Errorf("dropped twice: %v", err)
	}
	if err := admin.NewClient(r.address, "wrong").Drop(ctx, numbers[2]); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("dropped with a wrong token: %v", err)
	}
}

// A token that could not be written is made by the next start.
func TestATokenThatIsNotWritten(t *testing.T) {
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "admin.token")
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 0, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	_, failed := admin.EnsureToken(path)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if token, err := admin.EnsureToken(path); failed == nil || err != nil || token == "" {
		t.Errorf("%v, then %v", failed, err)
	}
}

func TestEnsureToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "admin.token")
	first, err := admin.EnsureToken(path)
	if err != nil || len(first) < 32 {
		t.Fatalf("token %q: %v", first, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v: %v", info.Mode(), err)
	}
	if again, err := admin.EnsureToken(path); err != nil || again != first {
		t.Errorf("it changed: %v", err)
	}
	if err := os.WriteFile(path, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.EnsureToken(path); err == nil {
		t.Error("an empty token is accepted")
	}
}
