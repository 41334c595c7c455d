//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/localnet"
	"google.golang.org/protobuf/encoding/protowire"
)

// plant is a place with loggers that cannot sign, a broker of its own, and an edge.
type plant struct {
	program, config, listen string
	edge, logger, oven      string // device ids
	local                   paho.Client
	process                 *exec.Cmd
}

// newPlant registers the devices as the edge's own command says, and starts nothing but the broker.
func newPlant(ctx context.Context, t *testing.T) *plant {
	t.Helper()
	root, err := localnet.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := &plant{program: filepath.Join(root, ".waymark", "bin", "mqtt-bridge"), config: filepath.Join(dir, "edge.yaml"),
		listen: fmt.Sprintf("127.0.0.1:%d", basePort+97), edge: name("edge"), logger: name("legacy"), oven: name("oven")}
	url := localBroker(t)
	text := strings.NewReplacer("DIR", dir, "EDGE", p.edge, "LOGGER", p.logger, "OVEN", p.oven, "LISTEN", p.listen, "LOCAL", url,
		"UPLINK", local.at.MQTT.URL, "CA", local.at.MQTT.CAFile, "CONSORTIUM", local.at.Consortium).Replace(`
consortium: CONSORTIUM
id: EDGE
keys: [{id: e1, file: "DIR/edge.pem"}]
store_dir: "DIR/store"
local: {url: "LOCAL"}
uplink: {url: "UPLINK", ca_file: "CA"}
pack: {linger: 20ms}
sources:
  - {name: loggers, kind: json, topic: "loggers/{device}", fields: [{from: /t, name: temperature, unit: Cel}]}
  - {name: plant, kind: sparkplug, group: Plant, units: {"°C": Cel}, fields: [{from: Temp, name: temperature}]}
devices:
  - {id: LOGGER, source: loggers, address: x7}
  - {id: OVEN, source: plant, address: press/oven}
listen: "LISTEN"
`)
	if err := os.WriteFile(p.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.run(ctx, t, "key", "--out", filepath.Join(dir, "edge.pem"))
	p.run(ctx, t, "init", "--config", p.config)
	for _, line := range bytes.Split(bytes.TrimSpace(p.run(ctx, t, "registrations", "--config", p.config, "--owner", "producer")), []byte("\n")) {
		var request struct {
			Path string
			Body json.RawMessage
		}
		if err := json.Unmarshal(line, &request); err != nil {
			t.Fatal(err)
		}
		post[any](ctx, t, operator(t, "producer"), request.Path, request.Body)
	}
	p.local = paho.NewClient(paho.NewClientOptions().AddBroker(url).SetClientID("x7").SetProtocolVersion(4))
	if token := p.local.Connect(); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { p.local.Disconnect(100) })
	return p
}

// localBroker is a broker that lets everybody in.
func localBroker(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{ServerName: "local", DontListen: true, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(),
		MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT, AckWait: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the local broker does not come up")
	}
	v, err := s.Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("tcp://127.0.0.1:%d", v.MQTT.Port)
}

// run runs a command of the edge to its end.
func (p *plant) run(ctx context.Context, t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := exec.CommandContext(ctx, p.program, append([]string{"edge"}, args...)...).Output()
	if err != nil {
		t.Fatalf("edge %v: %v", args, err)
	}
	return out
}

// start starts the edge, and returns once it takes messages.
func (p *plant) start(ctx context.Context, t *testing.T) {
	t.Helper()
	p.process = exec.CommandContext(ctx, p.program, "edge", "--config", p.config)
	p.process.Stderr = os.Stderr
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.listen+"/readyz", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the edge does not come up")
}

func (p *plant) kill() {
	_ = p.process.Process.Kill() // as kill -9
	_ = p.process.Wait()
}

// Loggers that cannot sign, behind an edge that is killed again and again: what they were acknowledged is on every peer's ledger once,
// without a gap, and the ledger says that the edge signed.
func TestAnEdgeSignsForWhatCannot(t *testing.T) {
	const total, kills = 300, 4
	ctx := limit(t, 2*time.Minute)
	p := newPlant(ctx, t)
	p.start(ctx, t)
	t.Cleanup(func() { p.kill() })
	sent := make(chan error, 1)
	go func() {
		for i := range total {
			token := p.local.Publish("loggers/x7", 1, false, fmt.Appendf(nil, `{"t":%d}`, i))
			if token.Wait(); token.Error() != nil {
				sent <- token.Error()
				return
			}
		}
		sent <- nil
	}()
	for range kills {
		time.Sleep(300 * time.Millisecond)
		p.kill()
		p.start(ctx, t)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	p.oneBirth(t)
	p.await(ctx, t, p.logger, total, total*(total-1)/2*100)
	p.await(ctx, t, p.oven, 2, 400+500)
	p.kill()
	p.beginsAnew(ctx, t)
}

// beginsAnew lets the edge sign with a store that is not its own, as a second edge with its keys does: it hears of the ledger that somebody else has used
// its number.
func (p *plant) beginsAnew(ctx context.Context, t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(p.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.config, bytes.Replace(text, []byte(`/store"`), []byte(`/another-store"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	p.run(ctx, t, "init", "--config", p.config)
	p.start(ctx, t)
	if token := p.local.Publish("loggers/x7", 1, false, []byte(`{"t":1}`)); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	for !bytes.Contains(p.metrics(ctx, t), []byte("waymark_edge_devices_forked 1\n")) {
		if ctx.Err() != nil {
			t.Fatal("the edge does not notice")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (p *plant) metrics(ctx context.Context, t *testing.T) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.listen+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// oneBirth is a Sparkplug node with an oven: births, and one value by its alias.
func (p *plant) oneBirth(t *testing.T) {
	t.Helper()
	now := uint64(time.Now().UnixMilli())
	number := func(n protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
	}
	block := func(n protowire.Number, parts ...[]byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), bytes.Join(parts, nil))
	}
	payload := func(seq uint64, metric ...[]byte) []byte {
		return bytes.Join([][]byte{number(1, now), block(2, metric...), number(3, seq)}, nil)
	}
	unit := block(9, block(1, []byte("engUnit")), block(2, number(1, 12), block(8, []byte("°C"))))
	for _, m := range []struct {
		topic   string
		payload []byte
	}{
		{"NBIRTH/press", payload(0, block(1, []byte("bdSeq")), number(3, now), number(4, 8), number(11, 0))},
		{"DBIRTH/press/oven", payload(1, block(1, []byte("Temp")), number(2, 7), number(3, now), number(4, 3), unit, number(10, 4))},
		{"DDATA/press/oven", payload(2, number(2, 7), number(3, now+1), number(10, 5))},
	} {
		if token := p.local.Publish("spBv1.0/Plant/"+m.topic, 1, false, m.payload); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
}

// await waits until the ledger has so many readings of a device, and checks that they sum up to sum, in hundredths, that
// the edge signed them, and that every peer has every message once.
func (p *plant) await(ctx context.Context, t *testing.T, id string, readings int, sum int64) {
	t.Helper()
	for ctx.Err() == nil {
		last, count, total := p.recorded(ctx, t, id)
		if count < readings {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		if count != readings || total != sum {
			t.Errorf("%s has %d readings that sum up to %d, want %d and %d", id, count, total, readings, sum)
		}
		awaitStream(ctx, t, id, last)
		everyPeerHas(t, map[string]uint64{id: last})
		return
	}
	t.Fatalf("%s does not have %d readings", id, readings)
}

// recorded adds up the windows of a device.
func (p *plant) recorded(ctx context.Context, t *testing.T, id string) (last uint64, readings int, sum int64) {
	t.Helper()
	viewer := as(t, "producer", waymark.Viewer)
	stream, err := viewer.Stream(ctx, waymark.DeviceQuery{Device: id})
	if err != nil {
		return 0, 0, 0 // nothing yet
	}
	for next := uint64(1); next <= stream.Last; {
		w, err := viewer.Window(ctx, waymark.WindowQuery{Device: id, Sequence: next})
		if waymark.CodeOf(err) == waymark.NotFound { // a gap that is not filled yet
			next++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if w.Edge != p.edge {
			t.Errorf("message %d of %s was signed by %q", next, id, w.Edge)
		}
		readings += w.Readings
		for _, s := range w.Series {
			sum += s.Sum
		}
		next = w.Last + 1
	}
	return stream.Last, readings, sum
}
