package edge_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/edge"
)

func TestLoggersReachTheLedger(t *testing.T) {
	p := newPlant(t)
	p.config.Local.URL = localBroker(t, time.Minute)
	p.config.Uplink.URL += ",ssl://" + porttest.Address(t) // a node of the cluster that is down
	p.startBridge(t)
	client := p.logger(t, "logger")
	p.config.Local.URL = "tcp://" + porttest.Address(t) + "," + p.config.Local.URL // and one of the loggers' cluster
	p.startEdge(t)
	for i := range 50 {
		send(t, client, "loggers/logger-1", fmt.Appendf(nil, `{"t":%d}`, i))
		send(t, client, "packs/logger-2", fmt.Appendf(nil, `[{"n":"t","u":"Cel","v":%d,"t":%d}]`, i, time.Now().Unix()))
	}
	send(t, client, "loggers/stranger", []byte(`{"t":1}`))
	send(t, client, "loggers/logger-1", []byte(`no JSON`))
	for _, device := range []string{"logger-1", "logger-2"} {
		waitFor(t, device, func() bool { return len(p.ledger(t, device)) == 50 })
		for i, r := range p.ledger(t, device) {
			if string(r.Decimal()) != fmt.Sprint(i) {
				t.Fatalf("reading %d of %s is %s", i, device, r.Decimal())
			}
		}
	}
	waitFor(t, "an empty outbox", func() bool { return strings.Contains(metrics(t, p), "waymark_edge_outbox_messages 0") })
	for _, line := range []string{`waymark_edge_refused_total{reason="unknown_device",source="loggers"} 1`, `waymark_edge_refused_total{reason="malformed",source="loggers"} 1`,
		`waymark_edge_readings_total 100`, `waymark_edge_devices_connected 2`} {
		waitFor(t, line, func() bool { return strings.Contains(metrics(t, p), line+"\n") })
	}
}

func metrics(t testing.TB, p *plant) string {
	t.Helper()
	response, err := http.Get("http://" + p.config.Listen + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An edge that starts in the middle asks the node for its births, and reads what comes then, but not what it signed before.
func TestSparkplugNodeIsAskedForItsBirths(t *testing.T) {
	p := newPlant(t)
	p.startBridge(t)
	births, data := sparkplugVector(t)
	node, asked := p.logger(t, "press"), make(chan struct{}, 10)
	token := node.Subscribe("spBv1.0/Plant/NCMD/press", 0, func(paho.Client, paho.Message) { asked <- struct{}{} })
	if !token.WaitTimeout(30*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	stop := p.startEdge(t)
	node.Publish("spBv1.0/Plant/DDATA/press/oven", 0, false, data)
	select {
	case <-asked:
	case <-time.After(60 * time.Second):
		t.Fatal("the node was not asked")
	}
	node.Publish("spBv1.0/Plant/NBIRTH/press", 0, false, births[0])
	node.Publish("spBv1.0/Plant/DBIRTH/press/oven", 0, false, births[1])
	node.Publish("spBv1.0/Plant/DDATA/press/oven", 0, false, data)
	waitFor(t, "the oven", func() bool { return len(p.ledger(t, "oven-1")) == 2 })
	if r := p.ledger(t, "oven-1"); r[0].Decimal() != "4.25" || r[1].Decimal() != "5.5" {
		t.Errorf("%+v", r)
	}
	stop()
	p.startEdge(t)
	node.Publish("spBv1.0/Plant/NBIRTH/press", 0, false, births[0])
	node.Publish("spBv1.0/Plant/DBIRTH/press/oven", 0, false, births[1])
	waitFor(t, "the births", func() bool {
		return strings.Contains(metrics(t, p), `waymark_edge_refused_total{reason="repeated",source="plant"} 1`)
	})
}

// sparkplugVector returns the births and the data of the first vector.
func sparkplugVector(t *testing.T) (births [2][]byte, data []byte) {
	t.Helper()
	text, err := os.ReadFile("../../../test/vectors/sparkplug.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct{ Messages []struct{ Payload string } }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	var payloads [3][]byte
	for i := range payloads {
		if payloads[i], err = hex.DecodeString(file.Cases[0].Messages[i].Payload); err != nil {
			t.Fatal(err)
		}
	}
	return [2][]byte(payloads[:2]), payloads[2]
}

func TestFullOutboxHoldsTheLoggersBack(t *testing.T) {
	const total = 300
	for _, test := range []struct {
		name   string
		linger time.Duration
		queue  int
	}{
		{"one by one", 0, 10},
		{"in groups that never fit", 500 * time.Millisecond, total},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlant(t)
			p.config.Local.URL = localBroker(t, time.Minute)
			p.config.StoreBytes, p.config.Pack.Linger, p.config.Local.QueueMessages = 8000, test.linger, test.queue
			p.startEdge(t) // and no bridge
			client := p.logger(t, "logger")
			for i := range total {
				send(t, client, "loggers/logger-1", fmt.Appendf(nil, `{"t":%d}`, i))
			}
			waitFor(t, "a full outbox", func() bool { return ready(t, p.config.Listen) == http.StatusServiceUnavailable })
			p.startBridge(t)
			waitFor(t, "everything", func() bool { return len(p.ledger(t, "logger-1")) >= total })
			once(t, p, "logger-1", total)
		})
	}
}

// once checks that the values 0 to n-1 are on the ledger, each once.
func once(t testing.TB, p *plant, device string, n int) {
	t.Helper()
	count := make(map[string]int)
	for _, r := range p.ledger(t, device) {
		count[string(r.Decimal())]++
	}
	for i := range n {
		if count[fmt.Sprint(i)] != 1 {
			t.Errorf("value %d of %s is there %d times", i, device, count[fmt.Sprint(i)])
		}
	}
	if len(count) != n {
		t.Errorf("%d values, want %d", len(count), n)
	}
}

// What is signed while the consortium's broker is away is published after a restart, the very same bytes.
func TestRestartWithABacklog(t *testing.T) {
	p := newPlant(t)
	p.config.Local.URL = localBroker(t, time.Minute)
	stop := p.startEdge(t)
	client := p.logger(t, "logger")
	for i := range 20 {
		send(t, client, "loggers/logger-1", fmt.Appendf(nil, `{"t":%d}`, i))
	}
	waitFor(t, "20 readings", func() bool { return strings.Contains(metrics(t, p), "waymark_edge_readings_total 20") })
	stop()
	p.startBridge(t)
	p.startEdge(t)
	waitFor(t, "the backlog", func() bool { return len(p.ledger(t, "logger-1")) == 20 })
	once(t, p, "logger-1", 20)
}

// While the outbox has lost its file nothing is acknowledged to the loggers, and it says so; what it had goes up, and what waited once the file
// is back.
func TestTheOutboxIsMovedUnderARunningEdge(t *testing.T) {
	p := newPlant(t)
	p.startEdge(t)
	client, file := p.logger(t, "logger"), filepath.Join(p.config.StoreDir, "outbox.db")
	send(t, client, "loggers/logger-1", []byte(`{"t":0}`))
	waitFor(t, "the first", func() bool { return strings.Contains(metrics(t, p), "waymark_edge_readings_total 1") })
	if err := os.Rename(file, file+".moved"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the edge to miss it", func() bool { return ready(t, p.config.Listen) == http.StatusServiceUnavailable })
	send(t, client, "loggers/logger-1", []byte(`{"t":1}`))
	waitFor(t, "a try", func() bool {
		return strings.Contains(metrics(t, p), `waymark_edge_store_failures_total{reason="replaced"}`)
	})
	p.startBridge(t)
	waitFor(t, "what it had", func() bool { return len(p.ledger(t, "logger-1")) == 1 })
	if err := os.Rename(file+".moved", file); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the second", func() bool { return len(p.ledger(t, "logger-1")) == 2 })
	once(t, p, "logger-1", 2)
}

// A broker sends what it retained at each subscription: a logger that is long dead would be signed for as if it measured.
func TestWhatIsRetainedIsNoNews(t *testing.T) {
	p := newPlant(t)
	p.startBridge(t)
	stop := p.startEdge(t)
	client := p.logger(t, "logger")
	if token := client.Publish("loggers/logger-1", 1, true, []byte(`{"t":0}`)); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	waitFor(t, "the message", func() bool { return len(p.ledger(t, "logger-1")) == 1 })
	stop()
	p.startEdge(t)
	send(t, client, "loggers/logger-1", []byte(`{"t":1}`))
	waitFor(t, "the next", func() bool { return len(p.ledger(t, "logger-1")) > 1 })
	waitFor(t, "what was retained", func() bool { return strings.Contains(metrics(t, p), "waymark_edge_retained_total 1") })
	once(t, p, "logger-1", 2)
}

func TestCheck(t *testing.T) {
	p := newPlant(t)
	if err := edge.Check(p.config); err != nil {
		t.Fatal(err)
	}
	p.config.Keys[0].File, p.config.Uplink.CAFile, p.config.Local.PasswordFile = "absent.pem", "absent-ca.pem", "absent.txt"
	err := edge.Check(p.config)
	for _, want := range []string{"absent.pem", "absent-ca.pem", "absent.txt"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	if _, err := edge.Open(p.config, nil); err == nil {
		t.Error("opened without a key")
	}
}
