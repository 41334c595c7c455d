package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// broker takes messages, and acknowledges each.
type broker struct {
	address, caFile string
	messages        chan *attest.Message
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	b := &broker{address: listener.Addr().String(), caFile: filepath.Join(t.TempDir(), "ca.pem"), messages: make(chan *attest.Message, 100)}
	if err := os.WriteFile(b.caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certified.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = b.serve(conn) }()
		}
	}()
	return b
}

// serve ends when the device is gone.
func (b *broker) serve(conn net.Conn) error {
	defer conn.Close()
	for {
		p, err := packets.ReadPacket(conn)
		if err != nil {
			return err
		}
		switch p := p.(type) {
		case *packets.ConnectPacket:
			err = packets.NewControlPacket(packets.Connack).Write(conn)
		case *packets.PublishPacket:
			m, failed := attest.Parse(attest.Text(p.Payload))
			if failed != nil || p.Qos != 1 || p.TopicName != "waymark/v1/"+m.Device+"/up" {
				return fmt.Errorf("%s: %w", p, failed)
			}
			b.messages <- m
			ack, _ := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
			ack.MessageID = p.MessageID
			err = ack.Write(conn)
		}
		if err != nil {
			return err
		}
	}
}

// running is the command while it runs.
type running struct {
	in    io.WriteCloser
	out   *bufio.Scanner
	ended chan error
}

func start(t *testing.T, b *broker, args ...string) running {
	t.Helper()
	in, input := io.Pipe()
	output, out := io.Pipe()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	r := running{in: input, out: bufio.NewScanner(output), ended: make(chan error, 1)}
	go func() {
		err := run(ctx, append(args, "--mqtt", b.address, "--ca", b.caFile), in, out)
		_ = out.CloseWithError(io.EOF)
		_ = in.CloseWithError(io.ErrClosedPipe)
		r.ended <- err
	}()
	return r
}

// line is the next that it prints.
func (r running) line(t *testing.T) string {
	t.Helper()
	if !r.out.Scan() {
		t.Fatalf("it prints no more: %v", <-r.ended)
	}
	return r.out.Text()
}

func (r running) tell(t *testing.T, line string) {
	t.Helper()
	if _, err := fmt.Fprintln(r.in, line); err != nil {
		t.Fatal(err, <-r.ended)
	}
}

// begin has it publish.
func (r running) begin(t *testing.T, devices int) {
	t.Helper()
	for range devices {
		if m, err := attest.Parse(r.line(t)); err != nil || m.Kind != attest.Registration {
			t.Fatalf("%+v, %v", m, err)
		}
	}
	r.tell(t, "sign")
	if got := r.line(t); got != "ready" {
		t.Fatal(got)
	}
	r.tell(t, "publish")
}

// TestAFleetHasNoMoreUnderWayThanItsWindow: what is recorded makes room, and the end ends it.
func TestAFleetHasNoMoreUnderWayThanItsWindow(t *testing.T) {
	b := newBroker(t)
	r := start(t, b, "--devices", "2", "--messages", "50", "--window", "3", "--readings", "2")
	r.begin(t, 2)
	last := map[string]uint64{}
	take := func(n int) {
		for range n {
			m := <-b.messages
			if m.Sequence != last[m.Device]+1 {
				t.Errorf("%s: %d after %d", m.Device, m.Sequence, last[m.Device])
			}
			last[m.Device] = m.Sequence
		}
	}
	take(6)
	r.tell(t, "1 2")
	take(2)
	if last["fleet-0"] != 3 || last["fleet-1"] != 5 {
		t.Errorf("%v", last)
	}
	if err := r.in.Close(); err != nil {
		t.Fatal(err)
	}
	if got := r.line(t); got != "8" {
		t.Errorf("%s are published", got)
	}
	if err := <-r.ended; err != nil || len(b.messages) != 0 {
		t.Errorf("%v, %d more", err, len(b.messages))
	}
}

// TestAFleetWaitsAfterItsFirst until it is told more, and says when it published what.
func TestAFleetWaitsAfterItsFirst(t *testing.T) {
	b, times := newBroker(t), filepath.Join(t.TempDir(), "times.json")
	began := time.Now()
	r := start(t, b, "--devices", "2", "--messages", "50", "--window", "3", "--first", "1", "--times", times)
	r.begin(t, 2)
	for range 2 {
		if m := <-b.messages; m.Sequence != 1 {
			t.Errorf("%+v", m)
		}
	}
	select {
	case m := <-b.messages:
		t.Errorf("%s did not wait", m.Device)
	case <-time.After(100 * time.Millisecond):
	}
	r.tell(t, "more")
	for range 4 {
		<-b.messages
	}
	if err := r.in.Close(); err != nil {
		t.Fatal(err)
	}
	if got := r.line(t); got != "6" {
		t.Errorf("%s are published", got)
	}
	if err := <-r.ended; err != nil {
		t.Error(err)
	}
	var all [][]int64
	content, err := os.ReadFile(times)
	if err := errors.Join(err, json.Unmarshal(content, &all)); err != nil || len(all) != 2 || len(all[0]) != 3 || len(all[1]) != 3 {
		t.Fatalf("%s, %v", content, err)
	}
	if first, second := time.Unix(0, all[0][0]), time.Unix(0, all[0][1]); first.Before(began) || second.Sub(first) < 100*time.Millisecond || second.After(time.Now()) {
		t.Errorf("%s, %s", first, second)
	}
}

// TestWhatEndsAFleet is told, since no measurement is of it.
func TestWhatEndsAFleet(t *testing.T) {
	for name, test := range map[string]struct{ tell, want string }{
		"nothing left to say": {"", errNothingLeft.Error()},
		"too much recorded":   {"0 3", "more is recorded"},
		"no device":           {"7 1", "is no device"},
		"no numbers":          {"hello", "is no device"},
		"more for nobody":     {"more", "nobody waits"},
	} {
		r := start(t, newBroker(t), "--devices", "1", "--messages", "2", "--window", map[bool]string{true: "3", false: "2"}[test.tell == ""])
		r.begin(t, 1)
		if test.tell != "" {
			r.tell(t, test.tell)
		}
		if err := <-r.ended; err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAFleetAtARate publishes when messages are due, in turns, whatever is recorded.
func TestAFleetAtARate(t *testing.T) {
	b := newBroker(t)
	r := start(t, b, "--devices", "2", "--messages", "50", "--window", "1", "--rate", "40")
	r.begin(t, 2)
	began, err := strconv.ParseInt(r.line(t), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	r.tell(t, "0 1")
	last := map[string]uint64{}
	for n := range 10 {
		m := <-b.messages
		if due := time.Unix(0, began).Add(time.Duration(n) * 25 * time.Millisecond); time.Now().Before(due.Add(-25 * time.Millisecond)) {
			t.Errorf("message %d came before its time", n)
		}
		if m.Sequence != last[m.Device]+1 {
			t.Errorf("%s: %d after %d", m.Device, m.Sequence, last[m.Device])
		}
		last[m.Device] = m.Sequence
	}
	if err := r.in.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := strconv.Atoi(r.line(t)); err != nil || got < 10 || got > 50 {
		t.Errorf("%d are published, %v", got, err)
	}
	if err := <-r.ended; err != nil {
		t.Error(err)
	}
}

func TestMessagesAreDueInTurns(t *testing.T) {
	f := &fleet{options: options{rate: 100}, all: make([]*device, 4), start: time.Unix(100, 0)}
	if got, want := f.due(3), (due{first: time.Unix(100, 30_000_000), each: 40 * time.Millisecond}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestTheInputEndsTooSoon(t *testing.T) {
	r := start(t, newBroker(t), "--devices", "1")
	r.line(t)
	if err := r.in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-r.ended; !errors.Is(err, errEnded) {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	for _, args := range [][]string{{}, {"--mqtt", "a:1", "--devices", "0"}, {"--mqtt", "a:1", "--window", "10001"}, {"--mqtt", "a:1", "--rate", "-1"}, {"--mqtt", "a:1", "--readings", "101"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
	if o, err := parse([]string{"--mqtt", "a:1"}); err != nil || o.devices != 100 {
		t.Errorf("%+v, %v", o, err)
	}
}
