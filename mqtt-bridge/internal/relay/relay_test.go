package relay_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gateway"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/relay"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counts is an Observer.
type counts struct {
	mu          sync.Mutex
	outcomes    map[waymark.Outcome]int
	quarantined []spool.Code
	retries     map[string]int
	rejected    []string
}

func (c *counts) Relayed(o waymark.Outcome) { c.mu.Lock(); c.outcomes[o]++; c.mu.Unlock() }
func (c *counts) Retried(reason string)     { c.mu.Lock(); c.retries[reason]++; c.mu.Unlock() }
func (c *counts) Rejected(device string) {
	c.mu.Lock()
	c.rejected = append(c.rejected, device)
	c.mu.Unlock()
}
func (c *counts) Settled(_ spool.Entry, verdict *spool.Verdict) {
	if verdict == nil {
		return
	}
	c.mu.Lock()
	c.quarantined = append(c.quarantined, verdict.Code)
	c.mu.Unlock()
}
func (c *counts) retried(reason string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.retries[reason]
}

type rig struct {
	dir     string // of the spool
	limits  spool.Limits
	gateway *gatewaytest.Gateway
	client  *gateway.Client
	spool   *spool.Spool
	relay   *relay.Relay
	counts  *counts
	log     *zap.Logger
	stop    func()
}

// newRig fills a spool and runs a relay until the test ends.
func newRig(t testing.TB, limits spool.Limits, fill func(*rig)) *rig {
	t.Helper()
	return newLoggingRig(t, limits, zap.NewNop(), fill)
}

func newLoggingRig(t testing.TB, limits spool.Limits, log *zap.Logger, fill func(*rig)) *rig {
	t.Helper()
	g := gatewaytest.New(t)
	client, err := gateway.New(gateway.Options{URL: g.URL, CAFile: g.CAFile, TokenFile: g.TokenFile, Timeout: 5 * time.Second},
		func(string, int, time.Duration) {})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{dir: t.TempDir(), limits: limits, gateway: g, client: client, log: log,
		counts: &counts{outcomes: map[waymark.Outcome]int{}, retries: map[string]int{}}}
	r.open(t)
	fill(r)
	r.start()
	t.Cleanup(func() { r.stop(); client.Close() })
	return r
}

func (r *rig) open(t testing.TB) {
	t.Helper()
	store, err := spool.Open(r.dir, r.limits)
	if err != nil {
		t.Fatal(err)
	}
	r.spool = store
}

// start runs a relay until stop, which closes the spool, too.
func (r *rig) start() {
	options := relay.Options{BatchMessages: 100, BatchBytes: waymark.MaxMessageBytes, Linger: time.Millisecond, MaxBackoff: 200 * time.Millisecond,
		StuckAttempts: 4, UndisclosedRetry: 50 * time.Millisecond}
	r.relay = relay.New(r.spool, r.client, options, r.counts, r.log)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { r.relay.Run(ctx); close(done) }()
	r.stop = func() { cancel(); <-done; _ = r.spool.Close() }
}

func roomy() spool.Limits { return spool.Limits{Bytes: 1 << 24, QuarantineBytes: 1 << 24} }

func (r *rig) add(t testing.TB, device string, payloads ...[]byte) {
	t.Helper()
	for _, p := range payloads {
		if _, err := r.spool.Append([]spool.Message{{Device: device, Received: time.Now(), Payload: p}}); err != nil {
			t.Fatal(err)
		}
	}
}

func next(t testing.TB, d *gatewaytest.Device, n int) [][]byte {
	t.Helper()
	signed := make([][]byte, n)
	for i := range signed {
		signed[i] = d.Next(t)
	}
	return signed
}

func (r *rig) drained(t testing.TB) {
	t.Helper()
	waitFor(t, "an empty spool", func() bool { return r.spool.Usage().Messages == 0 })
}

func (r *rig) quarantine(t *testing.T) []spool.Quarantined {
	t.Helper()
	listed, err := r.spool.List(0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return listed
}

func TestRecordedAndDuplicateLeaveTheSpool(t *testing.T) {
	d := gatewaytest.NewDevice(t, "logger-1", attest.COSE)
	r := newRig(t, roomy(), func(r *rig) {
		signed := next(t, d, 300)
		r.add(t, "logger-1", signed...)
		r.add(t, "logger-1", signed[:10]...)
	})
	r.drained(t)
	if got := r.gateway.Order("logger-1"); len(got) != 300 || !slices.IsSorted(got) {
		t.Errorf("recorded %d, sorted %t", len(got), slices.IsSorted(got))
	}
	for _, b := range r.gateway.Batches() {
		if err := (waymark.RecordRequest{Messages: b}).Validate(); err != nil || len(b) > 100 {
			t.Errorf("batch of %d: %v", len(b), err)
		}
		if size := len(strings.Join(b, "")); size > waymark.MaxMessageBytes {
			t.Errorf("batch of %d bytes", size)
		}
	}
	if len(r.quarantine(t)) != 0 {
		t.Error("something is in quarantine")
	}
}

func TestRejectedGoesIntoQuarantineAlone(t *testing.T) {
	good := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	bad := gatewaytest.NewDevice(t, "logger-2", attest.JWS)
	r := newRig(t, roomy(), func(r *rig) {
		r.gateway.Register(bad.Record(t, waymark.DeviceSuspended))
		r.add(t, "logger-1", next(t, good, 3)...)
		r.add(t, "logger-2", next(t, bad, 1)...)
	})
	r.drained(t)
	q := r.quarantine(t)
	if len(q) != 1 || q[0].Device != "logger-2" || q[0].Code != waymark.FailedPrecondition ||
		!slices.Equal(q[0].Reasons, []string{"device_active"}) || q[0].Attempts != 1 || q[0].Time.IsZero() {
		t.Errorf("quarantine: %+v", q)
	}
	if !slices.Equal(r.counts.rejected, []string{"logger-2"}) {
		t.Errorf("rejected: %v", r.counts.rejected)
	}
}

func TestFailuresThatPass(t *testing.T) {
	for _, failure := range []gatewaytest.Failure{
		{}, // connection dropped
		{Status: http.StatusTooManyRequests, Code: waymark.ResourceExhausted},
		{Status: http.StatusServiceUnavailable, Code: waymark.Unavailable},
		{Status: http.StatusConflict, Code: waymark.Conflict},
		{Status: http.StatusInternalServerError, Code: waymark.Internal},
		{Status: http.StatusBadRequest}, // not the gateway's own
	} {
		t.Run(http.StatusText(failure.Status), func(t *testing.T) {
			d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
			r := newRig(t, roomy(), func(r *rig) {
				r.gateway.Fail(func([]string) *gatewaytest.Failure { return &failure })
				r.add(t, "logger-1", next(t, d, 5)...)
			})
			waitFor(t, "some tries", func() bool { return r.gateway.Asked() > 2 })
			if r.relay.Health() == nil || r.spool.Usage().Messages != 5 {
				t.Errorf("health %v, %d wait", r.relay.Health(), r.spool.Usage().Messages)
			}
			r.gateway.Fail(nil)
			r.drained(t)
			if got := r.gateway.Order("logger-1"); !slices.Equal(got, []uint64{1, 2, 3, 4, 5}) {
				t.Errorf("recorded %v", got)
			}
			if len(r.quarantine(t)) != 0 {
				t.Errorf("quarantine %v", r.quarantine(t))
			}
			waitFor(t, "health", func() bool { return r.relay.Health() == nil })
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	r := newRig(t, roomy(), func(r *rig) {
		r.gateway.Fail(func([]string) *gatewaytest.Failure {
			return &gatewaytest.Failure{Status: http.StatusTooManyRequests, RetryAfter: "3600"}
		})
		r.add(t, "logger-1", next(t, d, 1)...)
	})
	waitFor(t, "one try", func() bool { return r.gateway.Asked() == 1 })
	time.Sleep(800 * time.Millisecond) // several times the longest backoff
	if got := r.gateway.Asked(); got != 1 {
		t.Errorf("asked %d times although told to wait", got)
	}
}

func TestPoisonMessageIsFoundBySplitting(t *testing.T) {
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	var poison string
	r := newRig(t, roomy(), func(r *rig) {
		signed := next(t, d, 30)
		poison = string(signed[17])
		r.gateway.Fail(func(texts []string) *gatewaytest.Failure {
			if slices.Contains(texts, poison) {
				return &gatewaytest.Failure{Status: http.StatusBadRequest, Code: waymark.Invalid}
			}
			return nil
		})
		r.add(t, "logger-1", signed...)
	})
	r.drained(t)
	if q := r.quarantine(t); len(q) != 1 || string(q[0].Payload) != poison || q[0].Code != waymark.Invalid {
		t.Errorf("quarantine: %+v", q)
	}
	got := r.gateway.Order("logger-1")
	if len(got) != 29 || !slices.IsSorted(got) || slices.Contains(got, 18) {
		t.Errorf("recorded %v", got)
	}
}

func TestRefusedCredentialKeepsEverything(t *testing.T) {
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	r := newRig(t, roomy(), func(r *rig) {
		writeFile(t, r.gateway.TokenFile, "wrong")
		r.add(t, "logger-1", next(t, d, 3)...)
	})
	waitFor(t, "a refusal", func() bool { return r.counts.retried("credential") > 0 })
	if !gateway.CredentialRefused(r.relay.Health()) || r.spool.Usage().Messages != 3 || len(r.quarantine(t)) != 0 {
		t.Errorf("health %v, usage %+v", r.relay.Health(), r.spool.Usage())
	}
	writeFile(t, r.gateway.TokenFile, "relay-token") // replaced while the bridge runs
	r.drained(t)
}

func TestFullQuarantineStopsInsteadOfDropping(t *testing.T) {
	bad := gatewaytest.NewDevice(t, "logger-2", attest.JWS)
	r := newRig(t, spool.Limits{Bytes: 1 << 20, QuarantineBytes: 900}, func(r *rig) {
		r.gateway.Register(bad.Record(t, waymark.DeviceSuspended))
		r.add(t, "logger-2", next(t, bad, 1)...)
	})
	r.drained(t)
	r.add(t, "logger-2", next(t, bad, 1)...)
	waitFor(t, "no room", func() bool { return r.counts.retried("quarantine_full") > 0 })
	if !errors.Is(r.relay.Health(), spool.ErrQuarantineFull) || r.spool.Usage().Messages != 1 {
		t.Errorf("health %v, usage %+v", r.relay.Health(), r.spool.Usage())
	}
	if err := r.spool.Drop(r.quarantine(t)[0].Number); err != nil {
		t.Fatal(err)
	}
	r.drained(t)
	waitFor(t, "health", func() bool { return r.relay.Health() == nil })
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited too long for %s", what)
}
