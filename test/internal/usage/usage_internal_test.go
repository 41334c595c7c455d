package usage

import (
	"os"
	"testing"
	"time"
)

func TestProcessorTime(t *testing.T) {
	stat := "42 (a ) name) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0"
	if got, err := cpuOf(stat); err != nil || got != 2*time.Second {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []string{"", "42 (x) S 1 2", "42 (x) S 1 2 3 4 5 6 7 8 9 10 a b 0"} {
		if _, err := cpuOf(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	if got, err := busyOf("cpu  100 1 50 1000 20 7 42 3 0 0\ncpu0 1 1 1 1 1 1 1"); err != nil || got != 2*time.Second {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []string{"", "cpu 1 2", "cpu0 1 2 3 4 5 6 7", "cpu a 2 3 4 5 6 7"} {
		if _, err := busyOf(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	if busy, err := Machine(); err != nil || busy <= 0 {
		t.Errorf("%s, %v", busy, err)
	}
	own := Process(os.Getpid())
	if _, err := own.CPU(); err != nil {
		t.Fatal(err)
	}
	if err := own.ForgetPeak(); err != nil {
		t.Fatal(err)
	}
	if peak, err := own.PeakMiB(); err != nil || peak < 1 || peak > 1<<12 {
		t.Errorf("%d MiB, %v", peak, err)
	}
}
