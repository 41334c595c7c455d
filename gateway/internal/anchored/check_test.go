package anchored_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	rules "github.com/waymark-ledger/waymark/chaincode/rules/ledger"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/chaincode/waymark/window"
	"github.com/waymark-ledger/waymark/gateway/internal/anchored"
	"github.com/waymark-ledger/waymark/gateway/internal/bodies"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
)

// consortium is a ledger with anchored windows, as far as checks are concerned, that has more and more blocks.
type consortium struct {
	*fleet
	mu       sync.Mutex
	streams  map[string][]ledger.Unchecked
	sent     []string      // of each check that held: device and windows
	tried    int           // what was submitted
	fail     error         // of every check
	takes    time.Duration // of each
	stuck    string        // a device whose checks do not end
	shipment string        // that devices witness
	away     string        // a body that the store cannot be asked for, once
	registry *prometheus.Registry
}

func newConsortium(t *testing.T) *consortium {
	return &consortium{fleet: newFleet(t), streams: map[string][]ledger.Unchecked{}, registry: prometheus.NewRegistry()}
}

// add makes a block that anchors so many messages of a device, of which some member is the owner.
func (c *consortium) add(id, owner string, messages uint64) (body string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := uint64(1)
	if all := c.streams[id]; len(all) > 0 {
		first = all[len(all)-1].Window.Last + 1
	}
	run, lines := c.messages(id, first, first+messages-1)
	w := windowOf(run, lines)
	w.Owner, w.Shipment = owner, c.shipment
	body = c.put(channel, run)
	c.record(body, w)
	b := &c.blocks[len(c.blocks)-1]
	b.Transactions[0].Member = owner
	recorded, err := window.Decode(id, b.Transactions[0].Writes[0].Value)
	if err != nil {
		c.t.Error(err)
	}
	c.streams[id] = append(c.streams[id], ledger.Unchecked{Window: recorded, Block: b.Number})
	b.Transactions[0].Writes = append(b.Transactions[0].Writes, c.stream(id))
	return body
}

// stream is the write of a device's stream.
func (c *consortium) stream(id string) ledger.Write {
	s := waymark.Stream{Device: id, Anchored: &waymark.Anchored{Unchecked: []waymark.Run{}}}
	for _, u := range c.streams[id] {
		s.Anchored.Unchecked = append(s.Anchored.Unchecked, waymark.Run{First: u.Window.First, Last: u.Window.Last})
	}
	value, err := json.Marshal(s)
	if err != nil {
		c.t.Error(err)
	}
	return ledger.Write{Key: "stream/" + id, Value: value}
}

// Follow gives all blocks, also those that come later.
func (c *consortium) Follow(ctx context.Context, from uint64, take func(ledger.Block) error) error {
	for ; ; from++ {
		for c.mu.Lock(); from >= uint64(len(c.blocks)); c.mu.Lock() {
			c.mu.Unlock()
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(500 * time.Millisecond):
			}
		}
		b := c.blocks[from]
		c.mu.Unlock()
		if err := take(b); err != nil {
			return err
		}
	}
}

func (c *consortium) Unchecked(context.Context) (devices []string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, all := range c.streams {
		if len(all) > 0 {
			devices = append(devices, id)
		}
	}
	return devices, nil
}

func (c *consortium) Waiting(_ context.Context, device string) ([]ledger.Unchecked, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.streams[device]), nil
}

// Body is that of the store, unless it is away.
func (c *consortium) Body(ctx context.Context, hash bodies.Hash) ([]byte, error) {
	c.mu.Lock()
	away := hex.EncodeToString(hash[:]) == c.away
	if away {
		c.away = ""
	}
	c.mu.Unlock()
	if away {
		return nil, waymark.Errorf(waymark.Unavailable, "away")
	}
	return c.store.Body(ctx, hash)
}

// Submit takes a check that holds, as the chaincode does, in a new block.
func (c *consortium) Submit(ctx context.Context, call ledger.Call) (ledger.Committed, error) {
	if call.Request.(waymark.CheckTelemetryRequest).Device == c.stuck {
		<-ctx.Done()
		return ledger.Committed{}, ctx.Err()
	}
	time.Sleep(c.takes)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tried++
	if c.fail != nil {
		return ledger.Committed{}, c.fail
	}
	r := call.Request.(waymark.CheckTelemetryRequest)
	if err := r.Validate(); err != nil || call.Transaction != waymark.TelemetryCheck || call.As != "relay" {
		c.t.Errorf("%+v: %v", call, err)
	}
	for i, shown := range r.Windows {
		if err := holds(c.streams[r.Device][i], shown); err != nil {
			c.t.Errorf("%s window %d: %v", r.Device, i, err)
		}
	}
	c.sent = append(c.sent, fmt.Sprintf("%s %d", r.Device, len(r.Windows)))
	c.streams[r.Device] = c.streams[r.Device][len(r.Windows):]
	c.blocks = append(c.blocks, ledger.Block{Number: c.height(), Hash: hashOf(c.height()), Transactions: []ledger.BlockTransaction{
		{TxID: "check", Status: ledger.Valid, Member: member, Writes: []ledger.Write{c.stream(r.Device)}}}})
	return ledger.Committed{Commit: ledger.Commit{TxID: "check", Status: ledger.Valid}}, nil
}

// holds checks what is shown of a window.
func holds(u ledger.Unchecked, shown waymark.CheckedWindow) error {
	w := u.Window
	if shown.First != w.First || shown.Block != u.Block || shown.BlockHash != hex.EncodeToString(hashOf(u.Block)) {
		return fmt.Errorf("window %+v", shown)
	}
	picks := anchor.Picks(hashOf(u.Block), w.Recorded.TxID, w.Device, w.First, w.Last)
	if len(picks) != len(shown.Messages) {
		return fmt.Errorf("%d messages of %v", len(shown.Messages), picks)
	}
	for i, n := range picks {
		m, err := attest.Parse(shown.Messages[i].Message)
		if err != nil {
			return err
		}
		digest, err := m.Digest()
		if err != nil {
			return err
		}
		readings, err := senml.Parse(m)
		if err != nil {
			return err
		}
		line, err := anchor.LineOf(m, digest, readings)
		if err != nil {
			return err
		}
		var path [][]byte
		for _, step := range shown.Messages[i].Path {
			hash, err := hex.DecodeString(step)
			if err != nil {
				return err
			}
			path = append(path, hash)
		}
		if err := anchor.VerifyPath(w.Root, w.Device, w.First, w.Last, n, line, path); err != nil {
			return err
		}
	}
	return nil
}

// watched calls do while checks are sent, from a height on.
func (c *consortium) watched(from uint64, do func()) {
	ctx, cancel := context.WithCancel(c.t.Context())
	checker := anchored.NewChecker(anchored.Options{Member: member, Channel: channel, As: "relay", Ledger: c, Records: c, Bodies: c,
		Timeout: time.Minute, Logger: zap.NewNop(), Registry: c.registry})
	watch := anchored.NewWatch(c, checker, zap.NewNop(), c.registry)
	var running sync.WaitGroup
	running.Go(func() { _ = watch.Follow(ctx, from, func(ledger.Block) error { return nil }) })
	do()
	cancel()
	running.Wait()
}

// want waits, and wants just these checks to have been sent.
func (c *consortium) want(after time.Duration, sent ...string) {
	c.t.Helper()
	time.Sleep(after)
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.sent, sent) {
		c.t.Errorf("sent %q, want %q", c.sent, sent)
	}
}

func TestChecksAreSentWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConsortium(t)
		c.watched(0, func() {
			time.Sleep(5 * time.Second)
			for range 7 {
				c.add("a", member, 40)
			}
			c.add("b", "carrier", 1)
			c.want(9 * time.Minute)
			c.add("a", member, 1)
			c.want(5*time.Second, "a 8")
			c.add("a", member, 1) // one alone waits for ten minutes
			c.want(9*time.Minute, "a 8")
			c.want(2*time.Minute, "a 8", "a 1")
			c.want(time.Hour, "a 8", "a 1")
		})
		if n := sum(t, c.registry, "waymark_gateway_anchor_checks_total", "sent"); n != 2 {
			t.Errorf("counted %v", n)
		}
	})
}

// tell makes a block that tells of a handoff, as it is backed or not.
func (c *consortium) tell(event, shipment string, backed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tx := ledger.BlockTransaction{TxID: "handoff", Status: ledger.Valid, Member: "carrier",
		Event: &ledger.Event{Name: event, Payload: fmt.Appendf(nil, `{"shipment":%q,"number":1}`, shipment)}}
	if backed {
		tx.Writes = []ledger.Write{{Key: rules.HandoffKey(shipment, 1).String(), Value: []byte("{}")}}
	}
	c.blocks = append(c.blocks, ledger.Block{Number: c.height(), Hash: hashOf(c.height()), Transactions: []ledger.BlockTransaction{tx}})
}

// TestAnOfferedShipmentIsCheckedAtOnce, from its offer to its answer.
func TestAnOfferedShipmentIsCheckedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConsortium(t)
		c.watched(0, func() {
			time.Sleep(5 * time.Second)
			c.shipment = "s1"
			c.add("a", member, 1)
			c.shipment = "s2"
			c.add("b", member, 1)
			c.tell(waymark.EventHandoffOffered, "s1", false) // by nobody
			c.want(5 * time.Second)
			c.tell(waymark.EventHandoffOffered, "s1", true)
			c.want(5*time.Second, "a 1")
			c.shipment = "s1"
			c.add("a", member, 1)
			c.want(2*time.Minute, "a 1", "a 1")
			c.tell(waymark.EventHandoffRejected, "s1", true)
			c.add("a", member, 1)
			c.want(2*time.Minute, "a 1", "a 1")
		})
	})
}

// TestWhatWaitedBeforeIsChecked: after a restart nothing waits anew, blocks that were not seen are read, and others' windows are left to them.
func TestWhatWaitedBeforeIsChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConsortium(t)
		c.add("a", member, 100)
		c.add("b", "carrier", 3)
		c.add("a", member, 100)
		c.add("a", "carrier", 3) // sold
		c.watched(c.height()-1, func() { c.want(time.Hour, "a 2") })
	})
}

// TestAWindowWithoutItsBodyIsLeft: those before it are checked, and nothing is tried again and again.
func TestAWindowWithoutItsBodyIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConsortium(t)
		c.watched(0, func() {
			time.Sleep(5 * time.Second)
			for n := range 8 {
				if body := c.add("a", member, 2); n == 3 {
					c.lose(body)
				}
			}
			c.want(6*time.Hour, "a 3")
		})
		if n := sum(t, c.registry, "waymark_gateway_anchor_checks_total", "body"); n < 2 || n > 20 {
			t.Errorf("a body that is missing was missed %v times in six hours", n)
		}
		if c.tried != 1 {
			t.Errorf("%d checks were submitted", c.tried)
		}
	})
}

// TestWhatACheckLeftGoesAtOnce: what held it up may have passed, and nothing waits for another ten minutes.
func TestWhatACheckLeftGoesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConsortium(t)
		c.watched(0, func() {
			time.Sleep(5 * time.Second)
			for n := range 8 {
				body := c.add("a", member, 2)
				c.mu.Lock()
				if n == 5 {
					c.away = body
				}
				c.mu.Unlock()
			}
			c.want(10*time.Second, "a 5", "a 3")
		})
	})
}

// TestManyAreCheckedAtOnce: what a check takes is mostly the time until it is committed, and one that does not end holds up no other.
func TestManyAreCheckedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConsortium(t)
		c.takes, c.stuck = 2*time.Second, "stuck"
		c.watched(0, func() {
			time.Sleep(5 * time.Second)
			for n := range 96 {
				for range 8 {
					c.add(fmt.Sprintf("d%02d", n), member, 1)
				}
			}
			for range 8 {
				c.add("stuck", member, 1)
			}
			time.Sleep(1500 * time.Millisecond)
			if n := gauge(t, c.registry, "waymark_gateway_anchor_windows_waiting"); n != 97*8 {
				t.Errorf("%v windows wait", n)
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
			c.mu.Lock()
			if len(c.sent) != 96 {
				t.Errorf("%d checks in ten seconds", len(c.sent))
			}
			c.mu.Unlock()
			if n := gauge(t, c.registry, "waymark_gateway_anchor_windows_waiting"); n != 8 {
				t.Errorf("%v windows wait", n)
			}
			if n := gauge(t, c.registry, "waymark_gateway_anchor_waiting_seconds"); n < 10 || n > 20 {
				t.Errorf("one has waited %v seconds", n)
			}
		})
		if n := gauge(t, c.registry, "waymark_gateway_anchor_windows_waiting"); n != 0 {
			t.Errorf("%v windows wait for who sends no checks", n)
		}
	})
}

// gauge is the value of a gauge.
func gauge(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no gauge %s", name)
	return 0
}

func TestAFailedCheckIsSentAgainLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConsortium(t)
		c.fail = waymark.Errorf(waymark.Unavailable, "away")
		c.watched(0, func() {
			time.Sleep(5 * time.Second)
			c.add("a", member, 100)
			c.want(time.Hour)
			c.mu.Lock()
			if c.tried < 2 || c.tried > 8 {
				t.Errorf("tried %d times", c.tried)
			}
			c.fail = nil
			c.mu.Unlock()
			c.want(time.Hour, "a 1")
		})
	})
}
