package bridge_test

import (
	"slices"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/spool"
)

// The devices for which an edge signs are cut off with it, and those that it no longer signs for.
func TestDevicesOfAnEdgeAreDisconnectedWithIt(t *testing.T) {
	s := newSite(t)
	s.start(t)
	s.following(t)
	for _, test := range []struct {
		id, event string
		ofEdge    bool                             // the event
		change    func(edge, held *waymark.Device) // what it says
	}{
		{"a", waymark.EventDeviceSuspended, true, func(edge, _ *waymark.Device) { edge.State = waymark.DeviceSuspended }},
		{"b", waymark.EventTransferAccepted, true, func(edge, _ *waymark.Device) { edge.Owner = "carrier" }},
		{"c", waymark.EventTransferAccepted, false, func(_, held *waymark.Device) {
			held.Owner, held.Keys[0].NotAfter = "carrier", time.Now()
		}},
	} {
		e, d := gatewaytest.NewDevice(t, "edge-"+test.id, attest.JWS), gatewaytest.NewDevice(t, "logger-"+test.id, attest.JWS)
		d.Key = e.Key
		edge, held := e.Record(t, waymark.DeviceActive), d.Record(t, waymark.DeviceActive)
		held.Keys[0].Edge = e.ID
		s.gateway.Register(edge)
		s.gateway.Register(held)
		client, err := s.connect(t, d.ID, d.ID, d.Password(t, time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		test.change(&edge, &held)
		s.gateway.Register(edge)
		s.gateway.Register(held)
		subject := d.ID
		if test.ofEdge {
			subject = e.ID
		}
		s.gateway.Happen(test.event, subject, waymark.DeviceEvent{Device: subject})
		waitFor(t, "the end of its connection", func() bool { return !client.IsConnectionOpen() })
		if _, err := s.connect(t, d.ID, d.ID, d.Password(t, time.Now())); err == nil {
			t.Errorf("%s: it logged in again", test.id)
		}
	}
}

// A certificate that is revoked ends the connections of all that came by it, with a password as well.
func TestARevokedCertificateEndsConnections(t *testing.T) {
	s := newSite(t)
	s.start(t)
	s.following(t)
	ca := gatewaytest.NewAuthority(t, nil)
	s.gateway.Trust(ca)
	d := gatewaytest.NewDevice(t, "logger-1", attest.COSE)
	chain := ca.Intermediate(t, nil).Issue(t, d, nil)
	record := ca.Joined(t, d, chain, waymark.DeviceActive)
	s.gateway.Register(record)
	client, err := s.connect(t, d.ID, d.ID, d.Password(t, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	s.gateway.Revoke(chain[1])
	s.gateway.Happen(waymark.EventCertificateRevoked, "", waymark.AuthorityEvent{Owner: record.Keys[0].Certificate.Owner, Authority: ca.ID(), Serial: attest.SerialOf(chain[1])})
	waitFor(t, "the end of its connection", func() bool { return !client.IsConnectionOpen() })
	if _, err := s.connect(t, d.ID, d.ID, d.Password(t, time.Now())); err == nil {
		t.Error("it logged in again")
	}
}

// That a device says `online` is no reason to ask about it again: all do after an outage.
func TestARecordedPresenceForgetsNothing(t *testing.T) {
	s := newSite(t)
	s.start(t)
	s.following(t)
	d, client := s.device(t, "logger-1", attest.JWS)
	other, mark := s.device(t, "logger-2", attest.JWS)
	s.gateway.Happen(waymark.EventDevicePresence, d.ID, waymark.PresenceEvent{Device: d.ID})
	s.gateway.Happen(waymark.EventDeviceKeyReplaced, other.ID, waymark.DeviceEvent{Device: other.ID})
	waitFor(t, "the event behind it", func() bool { return !mark.IsConnectionOpen() })
	if !client.IsConnectionOpen() {
		t.Error("it was disconnected")
	}
	s.gateway.Register(d.Record(t, waymark.DeviceSuspended)) // which no event tells of
	if _, err := s.connect(t, d.ID, d.ID, d.Password(t, time.Now())); err != nil {
		t.Errorf("it was asked about again: %v", err)
	}
}

// The last will of a device whose edge was suspended is nobody's word, and does not hold up what the device says later.
func TestALastWillByASuspendedEdge(t *testing.T) {
	s := newSite(t)
	s.start(t)
	s.following(t)
	e, d := gatewaytest.NewDevice(t, "edge-1", attest.JWS), gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	d.Key = e.Key
	held := d.Record(t, waymark.DeviceActive)
	held.Keys[0].Edge = e.ID
	s.gateway.Register(e.Record(t, waymark.DeviceActive))
	s.gateway.Register(held)
	options := s.options(t, d.ID, d.ID, d.Password(t, time.Now()))
	gone := waymark.Presence{State: waymark.PresenceGone, At: time.Now().Unix(), Session: "s-1"}
	options.SetBinaryWill("waymark/v1/"+d.ID+"/up", d.Say(t, attest.Presence, gone), 1, false)
	if token := paho.NewClient(options).Connect(); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	s.gateway.Register(e.Record(t, waymark.DeviceSuspended))
	s.gateway.Happen(waymark.EventDeviceSuspended, e.ID, waymark.DeviceEvent{Device: e.ID})
	waitFor(t, "quarantine", func() bool { return slices.Equal(s.quarantined(t), []spool.Code{waymark.Forbidden}) })
}

// A login that read that its device is active, just before the device was suspended, does not keep it connected.
func TestALoginThatIsUnderWay(t *testing.T) {
	s := newSite(t)
	s.start(t)
	s.following(t)
	other, mark := s.device(t, "logger-2", attest.JWS)
	d := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	s.gateway.Register(d.Record(t, waymark.DeviceActive))
	asked, answer := s.gateway.Delay(d.ID)
	defer answer()
	client := paho.NewClient(s.options(t, d.ID, d.ID, d.Password(t, time.Now())))
	token := client.Connect()
	<-asked
	s.gateway.Register(d.Record(t, waymark.DeviceSuspended))
	s.gateway.Happen(waymark.EventDeviceSuspended, d.ID, waymark.DeviceEvent{Device: d.ID})
	s.gateway.Happen(waymark.EventDeviceKeyReplaced, other.ID, waymark.DeviceEvent{Device: other.ID})
	waitFor(t, "the event behind it", func() bool { return !mark.IsConnectionOpen() })
	if answer(); !token.WaitTimeout(30 * time.Second) {
		t.Fatal("the login does not end")
	}
	waitFor(t, "the end of its connection", func() bool { return !client.IsConnectionOpen() })
}
