package figures

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

func TestMachine(t *testing.T) {
	if got := processor("processor\t: 0\nmodel name\t: One\n\nmodel name\t: Two\n"); got != "One" {
		t.Errorf("processor %q", got)
	}
	if got := memory("MemTotal:       24683720 kB\nMemFree: 1 kB\n"); got != 24105 {
		t.Errorf("memory %d", got)
	}
	if got := load("0.50 0.46 1.19 1/2 3\n"); got != 0.5 {
		t.Errorf("load %v", got)
	}
	if processor("") != "" || memory("") != 0 || load("") != 0 {
		t.Error("what is not known is not empty")
	}
}

// TestFabricHasARelease, and the one that the network is built of is known.
func TestFabricHasARelease(t *testing.T) {
	for _, unknown := range []string{"", "v1.4.0", "v1.4.0-rc1.0.20260101000000-000000000000"} {
		if got := release(unknown); got != unknown {
			t.Errorf("%q is release %q", unknown, got)
		}
	}
	c, err := Observe(t.Context(), filepath.Join("..", "..", ".."))
	if err != nil || !regexp.MustCompile(`^v\d+\.\d+\.\d+$`).MatchString(c.Fabric) {
		t.Errorf("the network is built of Fabric %q, %v: name the release of its commit in release", c.Fabric, err)
	}
}

func TestTheNetworkSaysWhatItIs(t *testing.T) {
	dir := t.TempDir()
	if _, err := ObserveNetwork(dir, 4); err == nil {
		t.Error("a network without configuration")
	}
	if err := os.Mkdir(filepath.Join(dir, "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]time.Duration{"      OrdererType: BFT\n      BatchTimeout: 100ms\n": 100 * time.Millisecond, "OrdererType: BFT\n": 0} {
		if err := os.WriteFile(filepath.Join(dir, "config", "configtx.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := ObserveNetwork(dir, 4); (err == nil) != (want != 0) || r.BlockInterval != want {
			t.Errorf("%q: %+v, %v", text, r, err)
		}
	}
}
