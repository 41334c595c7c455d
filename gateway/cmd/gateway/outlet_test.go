package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// TestNobodyWaitsForTheReaderOfTheLog: what it does not read waits, up to a bound, and the rest is
// lost and told; what was taken arrives whole, and all is well again once it reads
// (ASVS 5.0: 15.2.2, 16.5.3).
func TestNobodyWaitsForTheReaderOfTheLog(t *testing.T) {
	reader, writer := io.Pipe()
	defer reader.Close()
	o := newOutlet(writer, 1000, prometheus.NewRegistry())
	defer o.close()
	line := func(n int) string { return fmt.Sprintf("%099d\n", n) }
	var taken strings.Builder
	for n := range 15 {
		if _, err := io.WriteString(o, line(n)); (err == nil) != (n < 10) || err != nil && !errors.Is(err, errLineLost) {
			t.Errorf("line %d: %v", n, err)
		} else if err == nil {
			taken.WriteString(line(n))
		}
	}
	if err := o.check(t.Context()); waymark.CodeOf(err) != waymark.Unavailable {
		t.Errorf("while lines are lost: %v", err)
	}
	if got := testutil.ToFloat64(o.lost); got != 5 {
		t.Errorf("%v lines are lost", got)
	}
	got := make([]byte, taken.Len())
	if _, err := io.ReadFull(reader, got); err != nil || string(got) != taken.String() {
		t.Errorf("%v: %s", err, got)
	}
	for deadline := time.Now().Add(30 * time.Second); o.check(t.Context()) != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not recover")
		}
	}
	if _, err := io.WriteString(o, line(16)); err != nil {
		t.Errorf("once it is read: %v", err)
	}
	if _, err := io.ReadFull(reader, got[:100]); err != nil || string(got[:100]) != line(16) {
		t.Errorf("%v: %s", err, got[:100])
	}
}

// TestLinesThatCannotBeWritten are lost, too.
func TestLinesThatCannotBeWritten(t *testing.T) {
	reader, writer := io.Pipe()
	_ = reader.Close()
	o := newOutlet(writer, 1000, prometheus.NewRegistry())
	if _, err := io.WriteString(o, "a\nb\n"); err != nil {
		t.Error(err)
	}
	o.close()
	if got := testutil.ToFloat64(o.lost); got != 2 || o.check(t.Context()) == nil {
		t.Errorf("%v lines are lost: %v", got, o.check(t.Context()))
	}
	if _, err := io.WriteString(o, "c\n"); err == nil {
		t.Error("it takes lines after its end")
	}
}

// TestWhatWasLoggedIsWrittenInTheEnd.
func TestWhatWasLoggedIsWrittenInTheEnd(t *testing.T) {
	var to bytes.Buffer
	o := newOutlet(&to, 1<<20, prometheus.NewRegistry())
	for range 1000 {
		if _, err := io.WriteString(o, "a line\n"); err != nil {
			t.Fatal(err)
		}
	}
	o.close()
	if to.Len() != 7000 {
		t.Errorf("%d bytes are written", to.Len())
	}
}

// TestAStuckLogStopsNothing: the gateway serves, and ends, though nobody ever reads its stderr.
func TestAStuckLogStopsNothing(t *testing.T) {
	s := newSite(t)
	reader, writer := io.Pipe()
	defer reader.Close() // of what is not read until then nobody hears any more
	base, stop := s.serveTo(t, writer)
	client := s.client(t)
	client.Timeout = 10 * time.Second
	await(t, client, base+"/healthz", "ok")
	for n := range 50 { // each has a line of the log, and one of the audit log
		if status := askAs(t, client, base, "guess"); status != http.StatusUnauthorized {
			t.Fatalf("request %d: %d", n, status)
		}
	}
	stop()
}
