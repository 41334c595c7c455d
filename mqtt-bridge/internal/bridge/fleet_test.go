//go:build mosquitto

package bridge_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/porttest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/fleet"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// TestFleet shares six devices among three bridges, and kills one under load: what it had goes to the others, what it had acknowledged
// comes when it is back, and every acknowledged message is submitted. Each bridge submits in the order in which it was given.
func TestFleet(t *testing.T) {
	s := newSite(t)
	s.onMosquitto(t)
	s.config.Fleet.Lease = 5 * time.Second
	all := []*site{s.member(t, "a"), s.member(t, "b"), s.member(t, "c")}
	for _, b := range all[1:] {
		b.spawn(t)
	}
	first := all[0].spawn(t)
	settled(t, all...)

	flow := newFlow(t, s, 6)
	flow.publish(t, 100)
	s.gateway.Fail(func([]string) *gatewaytest.Failure {
		return &gatewaytest.Failure{Status: http.StatusServiceUnavailable}
	})
	flow.publish(t, 100)
	waitFor(t, "what only its spool has", func() bool { return all[0].metric(t, "waymark_bridge_spool_messages") > 0 })
	end(t, first, syscall.SIGKILL)
	s.gateway.Fail(nil)
	flow.publish(t, 300) // while its shards wait for the others
	settled(t, all[1:]...)
	flow.publish(t, 100)
	back := all[0].spawn(t)
	flow.publish(t, 100)
	settled(t, all...)
	flow.publish(t, 100)
	waitFor(t, "all messages", flow.submitted)
	end(t, back, syscall.SIGKILL)
	for _, d := range flow.devices {
		if ordered := s.inOrder(d.ID, flow.sent); !ordered && stays(d.ID) {
			t.Errorf("%s had one bridge all the time, and its messages are not in order", d.ID)
		}
	}
}

// TestFleetCommands: all bridges know of a command, and the one that has its device sends it.
func TestFleetCommands(t *testing.T) {
	s := newSite(t)
	s.onMosquitto(t)
	all := []*site{s.member(t, "a"), s.member(t, "b")}
	for _, b := range all {
		b.spawn(t)
	}
	settled(t, all...)
	waitFor(t, "events", func() bool { return s.gateway.Streams() == 3*len(all) })
	var mu sync.Mutex
	signers := make(map[string][]string) // of what came down to a device: a bridge has a key of its own here
	flow := newFlow(t, s, 6)
	for i, d := range flow.devices {
		token := flow.clients[i].Subscribe("waymark/v1/"+d.ID+"/down", 0, func(_ paho.Client, m paho.Message) {
			parsed, err := attest.Parse(attest.Text(m.Payload()))
			if err != nil || parsed.Kind != attest.Command {
				t.Errorf("came down: %v", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			signers[d.ID] = append(signers[d.ID], parsed.KeyID)
		})
		if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
			t.Fatal(token.Error())
		}
		s.gateway.Command(d.ID, "c-1", time.Now().Add(time.Hour))
	}
	bridges := make(map[string]bool)
	for _, d := range flow.devices {
		var of []string
		waitFor(t, "the command, and again", func() bool {
			mu.Lock()
			defer mu.Unlock()
			of = slices.Clone(signers[d.ID])
			return len(of) > 1
		})
		bridges[of[0]] = true
		if len(slices.Compact(of)) != 1 {
			t.Errorf("%s is sent its command by several bridges", d.ID)
		}
	}
	if len(bridges) != len(all) {
		t.Errorf("%d bridges send commands", len(bridges))
	}
}

// stays reports whether the shard of a device is at the same bridge with a and without.
func stays(device string) bool {
	return slices.Contains([]int{0, 1, 4, 5, 7}, fleet.ShardOf(device, 8))
}

// member is a bridge of the fleet at the same broker and gateway, with a spool of its own.
func (s *site) member(t *testing.T, id string) *site {
	t.Helper()
	c := s.config
	c.Fleet.ID, c.Listen, c.SpoolDir = id, porttest.Address(t), filepath.Join(t.TempDir(), "spool")
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return &site{config: c, gateway: s.gateway}
}

// settled waits until these bridges have all shards, and each no more than its part.
func settled(t *testing.T, bridges ...*site) {
	t.Helper()
	waitFor(t, "the shards to settle", func() bool {
		held, shards := 0, bridges[0].config.Fleet.Shards
		for _, b := range bridges {
			n := int(b.metric(t, "waymark_bridge_fleet_shards_held"))
			if held += n; n > (shards+len(bridges)-1)/len(bridges) || b.ready(t) != http.StatusOK {
				return false
			}
		}
		return held == shards
	})
}

// metric reads a gauge without labels; 0 while it cannot be read.
func (s *site) metric(t *testing.T, name string) (value float64) {
	t.Helper()
	response, err := http.Get("http://" + s.config.Listen + "/metrics") //nolint:noctx // a bridge of the test
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			if err := json.Unmarshal([]byte(strings.TrimSpace(rest)), &value); err != nil {
				t.Fatal(err)
			}
		}
	}
	return value
}

// flow is devices that publish.
type flow struct {
	site    *site
	devices []*gatewaytest.Device
	clients []paho.Client
	sent    int // by each device, all of it acknowledged
}

func newFlow(t *testing.T, s *site, devices int) *flow {
	t.Helper()
	f := &flow{site: s}
	for n := range devices {
		d := gatewaytest.NewDevice(t, fmt.Sprint("logger-", n), attest.COSE)
		s.gateway.Register(d.Record(t, waymark.DeviceActive))
		client, err := connect(t, s.login(t, d))
		if err != nil {
			t.Fatal(err)
		}
		f.devices, f.clients = append(f.devices, d), append(f.clients, client)
	}
	return f
}

// publish has each device publish n messages more.
func (f *flow) publish(t *testing.T, n int) {
	t.Helper()
	for i, d := range f.devices {
		publish(t, f.clients[i], d, n)
	}
	f.sent += n
}

// submitted reports whether the ledger has all that was acknowledged, once each: what is sent twice is a duplicate to it.
func (f *flow) submitted() bool {
	for _, d := range f.devices {
		if len(f.site.gateway.Order(d.ID)) != f.sent {
			return false
		}
	}
	return true
}
