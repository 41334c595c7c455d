package bridge_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/gatewaytest"
)

// habits are what brokers do differently, none of which lets a device touch what is not its own.
type habits struct {
	grantsAll bool // subscriptions are granted, and what may not be read is not delivered
	qos1      bool // a device may subscribe its down topic at QoS 1
	forgets   bool // what it acknowledged a moment before it is killed can be lost
	open      bool // it lets devices in without asking the bridge
}

var embedded = habits{}

// testPermissions checks what a device can reach over a broker to which a bridge is subscribed.
func testPermissions(t *testing.T, s *site, h habits) {
	t.Run("subscribe", func(t *testing.T) { testSubscriptions(t, s, h) })
	t.Run("publish", func(t *testing.T) { testPublishing(t, s) })
	t.Run("last will", func(t *testing.T) { testWills(t, s) })
	t.Run("takeover", func(t *testing.T) { testTakeover(t, s) })
}

func testSubscriptions(t *testing.T, s *site, h habits) {
	d, client := s.device(t, "listener", attest.JWS)
	victim, other := s.device(t, "overheard", attest.JWS)
	var heard atomic.Int32
	for _, test := range []struct {
		topic string
		qos   byte
		want  bool
	}{
		{"waymark/v1/listener/down", 0, true},
		{"waymark/v1/listener/down", 1, h.qos1}, // at nats-server every one would be scanned at each acknowledgement
		{"waymark/v1/overheard/down", 0, false},
		{"waymark/v1/overheard/up", 1, false},
		{"waymark/v1/+/up", 1, false},
		{"waymark/v1/+/down", 0, false},
		{"waymark/v1/overheard/#", 0, false},
		{"waymark/#", 0, false},
		{"+/+/+/+", 0, false},
		{"#", 0, false},
		{"$share/g/waymark/v1/+/up", 1, false},
		{"$SYS/#", 0, false},
		{"$MQTT/msgs/#", 0, false},
		{"$JS/API/#", 0, false},
	} {
		token, ok := client.Subscribe(test.topic, test.qos, func(paho.Client, paho.Message) { heard.Add(1) }).(*paho.SubscribeToken)
		if !ok || !token.WaitTimeout(10*time.Second) {
			t.Fatalf("no answer to subscribe %s", test.topic)
		}
		granted := token.Error() == nil
		for _, code := range token.Result() { // by the topic, but of $share not the whole of it
			granted = granted && code != 0x80
		}
		if granted != test.want && (test.want || !h.grantsAll) {
			t.Errorf("subscribe %s at QoS %d: granted %t, want %t", test.topic, test.qos, granted, test.want)
		}
	}
	publish(t, other, victim, 20)
	waitFor(t, "the other device's messages", func() bool { return s.inOrder(victim.ID, 20) })
	publish(t, client, d, 1) // the broker serves the listener's connection: what it had for it is delivered
	if n := heard.Load(); n != 0 {
		t.Errorf("a device heard %d messages of others", n)
	}
}

func testPublishing(t *testing.T, s *site) {
	d, client := s.device(t, "speaker", attest.JWS)
	victim, _ := s.device(t, "imitated", attest.JWS)
	for _, topic := range []string{"waymark/v1/imitated/up", "waymark/v1/imitated/down", "waymark/v1/speaker/down",
		"waymark/v1/imitated/up/", "/waymark/v1/imitated/up", "$MQTT/msgs/waymark/v1/imitated/up", "$JS/API/STREAM/DELETE/x", "$SYS/broker"} {
		for qos := range byte(3) {
			for _, retained := range []bool{false, true} {
				// On MQTT 3.1.1 a publish that is denied is acknowledged.
				if token := client.Publish(topic, qos, retained, victim.Next(t)); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
					t.Errorf("%s at QoS %d: %v", topic, qos, token.Error())
				}
			}
		}
	}
	n := 0
	for qos := byte(1); qos < 3; qos++ { // its own: all of them, and retained ones like any other
		for _, retained := range []bool{false, true} {
			n++
			if token := client.Publish("waymark/v1/speaker/up", qos, retained, d.Next(t)); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
				t.Errorf("its own topic at QoS %d: %v", qos, token.Error())
			}
		}
	}
	waitFor(t, "the device's own messages", func() bool { return s.inOrder(d.ID, n) })
	again := d.Next(t)
	client.Publish("waymark/v1/speaker/up", 0, false, again).WaitTimeout(time.Second) // is not taken, and may end the connection
	client = s.connectSoon(t, d)
	if token := client.Publish("waymark/v1/speaker/up", 1, false, d.Next(t)); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	waitFor(t, "what came after that at QoS 0", func() bool { return len(s.gateway.Order(d.ID)) == n+1 })
	if token := client.Publish("waymark/v1/speaker/up", 1, false, again); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	waitFor(t, "the same at QoS 1", func() bool { return len(s.gateway.Order(d.ID)) == n+2 })
	if got := s.gateway.Order(victim.ID); len(got) != 0 {
		t.Errorf("messages came in on another device's topic: %v", got)
	}
}

func testWills(t *testing.T, s *site) {
	victim, _ := s.device(t, "haunted", attest.JWS)
	for i, test := range []struct {
		topic    string // %s is the device
		qos      byte
		retained bool
		arrives  bool
		refused  bool
	}{
		{topic: "waymark/v1/%s/up", qos: 0},
		{topic: "waymark/v1/%s/up", qos: 1, arrives: true},
		{topic: "waymark/v1/%s/up", qos: 2, arrives: true},
		{topic: "waymark/v1/%s/up", qos: 1, retained: true, arrives: true},
		{topic: "waymark/v1/haunted/up", qos: 0},
		{topic: "waymark/v1/haunted/up", qos: 1},
		{topic: "waymark/v1/haunted/up", qos: 2},
		{topic: "waymark/v1/haunted/up", qos: 1, retained: true},
		{topic: "waymark/v1/%s/down", qos: 1},
		{topic: "$MQTT/msgs/waymark/v1/haunted/up", qos: 1},
		{topic: "waymark/v1/+/up", qos: 1, refused: true},
		{topic: "waymark/v1/#", qos: 1, refused: true},
	} {
		d := gatewaytest.NewDevice(t, fmt.Sprintf("dying-%d", i), attest.JWS)
		s.gateway.Register(d.Record(t, waymark.DeviceActive))
		will, topic := victim.Next(t), test.topic
		if strings.Contains(topic, "%s") {
			will, topic = d.Next(t), fmt.Sprintf(topic, d.ID)
		}
		err := s.die(t, d, func(o *paho.ClientOptions) { o.SetBinaryWill(topic, will, test.qos, test.retained) })
		if (err != nil) != test.refused {
			t.Errorf("will on %s at QoS %d: %v, want refused %t", topic, test.qos, err, test.refused)
		}
		if test.arrives {
			waitFor(t, "the last will", func() bool { return s.inOrder(d.ID, 1) })
			continue
		}
		again := s.connectSoon(t, d) // the broker has seen the end of the connection before
		token := again.Publish("waymark/v1/"+d.ID+"/up", 1, false, d.Next(t))
		if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
			t.Fatal(token.Error())
		}
		waitFor(t, "what the device says after", func() bool { return len(s.gateway.Order(d.ID)) == 1 })
	}
	if got := s.gateway.Order(victim.ID); len(got) != 0 {
		t.Errorf("a will came in on another device's topic: %v", got)
	}
}

// die connects a device and breaks its connection without a word: the broker publishes its will.
func (s *site) die(t *testing.T, d *gatewaytest.Device, change func(*paho.ClientOptions)) error {
	t.Helper()
	options := s.login(t, d)
	change(options)
	var conn net.Conn
	options.SetCustomOpenConnectionFn(func(u *url.URL, o paho.ClientOptions) (net.Conn, error) {
		var err error
		conn, err = tls.Dial("tcp", u.Host, o.TLSConfig)
		return conn, err
	})
	client := paho.NewClient(options)
	token := client.Connect()
	if !token.WaitTimeout(30 * time.Second) {
		t.Fatal("no answer to connect")
	}
	if token.Error() == nil {
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	client.Disconnect(50)
	return token.Error()
}

// testTakeover connects the same device twice: the first connection ends, and the messages
// of both arrive in their order.
func testTakeover(t *testing.T, s *site) {
	d, first := s.device(t, "twin", attest.COSE)
	publish(t, first, d, 50)
	second := paho.NewClient(s.login(t, d))
	if token := second.Connect(); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	waitFor(t, "the end of the first connection", func() bool { return !first.IsConnectionOpen() })
	publish(t, second, d, 50)
	second.Disconnect(50)
	waitFor(t, "the messages of both", func() bool { return s.inOrder(d.ID, 100) })
}
