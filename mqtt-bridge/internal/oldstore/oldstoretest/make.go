package oldstoretest

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const patience = 30 * time.Second

// Published is what a device publishes. At QoS 2 it does not release it.
type Published struct {
	Device  string
	QoS     byte
	Payload []byte
}

// Make writes a store of what devices published, all of which they were acknowledged, and the bridge the first so many of. It is as a broker leaves it that is
// killed then, or stops in order.
func Make(t testing.TB, dir string, published []Published, taken int, killed bool) {
	t.Helper()
	live := dir
	if killed {
		live = t.TempDir()
	}
	s, address := serve(t, live)
	client, came := bridge(t, address)
	devices := map[string]*device{}
	for _, p := range published {
		if devices[p.Device] == nil {
			devices[p.Device] = connect(t, address, p.Device)
		}
		devices[p.Device].publish(t, p)
	}
	for range taken {
		select {
		case m := <-came:
			m.Ack()
		case <-time.After(patience):
			t.Fatal("the bridge gets nothing")
		}
	}
	settle(t, s, len(published)-taken)
	client.Disconnect(100)
	if killed {
		check(t, os.CopyFS(dir, os.DirFS(live)))
	}
	s.Shutdown()
	s.WaitForShutdown()
}

// serve starts the server as the bridge did, without TLS.
func serve(t testing.TB, dir string) (*server.Server, string) {
	t.Helper()
	s, err := server.NewServer(&server.Options{ServerName: "waymark-bridge", DontListen: true, NoSigs: true, NoLog: true, JetStream: true, StoreDir: dir,
		SyncAlways: true, MaxPayload: 128 << 10, JetStreamLimits: server.JSLimitOpts{DefaultMaxConsumers: -1}, JetStreamMaxStore: 512 << 20,
		MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT, AckWait: patience, MaxAckPending: 4096}})
	check(t, err)
	s.Start()
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server does not come up")
	}
	streams(t, s, func(js jetstream.JetStream) {
		_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "$MQTT_msgs", Subjects: []string{"$MQTT.msgs.>"}, Storage: jetstream.FileStorage,
			Retention: jetstream.InterestPolicy, Discard: jetstream.DiscardNew, MaxBytes: 64 << 20, MaxConsumers: 1})
		check(t, err)
	})
	v, err := s.Varz(nil)
	check(t, err)
	return s, net.JoinHostPort("127.0.0.1", strconv.Itoa(v.MQTT.Port))
}

func streams(t testing.TB, s *server.Server, use func(jetstream.JetStream)) {
	t.Helper()
	conn, err := nats.Connect("", nats.InProcessServer(s))
	check(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	check(t, err)
	use(js)
}

// settle waits until so many messages are left: an acknowledgement is not answered. Those at QoS 2 are in another stream.
func settle(t testing.TB, s *server.Server, want int) {
	t.Helper()
	left := func() (n int) {
		streams(t, s, func(js jetstream.JetStream) {
			for _, name := range []string{"$MQTT_msgs", "$MQTT_qos2in"} {
				stream, err := js.Stream(t.Context(), name)
				check(t, err)
				n += int(stream.CachedInfo().State.Msgs) //nolint:gosec // some hundred
			}
		})
		return n
	}
	for end := time.Now().Add(patience); left() != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d messages are left, want %d", left(), want)
		}
	}
}

// bridge is the session of the bridge.
func bridge(t testing.TB, address string) (paho.Client, <-chan paho.Message) {
	t.Helper()
	came := make(chan paho.Message, 1<<12)
	client := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + address).SetClientID("waymark-bridge").SetCleanSession(false).
		SetAutoAckDisabled(true).SetProtocolVersion(4).SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { came <- m }))
	for _, ask := range []func() paho.Token{client.Connect, func() paho.Token { return client.Subscribe("waymark/v1/+/up", 1, nil) }} {
		token := ask()
		token.WaitTimeout(patience)
		check(t, token.Error())
	}
	return client, came
}

// device is a connection of one.
type device struct {
	net.Conn

	last byte // packet id
}

func connect(t testing.TB, address, id string) *device {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	check(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	check(t, conn.SetDeadline(time.Now().Add(10*patience)))
	d := &device{Conn: conn}
	d.ask(t, packet(0x10, str("MQTT"), []byte{4, 2, 0, 0}, str(id)))
	return d
}

// publish returns once that is acknowledged.
func (d *device) publish(t testing.TB, p Published) {
	t.Helper()
	d.last = d.last%100 + 1
	d.ask(t, packet(0x30|p.QoS<<1, str("waymark/v1/"+p.Device+"/up"), []byte{0, d.last}, p.Payload))
}

// ask sends a packet that is answered by one of four bytes: CONNACK, PUBACK or PUBREC.
func (d *device) ask(t testing.TB, packet []byte) {
	t.Helper()
	_, err := d.Write(packet)
	check(t, err)
	_, err = io.ReadFull(d, make([]byte, 4))
	check(t, err)
}

func packet(kind byte, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	return slices.Concat([]byte{kind}, binary.AppendUvarint(nil, uint64(len(body))), body)
}

func str(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...) //nolint:gosec // a short one
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
