package main

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sign"
)

// The key is the same before the bridge's first start and after it, and the next one is another.
func TestKey(t *testing.T) {
	path, _ := writeConfig(t)
	show := func(args ...string) (p sign.Public) {
		t.Helper()
		var out bytes.Buffer
		if err := showKey(append(args, "--config", path), &out); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	first, next := show(), show("--next")
	if first.Bridge != "bridge" || first.ID == "" || first.JWK.Curve != "Ed25519" || first != show() || next.ID == first.ID || next != show("--next") {
		t.Errorf("first %+v, then %+v; next %+v", first, show(), next)
	}
	if err := showKey([]string{"--config", path, "more"}, new(bytes.Buffer)); err == nil {
		t.Error("one word too many was accepted")
	}
}

func TestListDevices(t *testing.T) {
	path, listen := writeConfig(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"--config", path}) }()
	waitReady(t, listen)
	var out bytes.Buffer
	if err := listDevices(t.Context(), []string{"--config", path}, &out); err != nil || out.Len() != 0 {
		t.Errorf("of no device: %v, %s", err, out.String())
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("stopped with %v", err)
	}
	if err := listDevices(t.Context(), []string{"--config", path}, &out); err == nil {
		t.Error("listed without a bridge")
	}
}
