package bridge_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// stage is a broker with a bridge, each a process of its own, on which the suite is played.
type stage struct {
	*site
	habits habits
	bridge *exec.Cmd
	// broker is nil if the bridge has it inside.
	broker process
	// wipe removes what a broker outside holds; it does not run.
	wipe func(t *testing.T)
}

// process is a broker outside the bridge.
type process interface {
	start(t *testing.T)
	// end ends it by a signal.
	end(t *testing.T, how syscall.Signal)
}

// raise starts all that is not running, and returns when devices can connect.
func (s *stage) raise(t *testing.T) {
	t.Helper()
	s.bridge = s.spawn(t)
	waitFor(t, "readiness", func() bool { return s.ready(t) == 200 })
}

// endBridge ends the bridge by a signal.
func (s *stage) endBridge(t *testing.T, how syscall.Signal) {
	t.Helper()
	end(t, s.bridge, how)
}

// endBroker ends the broker by a signal.
func (s *stage) endBroker(t *testing.T, how syscall.Signal) {
	t.Helper()
	if s.broker == nil {
		s.endBridge(t, how)
		return
	}
	s.broker.end(t, how)
}

// startBroker starts it again.
func (s *stage) startBroker(t *testing.T) {
	t.Helper()
	if s.broker == nil {
		s.bridge = s.spawn(t)
		return
	}
	s.broker.start(t)
}

// end ends a process by a signal, and waits for it.
func end(t *testing.T, p *exec.Cmd, how syscall.Signal) {
	t.Helper()
	if err := p.Process.Signal(how); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // how it ended is known
}

// scenario is one of the suite.
type scenario struct {
	name string
	play func(t *testing.T, s *stage)
}

// testBroker plays the suite over a broker outside, which may lose what it holds.
func testBroker(t *testing.T, set func(t *testing.T) *stage) {
	play(t, set)
	testScenario(t, scenario{"the broker is new", testBrokerNew}, set)
}

// play plays what is the same with every broker, each scenario on a new stage.
func play(t *testing.T, set func(t *testing.T) *stage) {
	for _, one := range []scenario{
		{"permissions", func(t *testing.T, s *stage) { testPermissions(t, s.site, s.habits) }},
		{"the bridge is killed", testBridgeKilled},
		{"the broker is killed", testBrokerKilled},
		{"the broker restarts", testBrokerRestarts},
	} {
		testScenario(t, one, set)
	}
}

func testScenario(t *testing.T, one scenario, set func(t *testing.T) *stage) {
	t.Run(one.name, func(t *testing.T) {
		s := set(t)
		s.raise(t)
		one.play(t, s)
	})
}

// testBridgeKilled kills the bridge again and again in the middle of a stream. A broker outside
// goes on taking messages meanwhile.
func testBridgeKilled(t *testing.T, s *stage) {
	const total = 2000
	d, kills := s.enrol(t, "logger-1"), map[int]func(){}
	for _, k := range []int{150, 500, 501, 900, 1400, 1950} {
		kills[k] = func() { s.endBridge(t, syscall.SIGKILL); s.bridge = s.spawn(t) }
	}
	if s.broker != nil {
		kills[700] = func() { s.endBridge(t, syscall.SIGKILL) }
		kills[900] = func() { s.bridge = s.spawn(t) }
	}
	s.flow(t, d, upcoming(t, d, total), kills)
	s.settled(t, d, total, nil)
}

// testBrokerKilled kills the broker in the middle of a stream, and starts it with what it holds.
func testBrokerKilled(t *testing.T, s *stage) {
	const total = 1500
	d, kills := s.enrol(t, "logger-1"), map[int]func(){}
	var at []int
	for _, k := range []int{300, 700, 1200} {
		at = append(at, k)
		kills[k] = func() { s.endBroker(t, syscall.SIGKILL); s.startBroker(t) }
	}
	s.flow(t, d, upcoming(t, d, total), kills)
	s.settled(t, d, total, at)
}

// testBrokerRestarts stops the broker in order, once with a bridge that is away, and starts it
// with what it holds.
func testBrokerRestarts(t *testing.T, s *stage) {
	const total = 1500
	d := s.enrol(t, "logger-1")
	restart := func() { s.endBroker(t, syscall.SIGTERM); s.startBroker(t) }
	steps := map[int]func(){300: restart, 900: restart}
	if s.broker != nil {
		steps[500] = func() { s.endBridge(t, syscall.SIGKILL) }
		steps[900] = func() { restart(); s.bridge = s.spawn(t) }
	}
	s.flow(t, d, upcoming(t, d, total), steps)
	s.settled(t, d, total, nil)
}

// testBrokerNew takes from the broker all that it holds: the bridge subscribes again by itself,
// and what is acknowledged from then on arrives. Before that no device comes in; where the broker lets them in by itself, its operator
// sees to it.
func testBrokerNew(t *testing.T, s *stage) {
	const each = 300
	if !s.habits.open { // the bridge is back later than devices could be
		s.endBridge(t, syscall.SIGTERM)
		s.config.MQTT.ReconnectWait = 10 * time.Second
		s.raise(t)
	}
	d := s.enrol(t, "logger-1")
	s.flow(t, d, upcoming(t, d, each), nil)
	s.settled(t, d, each, nil)
	s.endBroker(t, syscall.SIGTERM)
	s.wipe(t)
	waitFor(t, "the bridge to notice", func() bool { return s.ready(t) != 200 })
	s.startBroker(t)
	if s.habits.open {
		waitFor(t, "the bridge's subscription", func() bool { return s.ready(t) == 200 })
	}
	s.flow(t, d, upcoming(t, d, each), nil)
	s.settled(t, d, 2*each, nil)
}

// enrol registers a device.
func (s *stage) enrol(t *testing.T, id string) *gatewaytest.Device {
	t.Helper()
	d := gatewaytest.NewDevice(t, id, attest.COSE)
	s.gateway.Register(d.Record(t, waymark.DeviceActive))
	return d
}

// upcoming signs the next n messages of a device.
func upcoming(t *testing.T, d *gatewaytest.Device, n int) [][]byte {
	t.Helper()
	messages := make([][]byte, n)
	for i := range messages {
		messages[i] = d.Next(t)
	}
	return messages
}

// flow publishes messages of a device in order, each again until it is acknowledged, through
// whatever ends its connection, as docs/device-protocol.md says. It calls a function of at when
// as many as its key are on their way, some of them acknowledged.
func (s *stage) flow(t *testing.T, d *gatewaytest.Device, messages [][]byte, at map[int]func()) {
	t.Helper()
	client := s.reach(t, d)
	for acknowledged := 0; acknowledged < len(messages); {
		end := min(acknowledged+window, len(messages))
		var tokens []paho.Token
		for _, m := range messages[acknowledged:end] {
			tokens = append(tokens, client.Publish("waymark/v1/"+d.ID+"/up", 1, false, m))
		}
		for _, k := range due(at, end) {
			at[k]()
			delete(at, k)
		}
		acknowledged += leading(tokens)
		if acknowledged < end {
			client.Disconnect(0)
			client = s.reach(t, d)
		}
	}
	client.Disconnect(50)
}

// due are the keys up to n, in order.
func due(at map[int]func(), n int) []int {
	var keys []int
	for k := range at {
		if k <= n {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// reach connects a device, again until it succeeds.
func (s *stage) reach(t *testing.T, d *gatewaytest.Device) paho.Client {
	t.Helper()
	var client paho.Client
	waitFor(t, "a connection", func() bool {
		var err error
		client, err = connect(t, s.login(t, d))
		return err == nil
	})
	return client
}

// settled waits for all n messages of a device and checks that the ledger has them in order.
// Of a broker that may lose, what it lost must have been on its way when it was killed.
func (s *stage) settled(t *testing.T, d *gatewaytest.Device, n int, kills []int) {
	t.Helper()
	missing := func() []uint64 { return absent(s.gateway.Order(d.ID), n) }
	may := func() bool {
		for _, sequence := range missing() {
			near := func(k int) bool { return int(sequence) > k-2*window && int(sequence) <= k+window }
			if !s.habits.forgets || !slices.ContainsFunc(kills, near) {
				return false
			}
		}
		return true
	}
	waitFor(t, "what was acknowledged", may)
	if order := s.gateway.Order(d.ID); !slices.IsSorted(order) {
		t.Errorf("out of order: %v", disorder(order))
	}
	t.Logf("%s: %d published, %d lost", d.ID, n, len(missing()))
}

// absent are the numbers of 1 to n that are not there.
func absent(order []uint64, n int) []uint64 {
	there := map[uint64]bool{}
	for _, sequence := range order {
		there[sequence] = true
	}
	var missing []uint64
	for sequence := range uint64(n) {
		if !there[sequence+1] {
			missing = append(missing, sequence+1)
		}
	}
	return missing
}

// disorder are the numbers that come after a greater one.
func disorder(order []uint64) []uint64 {
	var late []uint64
	for i, sequence := range order {
		if i > 0 && sequence < order[i-1] {
			late = append(late, sequence)
		}
	}
	return late
}

// TestEmbeddedBroker plays the suite over the broker in the bridge.
func TestEmbeddedBroker(t *testing.T) {
	play(t, func(t *testing.T) *stage { return &stage{site: newSite(t), habits: embedded} })
}

// leading counts the acknowledged messages before the first that is not.
func leading(tokens []paho.Token) int {
	for i, token := range tokens {
		if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
			return i
		}
	}
	return len(tokens)
}

// placed is a file of docs/operations with some of it replaced, all of which must be there.
func placed(t *testing.T, name string, oldNew ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../docs/operations", name))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(string(text), oldNew[i]) {
			t.Fatalf("%s does not have %s", name, oldNew[i])
		}
	}
	return strings.NewReplacer(oldNew...).Replace(string(text))
}
