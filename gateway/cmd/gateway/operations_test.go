package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
)

// TestOperationsApart: on an address of their own are metrics, health and profiles, and nothing
// of the API; on the API's there are no metrics then (ASVS 5.0: 13.4.5).
func TestOperationsApart(t *testing.T) {
	s := newSite(t)
	apart := porttest.Address(t)
	s.say(t, "listen_operations: "+apart)
	base, client := s.up(t), s.client(t)
	await(t, client, "https://"+apart+"/readyz", `"part":"chaincode","ready":false`)
	for url, want := range map[string]int{
		base + "/metrics": 404, base + "/debug/pprof/": 404, base + "/readyz": 503,
		"https://" + apart + "/metrics": 200, "https://" + apart + "/debug/pprof/": 200, "https://" + apart + "/healthz": 200,
		"https://" + apart + "/v1/members/producer": 404,
	} {
		if got, body, err := get(client, url); got != want {
			t.Errorf("%s: %d, want %d: %v %.100s", url, got, want, err, body)
		}
	}
}

// TestTheAuditLogIsMovedAway: a change of the configuration is a line of it, and SIGHUP opens
// it anew.
func TestTheAuditLogIsMovedAway(t *testing.T) {
	s := newSite(t)
	path := filepath.Join(filepath.Dir(s.config), "audit.log")
	s.say(t, "log: {audit_file: audit.log}")
	base, stop := s.serve(t)
	client := s.client(t)
	await(t, client, base+"/metrics", "waymark_gateway_config_good 1")
	if status, _, err := get(client, base+"/v1/members/producer"); status != http.StatusUnauthorized {
		t.Errorf("%d: %v", status, err)
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.config, []byte(strings.Replace(string(data), "log: {", "log: {level: error, ", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 { // opened anew, and written to
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no line of the change")
		}
	}
	stop()
	for name, want := range map[string]string{path + ".1": `"event":"credential"`, path: `"event":"configuration","outcome":"done","keys":["log.level"]`} {
		if data, err := os.ReadFile(name); err != nil || strings.Count(string(data), "\n") != 1 || !strings.Contains(string(data), want) {
			t.Errorf("%s: %v %q, want one line with %s", name, err, data, want)
		}
	}
}
