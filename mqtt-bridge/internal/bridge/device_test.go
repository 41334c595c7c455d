package bridge_test

import (
	"crypto/tls"
	"fmt"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

func TestLogin(t *testing.T) {
	s := newSite(t)
	s.start(t)
	now := time.Now()
	right := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	thief := gatewaytest.NewDevice(t, "logger-1", attest.JWS)
	suspended := gatewaytest.NewDevice(t, "logger-2", attest.JWS)
	stranger := gatewaytest.NewDevice(t, "logger-3", attest.JWS)
	bridgeLike := gatewaytest.NewDevice(t, s.config.MQTT.ClientID, attest.JWS)
	shardLike := gatewaytest.NewDevice(t, s.config.MQTT.ClientID+"-3", attest.JWS)
	s.gateway.Register(right.Record(t, waymark.DeviceActive))
	s.gateway.Register(suspended.Record(t, waymark.DeviceSuspended))
	s.gateway.Register(bridgeLike.Record(t, waymark.DeviceActive))
	s.gateway.Register(shardLike.Record(t, waymark.DeviceActive))
	for _, test := range []struct {
		name               string
		clientID, password string
		user               string
		want               bool
	}{
		{"the device", "logger-1", right.Password(t, now), "logger-1", true},
		{"a clock somewhat ahead", "logger-1", right.Password(t, now.Add(4*time.Minute)), "logger-1", true},
		{"another key", "logger-1", thief.Password(t, now), "logger-1", false},
		{"another client id", "logger-9", right.Password(t, now), "logger-1", false},
		{"the bridge's client id", s.config.MQTT.ClientID, right.Password(t, now), "logger-1", false},
		{"a device called as the bridge", s.config.MQTT.ClientID, bridgeLike.Password(t, now), s.config.MQTT.ClientID, false},
		{"the client id of one of the bridge's sessions", shardLike.ID, right.Password(t, now), "logger-1", false},
		{"a device called as one of them", shardLike.ID, shardLike.Password(t, now), shardLike.ID, false},
		{"another device's password", "logger-1", stranger.Password(t, now), "logger-1", false},
		{"expired", "logger-1", right.Password(t, now.Add(-2*time.Hour)), "logger-1", false},
		{"from the future", "logger-1", right.Password(t, now.Add(10*time.Minute)), "logger-1", false},
		{"a message instead of a login", "logger-1", string(right.Next(t)), "logger-1", false},
		{"no password", "logger-1", "", "logger-1", false},
		{"suspended", "logger-2", suspended.Password(t, now), "logger-2", false},
		{"not registered", "logger-3", stranger.Password(t, now), "logger-3", false},
		{"the broker's own user", "x", "x", ".internal", false},
		{"quotes in the client id", `logger-1" - mid:1 - "logger-1`, right.Password(t, now), "logger-1", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := s.connect(t, test.clientID, test.user, test.password)
			if got := err == nil; got != test.want {
				t.Errorf("logged in %t, want %t: %v", got, test.want, err)
			}
		})
	}
}

func TestNoLoginWithoutTLS(t *testing.T) {
	s := newSite(t)
	s.start(t)
	client := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + s.config.Embedded.Listen).
		SetClientID("x").SetConnectTimeout(2 * time.Second).SetProtocolVersion(4))
	token := client.Connect()
	if token.WaitTimeout(10*time.Second) && token.Error() == nil {
		t.Error("connected in the clear")
	}
	if conn, err := tls.Dial("tcp", s.config.Embedded.Listen, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		_ = conn.Close()
		t.Error("connected with TLS 1.1")
	}
}

func TestDevicesAreBoundedAndLeaveRoomForTheBridge(t *testing.T) {
	s := newSite(t)
	s.config.Embedded.MaxConnections = 5
	s.start(t)
	connected := 0
	for i := range 8 {
		d := gatewaytest.NewDevice(t, fmt.Sprintf("logger-%d", i), attest.JWS)
		s.gateway.Register(d.Record(t, waymark.DeviceActive))
		if _, err := s.connect(t, d.ID, d.ID, d.Password(t, time.Now())); err == nil {
			connected++
		}
	}
	if connected != 5 {
		t.Errorf("%d devices connected, want 5", connected)
	}
}

func TestSuspendedDeviceIsDisconnected(t *testing.T) {
	s := newSite(t)
	s.start(t)
	d, client := s.device(t, "logger-1", attest.JWS)
	publish(t, client, d, 1)
	s.gateway.Register(d.Record(t, waymark.DeviceSuspended))
	for end := time.Now().Add(60 * time.Second); client.IsConnectionOpen() && time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		client.Publish("waymark/v1/logger-1/up", 1, false, d.Next(t)).WaitTimeout(time.Second)
	}
	if client.IsConnectionOpen() {
		t.Fatal("a suspended device is still connected")
	}
	if _, err := s.connect(t, d.ID, d.ID, d.Password(t, time.Now())); err == nil {
		t.Error("a suspended device logged in again")
	}
}

// The largest passwords and messages are those of ML-DSA-44.
func TestDeviceWithAnMLDSAKey(t *testing.T) {
	s := newSite(t)
	s.start(t)
	key, err := attest.GenerateKey(attest.MLDSA44)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []attest.Format{attest.JWS, attest.COSE} {
		d := gatewaytest.NewDevice(t, "logger-"+string(format), format)
		d.Key = key
		s.gateway.Register(d.Record(t, waymark.DeviceActive))
		client, err := s.connect(t, d.ID, d.ID, d.Password(t, time.Now()))
		if err != nil {
			t.Fatalf("connect %s: %v", d.ID, err)
		}
		publish(t, client, d, 20)
		waitFor(t, "all of "+d.ID, func() bool { return s.inOrder(d.ID, 20) })
	}
}
