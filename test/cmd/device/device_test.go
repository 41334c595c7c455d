package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// command runs the command and returns what it prints.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := command(t, args...)
	if err != nil {
		t.Fatalf("device %v: %v", args, err)
	}
	return out
}

func TestKeyThenRegister(t *testing.T) {
	dir := t.TempDir()
	must(t, "key", "--dir", dir, "--count", "2", "--algorithm", "ES256")
	lines := strings.Fields(must(t, "register", "--dir", dir, "--count", "2", "--owner", "carrier", "--model", "X"))
	if len(lines) != 2 {
		t.Fatalf("%d registrations, want 2", len(lines))
	}
	for i, line := range lines {
		m, err := attest.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		var r waymark.Registration
		if err := json.Unmarshal(m.Payload, &r); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Verify(r.JWK); err != nil || r.Device != []string{"logger-1", "logger-2"}[i] || r.Owner != "carrier" || r.JWK.KeyType != "EC" {
			t.Errorf("registration %+v: %v", r, err)
		}
	}
	if out := must(t, "show", "--dir", dir, "--id", "logger-2"); !strings.Contains(out, "last message 0") {
		t.Errorf("show: %s", out)
	}
	must(t, "key", "--dir", dir, "--id", "logger-3", "--algorithm", "ML-DSA-44")
	if m, err := attest.Parse(strings.TrimSpace(must(t, "register", "--dir", dir, "--id", "logger-3"))); err != nil || !strings.Contains(string(m.Payload), `"jwk":{"kty":"AKP","alg":"ML-DSA-44","pub":"`) {
		t.Errorf("registration of an ML-DSA-44 key: %v", err)
	}
	must(t, "recover", "--dir", dir, "--id", "logger-2", "--recorded", "9")
	if out := must(t, "show", "--dir", dir, "--id", "logger-2"); !strings.Contains(out, "last message 10") {
		t.Errorf("show after recover: %s", out)
	}
}

func TestAttest(t *testing.T) {
	dir := t.TempDir()
	must(t, "key", "--dir", dir, "--id", "scanner-1")
	nonce := strings.Repeat("0f", 16)
	for _, format := range []string{"jws", "cose"} {
		out := must(t, "attest", "--dir", dir, "--id", "scanner-1", "--shipment", "s-1", "--handoff", "2", "--nonce", nonce,
			"--seal", "S1=intact,S2=broken", "--format", format)
		m, err := attest.Parse(strings.TrimSpace(out))
		if err != nil || m.Kind != attest.Attestation || m.Device != "scanner-1" {
			t.Fatalf("%s: %+v, %v", format, m, err)
		}
		a, err := waymark.ParseAttestation(m.Payload)
		want := []waymark.Seal{{ID: "S1", State: waymark.SealIntact}, {ID: "S2", State: waymark.SealBroken}}
		if err != nil || a.Shipment != "s-1" || a.Handoff != 2 || a.Nonce != nonce || a.Last != 0 || !slices.Equal(a.Seals, want) {
			t.Errorf("%s: %+v, %v", format, a, err)
		}
	}
}

func TestCommandsRefuse(t *testing.T) {
	dir := t.TempDir()
	must(t, "key", "--dir", dir, "--id", "logger-1")
	bad := filepath.Join(dir, "bad.csv")
	if err := os.WriteFile(bad, []byte("time,temperature\n2026-03-01T12:00:00Z,warm\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := []string{"run", "--dir", dir, "--id", "logger-1", "--mqtt", "ssl://127.0.0.1:1", "--patience", "1s"}
	for want, args := range map[string][]string{
		"either --id or --count":  {"key", "--dir", dir},
		"give either":             {"key", "--dir", dir, "--id", "a", "--count", "1"},
		"--count must":            {"key", "--dir", dir, "--count", "1000000"},
		"there twice":             {"key", "--dir", dir, "--id", "a,a"},
		"invalid":                 {"key", "--dir", dir, "--id", "a/b"},
		"exists already":          {"key", "--dir", dir, "--id", "logger-1"},
		"RS256":                   {"key", "--dir", dir, "--id", "b", "--algorithm", "RS256"},
		"no such file":            {"show", "--dir", dir, "--id", "nobody"},
		"--format":                append(slices.Clone(run), "--format", "xml"),
		"--pack":                  append(slices.Clone(run), "--pack", "101"),
		"--rate":                  append(slices.Clone(run), "--speed", "-1"),
		"--private":               append(slices.Clone(run), "--private", "a b"),
		"--window":                append(slices.Clone(run), "--window", "0"),
		"tropical":                append(slices.Clone(run), "--trip", "tropical"),
		`line 2, column "temper`:  append(slices.Clone(run), "--csv", bad),
		"--zone":                  append(slices.Clone(run), "--csv", bad, "--zone", "Nowhere/Land"),
		"connection refused":      run,
		"not been brought up":     {"run", "--dir", dir, "--id", "logger-1", "--endpoints", filepath.Join(dir, "none.json")},
		"handoff's nonce":         {"attest", "--dir", dir, "--id", "logger-1", "--shipment", "s-1"},
		"must be one of [intact":  {"attest", "--dir", dir, "--id", "logger-1", "--shipment", "s-1", "--nonce", strings.Repeat("0f", 16), "--seal", "S1"},
		"none of the others can ": {"rotate", "--dir", dir, "--id", "logger-1", "--activate", "--abandon"},
	} {
		if _, err := command(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("device %v: %v, want ...%s", args, err, want)
		}
	}
}

func TestClock(t *testing.T) {
	ctx := t.Context()
	fast := newClock(options{speed: 6000}, time.Time{})
	for i := range 5 {
		at, err := fast.reach(ctx, time.Duration(i)*time.Minute)
		if wait := at.Sub(fast.began.Truncate(time.Millisecond)); err != nil || at.After(time.Now()) || wait < time.Duration(i)*10*time.Millisecond {
			t.Errorf("sample %d is %s after the start, %v", i, wait, err)
		}
	}
	start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	kept := newClock(options{speed: 1, keepTimes: true}, start)
	if at, err := kept.reach(ctx, time.Hour); err != nil || !at.Equal(start.Add(time.Hour)) {
		t.Errorf("kept time %s, %v", at, err)
	}
	paced := newClock(options{rate: 100}, time.Time{})
	for range 3 {
		if err := paced.pace(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(paced.began); took < 30*time.Millisecond {
		t.Errorf("3 messages at 100 a second took %s", took)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := fast.reach(ended, time.Hour); err == nil {
		t.Error("the clock waited after the end")
	}
}
