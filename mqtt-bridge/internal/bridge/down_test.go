package bridge_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/sign"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// inbox is what comes down to a device.
type inbox struct {
	mu       sync.Mutex
	messages []*attest.Message
	raw      []byte // the last one
}

// listen subscribes a device's down topic. What the bridge has not signed fails the test.
func (s *site) listen(t *testing.T, d *gatewaytest.Device, client paho.Client) *inbox {
	t.Helper()
	key, err := sign.Open(s.config.SpoolDir, sign.FileName, s.config.ID, s.config.Consortium)
	if err != nil {
		t.Fatal(err)
	}
	in := &inbox{}
	token := client.Subscribe("waymark/v1/"+d.ID+"/down", 0, func(_ paho.Client, m paho.Message) {
		parsed, err := attest.Parse(attest.Text(m.Payload()))
		if err == nil {
			_, err = parsed.Verify(key.Public().JWK)
		}
		if err != nil || parsed.Device != key.Public().Bridge || parsed.KeyID != key.Public().ID || parsed.Consortium != gatewaytest.Consortium {
			t.Errorf("came down: %v", err)
			return
		}
		in.mu.Lock()
		in.messages, in.raw = append(in.messages, parsed), m.Payload()
		in.mu.Unlock()
	})
	if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	return in
}

// of returns the payloads of a kind.
func (in *inbox) of(kind attest.Kind) (payloads [][]byte) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, m := range in.messages {
		if m.Kind == kind {
			payloads = append(payloads, m.Payload)
		}
	}
	return payloads
}

func (in *inbox) last() []byte { in.mu.Lock(); defer in.mu.Unlock(); return in.raw }

// say publishes a statement and waits for its acknowledgement.
func say(t *testing.T, client paho.Client, d *gatewaytest.Device, kind attest.Kind, statement any) {
	t.Helper()
	token := client.Publish("waymark/v1/"+d.ID+"/up", 1, false, d.Say(t, kind, statement))
	if !token.WaitTimeout(30*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
}

// following waits until events come.
func (s *site) following(t *testing.T) {
	t.Helper()
	waitFor(t, "events", func() bool {
		response, err := http.Get("http://" + s.config.Listen + "/readyz") //nolint:noctx // of this test's own bridge
		if err != nil {
			return false
		}
		defer func() { _ = response.Body.Close() }()
		var answer struct{ Checks map[string]string }
		return json.NewDecoder(response.Body).Decode(&answer) == nil && answer.Checks["events"] == "ok" && s.gateway.Streams() == 3
	})
}

func TestACommandTravelsToItsDeviceAndItsReceiptBack(t *testing.T) {
	s := newSite(t)
	s.start(t)
	s.following(t)
	for _, format := range []attest.Format{attest.JWS, attest.COSE} {
		d, client := s.device(t, "logger-"+string(format), format)
		in := s.listen(t, d, client)
		expires := time.Now().Add(time.Hour)
		s.gateway.Command(d.ID, "c-1", expires)
		waitFor(t, "the command", func() bool { return len(in.of(attest.Command)) > 0 })
		c, err := waymark.ParseDeliveredCommand(in.of(attest.Command)[0])
		if err != nil || c.Device != d.ID || c.ID != "c-1" || c.Name != "wake" || c.ExpiresAt != expires.Unix() {
			t.Fatalf("%+v, %v", c, err)
		}
		say(t, client, d, attest.Receipt, waymark.CommandReceipt{Command: "c-1", Result: waymark.CommandDone, ExecutedAt: time.Now().Unix()})
		waitFor(t, "the receipt on the ledger", func() bool { return s.gateway.CommandState(d.ID, "c-1") == waymark.CommandClosed })
	}
}

// What the bridge had heard of is delivered after a restart, and to a device that connects later; what it had not heard of too.
func TestCommandsOutliveTheBridgeAndWaitForTheDevice(t *testing.T) {
	s := newSite(t)
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	s.gateway.Register(d.Record(t, waymark.DeviceActive))
	s.gateway.Command(d.ID, "before", time.Now().Add(time.Hour))
	stop := s.start(t)
	s.following(t)
	s.gateway.Command(d.ID, "during", time.Now().Add(time.Hour))
	s.gateway.Command(d.ID, "cancelled", time.Now().Add(time.Hour))
	s.gateway.Cancel(d.ID, "cancelled")
	stop()
	s.gateway.Command(d.ID, "meanwhile", time.Now().Add(time.Hour))
	s.start(t)
	client := s.connectSoon(t, d)
	in := s.listen(t, d, client)
	waitFor(t, "all three commands", func() bool {
		var ids []string
		for _, payload := range in.of(attest.Command) {
			if c, err := waymark.ParseDeliveredCommand(payload); err == nil && !slices.Contains(ids, c.ID) {
				ids = append(ids, c.ID)
			}
		}
		slices.Sort(ids)
		return slices.Equal(ids, []string{"before", "during", "meanwhile"})
	})
}

// A receipt waits in the spool while the gateway is away, without a word to any reading; one that the ledger does not take is in quarantine.
func TestAReceiptIsNotLost(t *testing.T) {
	s := newSite(t)
	stop := s.start(t)
	s.following(t)
	d, client := s.device(t, "logger-1", attest.JWS)
	s.gateway.Command(d.ID, "c-1", time.Now().Add(time.Hour))
	s.gateway.Fail(func([]string) *gatewaytest.Failure { return &gatewaytest.Failure{} })
	say(t, client, d, attest.Receipt, waymark.CommandReceipt{Command: "c-1", Result: waymark.CommandDone, ExecutedAt: time.Now().Unix()})
	say(t, client, d, attest.Receipt, waymark.CommandReceipt{Command: "other", Result: waymark.CommandDone, ExecutedAt: time.Now().Unix()})
	stop()
	s.gateway.Fail(nil)
	s.start(t)
	waitFor(t, "the receipt on the ledger", func() bool { return s.gateway.CommandState(d.ID, "c-1") == waymark.CommandClosed })
	waitFor(t, "the other one in quarantine", func() bool { return len(s.quarantined(t)) == 1 })
	if q := s.quarantined(t)[0]; q != "not_found" {
		t.Errorf("in quarantine as %s", q)
	}
}

func TestADeviceIsToldWhatBecameOfItsMessages(t *testing.T) {
	s := newSite(t)
	s.start(t)
	d, client := s.device(t, "logger-1", attest.COSE)
	in := s.listen(t, d, client)
	say(t, client, d, attest.Inquiry, waymark.Inquiry{Number: 1}) // before the message itself
	publish(t, client, d, 1)
	var receipt waymark.CommitReceipt
	waitFor(t, "the commit receipt", func() bool {
		if got := in.of(attest.Commit); len(got) > 0 {
			receipt, _ = waymark.ParseCommitReceipt(got[0])
		}
		return receipt.Number == 1
	})
	if receipt.State != waymark.CommitRecorded || receipt.TxID != strings.Repeat("a", 64) || receipt.Block != 7 || receipt.Device != d.ID {
		t.Errorf("%+v", receipt)
	}
	if in.last()[0] != 0xd2 { // tag 18
		t.Error("answered in another envelope than it asked in")
	}
	s.gateway.RejectAs(d.ID, waymark.FailedPrecondition, "broken-chain")
	publish(t, client, d, 1)
	waitFor(t, "quarantine", func() bool { return len(s.quarantined(t)) == 1 })
	waitFor(t, "the answer about what is in quarantine", func() bool {
		say(t, client, d, attest.Inquiry, waymark.Inquiry{Number: 2})
		for _, payload := range in.of(attest.Commit) {
			if r, err := waymark.ParseCommitReceipt(payload); err == nil && r.Number == 2 {
				return r.State == waymark.CommitQuarantined && r.Code == "failed_precondition"
			}
		}
		return false
	})
}

// An inquiry that its device has not signed costs the gateway nothing.
func TestForgedInquiry(t *testing.T) {
	s := newSite(t)
	s.start(t)
	d, client := s.device(t, "logger-1", attest.JWS)
	in := s.listen(t, d, client)
	publish(t, client, d, 1)
	waitFor(t, "the message", func() bool { return s.inOrder(d.ID, 1) })
	forger := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	say(t, client, forger, attest.Inquiry, waymark.Inquiry{Number: 1})
	waitFor(t, "the refusal", func() bool {
		return strings.Contains(s.metrics(t), `waymark_bridge_inquiries_total{outcome="refused"} 1`)
	})
	if asked := s.gateway.MessagesAsked(); asked != 0 || len(in.of(attest.Commit)) != 0 {
		t.Errorf("the gateway was asked %d times", asked)
	}
}

func TestWhoMayNotSpeakIsDisconnectedByTheEvent(t *testing.T) {
	s := newSite(t)
	s.start(t)
	s.following(t)
	for _, test := range []struct {
		event string
		state waymark.DeviceState
		again bool // may log in again
	}{
		{waymark.EventDeviceSuspended, waymark.DeviceSuspended, false},
		{waymark.EventDeviceRetired, waymark.DeviceRetired, false},
		{waymark.EventDeviceKeyReplaced, waymark.DeviceActive, true},
	} {
		d, client := s.device(t, "logger-"+string(test.state), attest.JWS)
		s.gateway.Register(d.Record(t, test.state))
		start := time.Now()
		s.gateway.Happen(test.event, d.ID, waymark.DeviceEvent{Device: d.ID, State: test.state})
		for client.IsConnectionOpen() && time.Since(start) < 30*time.Second {
			time.Sleep(5 * time.Millisecond)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: connected for another %s", test.event, took)
		}
		if _, err := s.connect(t, d.ID, d.ID, d.Password(t, time.Now())); (err == nil) != test.again {
			t.Errorf("%s: logged in again: %v", test.event, err)
		}
	}
}

func TestWhatTheBridgeSeesOfDevices(t *testing.T) {
	s := newSite(t)
	stop := s.start(t)
	d, client := s.device(t, "logger-1", attest.JWS)
	publish(t, client, d, 1)
	said := waymark.Presence{State: waymark.PresenceOnline, At: time.Now().Unix(), Session: "s-1"}
	say(t, client, d, attest.Presence, said)
	waitFor(t, "the presence", func() bool { r := s.seen(t, d.ID); return r.Connected && r.Said != nil && *r.Said == said })
	second, err := s.connect(t, d.ID, d.ID, d.Password(t, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the takeover", func() bool { r := s.seen(t, d.ID); return r.Takeovers == 1 && r.Connections == 2 && r.Connected })
	second.Disconnect(50)
	waitFor(t, "the end", func() bool {
		r := s.seen(t, d.ID)
		return !r.Connected && r.Ended != nil && r.Ended.Why == presence.Closed
	})
	before := s.seen(t, d.ID)
	stop()
	s.start(t)
	if after := s.seen(t, d.ID); after.FirstSeen != before.FirstSeen || after.LastSeen != before.LastSeen || after.Connections != 2 || after.Said == nil {
		t.Errorf("before the restart %+v, after it %+v", before, after)
	}
}

// What a device says goes to the ledger if its owner wants it there, its last will too; and nowhere if another one signed it.
func TestAPresenceGoesToTheLedgerIfItsOwnerWants(t *testing.T) {
	s := newSite(t)
	s.start(t)
	for _, test := range []struct {
		device     string
		attributes *waymark.DeviceAttributes
	}{{"logger-1", nil}, {"logger-2", &waymark.DeviceAttributes{Presence: waymark.PresenceRecorded}}} {
		d := gatewaytest.NewDevice(t, test.device, attest.JWS)
		record := d.Record(t, waymark.DeviceActive)
		record.Attributes = test.attributes
		s.gateway.Register(record)
		said := waymark.Presence{State: waymark.PresenceOnline, At: time.Now().Unix(), Session: "s-1"}
		gone := said
		gone.State = waymark.PresenceGone
		options := s.options(t, d.ID, d.ID, d.Password(t, time.Now()))
		options.SetBinaryWill("waymark/v1/"+d.ID+"/up", d.Say(t, attest.Presence, gone), 1, false)
		client := paho.NewClient(options)
		if token := client.Connect(); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
			t.Fatal(token.Error())
		}
		say(t, client, d, attest.Presence, said)
		forger := gatewaytest.NewDevice(t, d.ID, attest.JWS)
		say(t, client, forger, attest.Presence, waymark.Presence{State: waymark.PresenceGone, At: time.Now().Unix() + 60, Session: "forged"})
		waitFor(t, "the presence", func() bool { r := s.seen(t, d.ID); return r.Said != nil && *r.Said == said })
		s.gateway.Happen(waymark.EventDeviceKeyReplaced, d.ID, waymark.DeviceEvent{Device: d.ID}) // ends the connection
		waitFor(t, "the last will", func() bool {
			r := s.seen(t, d.ID)
			return *r.Said == gone && r.Ended != nil && r.Ended.Why == presence.Kicked
		})
	}
	waitFor(t, "the ledger", func() bool { return slices.Equal(s.gateway.Presences(), []string{"logger-2 online", "logger-2 gone"}) })
	waitFor(t, "what is noted here alone", func() bool {
		return strings.Contains(s.metrics(t), `waymark_bridge_statements_total{kind="presence",outcome="noted"} 2`)
	})
	if codes := s.quarantined(t); !slices.Equal(codes, []spool.Code{waymark.Unauthenticated, waymark.Unauthenticated}) {
		t.Errorf("in quarantine: %v", codes)
	}
}

// seen is what the bridge has seen of a device.
func (s *site) seen(t *testing.T, device string) (found presence.Record) {
	t.Helper()
	err := s.admin(t).EachDevice(t.Context(), func(r presence.Record) error {
		if r.Device == device {
			found = r
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// quarantined are the codes of what is in quarantine.
func (s *site) quarantined(t *testing.T) (codes []spool.Code) {
	t.Helper()
	err := s.admin(t).Each(t.Context(), func(q spool.Quarantined) error {
		codes = append(codes, q.Code)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return codes
}
