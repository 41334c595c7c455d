package bridge_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// BenchmarkMessage measures what one acknowledged message costs a bridge in a process of its own, with up to 20 of each device on their
// way: its processor time, all of what it does included, and how many it takes in a second.
func BenchmarkMessage(b *testing.B) {
	for _, devices := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("devices=%d", devices), func(b *testing.B) { benchmarkMessage(b, devices) })
	}
}

func benchmarkMessage(b *testing.B, devices int) {
	const window = 20
	s := newSite(b)
	bridge := s.spawn(b)
	waitFor(b, "readiness", func() bool { return s.ready(b) == 200 })
	clients, messages := make([]paho.Client, devices), make([][][]byte, devices)
	each := b.N/devices + 1
	for i := range devices {
		var d *gatewaytest.Device
		d, clients[i] = s.device(b, fmt.Sprintf("logger-%d", i), attest.COSE)
		for range each {
			messages[i] = append(messages[i], d.NextOf(b, 400))
		}
	}
	before := processorTime(b, bridge)
	b.ResetTimer()
	done := make(chan error, devices)
	for i := range devices {
		go func() {
			done <- publishMany(clients[i], fmt.Sprintf("waymark/v1/logger-%d/up", i), messages[i], window)
		}()
	}
	for range devices {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	for i := range devices {
		waitFor(b, "the ledger", func() bool { return len(s.gateway.Order(fmt.Sprintf("logger-%d", i))) == each })
	}
	n := float64(each * devices)
	b.ReportMetric(n/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64((processorTime(b, bridge)-before).Microseconds())/n, "cpu-us/message")
}

// publishMany publishes messages, window of them at once.
func publishMany(client paho.Client, topic string, messages [][]byte, window int) error {
	tokens := make(chan paho.Token, window)
	failed := make(chan error, 1)
	go func() {
		var failure error
		for token := range tokens {
			if token.Wait(); token.Error() != nil {
				failure = token.Error()
			}
		}
		failed <- failure
	}()
	for _, m := range messages {
		tokens <- client.Publish(topic, 1, false, m)
	}
	close(tokens)
	return <-failed
}

// BenchmarkIdle measures the memory of a bridge in a process of its own with devices that are connected and say nothing.
func BenchmarkIdle(b *testing.B) {
	for _, devices := range []int{0, 1000, 9500} {
		b.Run(fmt.Sprintf("devices=%d", devices), func(b *testing.B) { benchmarkIdle(b, devices) })
	}
}

func benchmarkIdle(b *testing.B, devices int) {
	s := newSite(b)
	bridge := s.spawn(b)
	waitFor(b, "readiness", func() bool { return s.ready(b) == 200 })
	for i := range devices {
		d := gatewaytest.NewDevice(b, fmt.Sprintf("logger-%d", i), attest.JWS)
		s.gateway.Register(d.Record(b, waymark.DeviceActive))
		client, err := s.connect(b, d.ID, d.ID, d.Password(b, time.Now()))
		if err != nil {
			b.Fatal(err)
		}
		if token := client.Subscribe("waymark/v1/"+d.ID+"/down", 0, func(paho.Client, paho.Message) {}); token.Wait() && token.Error() != nil {
			b.Fatal(token.Error())
		}
	}
	b.ReportMetric(float64(statusOf(b, bridge, "VmHWM:")), "peak-MB")
	time.Sleep(5 * time.Second)
	b.ReportMetric(float64(statusOf(b, bridge, "VmRSS:")), "resident-MB")
	b.ReportMetric(float64(s.heap())/(1<<20), "heap-MB")
	runtime.KeepAlive(s)
}

// statusOf reads a size of a process, in MB.
func statusOf(b *testing.B, p *exec.Cmd, name string) int64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), name)
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return kilobytes >> 10
}

// processorTime is what a process has used so far.
func processorTime(b *testing.B, p *exec.Cmd) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	var ticks int64
	for _, field := range strings.Fields(rest)[11:13] { // utime and stime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
