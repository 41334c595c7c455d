package broker

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// The control packets of MQTT 3.1.1 (clause 2.2.1), with their flags.
const (
	connectPacket   = 0x10
	publishPacket   = 0x32 // at QoS 1
	subscribePacket = 0x82
	pingPacket      = 0xC0
)

// control is a control packet with its length.
func control(kind byte, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	return slices.Concat([]byte{kind}, binary.AppendUvarint(nil, uint64(len(body))), body)
}

// str is a string of MQTT.
func str(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}

// hello is a CONNECT of a device.
func hello(device string, keepAlive byte) []byte {
	return control(connectPacket, str("MQTT"), []byte{4, 0xC2, 0, keepAlive}, str(device), str(device), str("password"))
}

// dial connects without a word of MQTT.
func dial(t testing.TB, b place) *tls.Conn {
	t.Helper()
	conn, err := tls.Dial("tcp", b.Address(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// say sends packets and returns what comes back until the broker ends the connection.
func say(t testing.TB, b place, close bool, packets ...[]byte) []byte {
	t.Helper()
	conn := dial(t, b)
	_, err := conn.Write(slices.Concat(packets...))
	if err == nil && close {
		err = conn.CloseWrite()
	}
	if err != nil && !errors.Is(err, net.ErrClosed) { // it may have ended by now
		t.Logf("write: %v", err)
	}
	answer, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("the broker does not end the connection")
	}
	_ = conn.Close()
	return answer
}

// serves checks that a device is still served.
func serves(t testing.TB, b place) {
	t.Helper()
	answer := say(t, b, true, hello("witness", 0), control(pingPacket))
	if want := []byte{0x20, 2, 0, 0, 0xD0, 0}; !slices.Equal(answer, want) {
		t.Fatalf("another device is answered % x, want % x", answer, want)
	}
}

// malformed are packets that end the connection, before a device has logged in or after.
var malformed = []struct {
	name  string
	after bool // the device has logged in
	bytes []byte
}{
	{"nothing of MQTT", false, []byte("GET / HTTP/1.1\r\n\r\n")},
	{"publish before connect", false, control(publishPacket, str("waymark/v1/logger-1/up"), []byte{0, 1})},
	{"MQTT 3.1", false, control(connectPacket, str("MQIsdp"), []byte{3, 2, 0, 0}, str("logger-1"))},
	{"MQTT 5", false, control(connectPacket, str("MQTT"), []byte{5, 2, 0, 0, 0}, str("logger-1"))},
	{"reserved flag of connect", false, control(connectPacket, str("MQTT"), []byte{4, 3, 0, 0}, str("logger-1"))},
	{"password without user", false, control(connectPacket, str("MQTT"), []byte{4, 0x42, 0, 0}, str("logger-1"), str("x"))},
	{"will of QoS 3", false, control(connectPacket, str("MQTT"), []byte{4, 0xDE, 0, 0}, str("logger-1"), str("t"), str("w"), str("logger-1"), str("x"))},
	{"will flags without a will", false, control(connectPacket, str("MQTT"), []byte{4, 0xEA, 0, 0}, str("logger-1"), str("logger-1"), str("x"))},
	{"client id cut off", false, control(connectPacket, str("MQTT"), []byte{4, 0xC2, 0, 0, 0xFF, 0xFF}, []byte("logger"))},
	{"no client id", false, control(connectPacket, str("MQTT"), []byte{4, 0xC0, 0, 0}, str(""), str("logger-1"), str("x"))},
	{"client id that is no UTF-8", false, control(connectPacket, str("MQTT"), []byte{4, 0xC2, 0, 0}, str("\xff"), str("\xff"), str("x"))},
	{"wildcard as client id", false, hello(">", 0)},
	{"too long a connect", false, control(connectPacket, str("MQTT"), []byte{4, 0xC2, 0, 0}, str("logger-1"), str("logger-1"), str(strings.Repeat("x", 65000)), make([]byte, maxPacket))},
	{"a second connect", true, hello("logger-1", 0)},
	{"length of five bytes", true, []byte{publishPacket, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}},
	{"256 MB announced", true, []byte{publishPacket, 0xFF, 0xFF, 0xFF, 0x7F}},
	{"too long a publish", true, control(publishPacket, str("waymark/v1/logger-1/up"), []byte{0, 1}, make([]byte, maxPacket))},
	{"QoS 3", true, control(0x36, str("waymark/v1/logger-1/up"), []byte{0, 1})},
	{"packet id 0", true, control(publishPacket, str("waymark/v1/logger-1/up"), []byte{0, 0})},
	{"no topic", true, control(publishPacket, str(""), []byte{0, 1})},
	{"wildcard to publish to", true, control(publishPacket, str("waymark/v1/+/up"), []byte{0, 1})},
	{"NUL in the topic", true, control(publishPacket, str("waymark/v1/logger-1\x00/up"), []byte{0, 1})},
	{"topic cut off", true, control(publishPacket, []byte{0xFF, 0xFF}, []byte("waymark"))},
	{"subscribe to nothing", true, control(subscribePacket, []byte{0, 1})},
	{"subscribe at QoS 3", true, control(subscribePacket, []byte{0, 1}, str("waymark/v1/logger-1/down"), []byte{3})},
	{"subscribe with wrong flags", true, control(0x80, []byte{0, 1}, str("waymark/v1/logger-1/down"), []byte{0})},
	{"packet type 0", true, control(0x00)},
	{"packet type 15", true, control(0xF0)},
	{"ping with a body", true, control(pingPacket, []byte{1})},
}

func TestMalformedPacketsEndTheirConnectionAlone(t *testing.T) {
	b := open(t)
	other := dial(t, b)
	if _, err := other.Write(hello("bystander", 0)); err != nil {
		t.Fatal(err)
	}
	for _, test := range malformed {
		t.Run(test.name, func(t *testing.T) {
			packets := [][]byte{test.bytes}
			if test.after {
				packets = [][]byte{hello("logger-1", 0), test.bytes}
			}
			answer := say(t, b, false, packets...)
			if accepted := []byte{0x20, 2, 0, 0}; slices.Equal(answer, accepted) != test.after {
				t.Errorf("answered % x", answer)
			}
		})
	}
	if _, err := other.Write(control(pingPacket)); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 6)
	if _, err := io.ReadFull(other, answer); err != nil || !slices.Equal(answer, []byte{0x20, 2, 0, 0, 0xD0, 0}) {
		t.Errorf("a device that did nothing wrong is answered % x, %v", answer, err)
	}
}

// FuzzPackets: whatever a client sends, before it has logged in or after, the broker goes on.
func FuzzPackets(f *testing.F) {
	b := open(f)
	for _, test := range malformed {
		f.Add(test.bytes)
	}
	f.Add(hello("logger-1", 1))
	f.Add(control(publishPacket, str("waymark/v1/logger-1/up"), []byte{0, 1}, []byte("message")))
	f.Add(slices.Concat(control(0x34, str("waymark/v1/logger-1/up"), []byte{0, 7}, []byte("message")), control(0x62, []byte{0, 7})))
	f.Add(control(subscribePacket, []byte{0, 1}, str("waymark/v1/logger-1/down"), []byte{0}))
	f.Fuzz(func(t *testing.T, packets []byte) {
		if len(packets) > 2*maxPacket {
			return // longer than anything that is read at once
		}
		say(t, b, true, packets)
		say(t, b, true, hello("logger-1", 0), packets)
		serves(t, b)
	})
}

// A device that says nothing for half as long again as it promised is gone.
func TestSilentDeviceIsDisconnected(t *testing.T) {
	b := open(t)
	start := time.Now()
	say(t, b, false, hello("logger-1", 1))
	if took := time.Since(start); took < time.Second {
		t.Errorf("disconnected after %s", took)
	}
}

// Those that hold a CONNECT back but for its last byte are bounded in number, as each takes memory; a device that logs in beside them is let in at its
// first try, or at one of the next.
func TestConnectionsThatDoNotEndTheirConnect(t *testing.T) {
	const most = 20
	o := options(t)
	o.MaxConnections = 200
	b := start(t, o, anybody{}, boundless())
	b.crowd(most)
	half := control(connectPacket, str("MQTT"), []byte{4, 0xC2, 0, 0}, str("a"), str("a"), str(strings.Repeat("x", 60000)))
	for range 5 * most {
		if _, err := dial(t, b).Write(half[:len(half)-1]); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "those beyond the bound to be ended", func() bool { return b.places.Load() <= most })
	for try := 1; ; try++ {
		if answer := say(t, b, true, hello("witness", 0), control(pingPacket)); len(answer) == 6 {
			break
		}
		if try == 10 {
			t.Fatal("nobody gets in beside them")
		}
	}
	if n := b.newcomers.held(); n > most {
		t.Errorf("%d are remembered", n)
	}
}

// unhurried lets every device in once it is let go.
type unhurried struct {
	anybody

	asked, going chan struct{}
}

// Login waits.
func (u *unhurried) Login(ctx context.Context, device, password string) (time.Time, error) {
	u.asked <- struct{}{}
	select {
	case <-u.going:
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
	return u.anybody.Login(ctx, device, password)
}

// Devices that come back all at once are not ended for each other while the registry is asked of them.
func TestManyThatLogInAtOnce(t *testing.T) {
	const devices = 10 // that are all asked of before loginTimeout
	o := options(t)
	o.MaxConnections = devices
	logins := &unhurried{asked: make(chan struct{}), going: make(chan struct{})}
	b := start(t, o, logins, boundless())
	b.crowd(2)
	var conns []*tls.Conn
	for i := range devices {
		conn := dial(t, b)
		if _, err := conn.Write(hello(fmt.Sprintf("logger-%d", i), 0)); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
		<-logins.asked
	}
	close(logins.going)
	for i, conn := range conns {
		answer := make([]byte, 4)
		if _, err := io.ReadFull(conn, answer); err != nil || answer[3] != 0 {
			t.Errorf("logger-%d is answered % x, %v", i, answer, err)
		}
	}
}

// crowd bounds the newcomers anew.
func (p place) crowd(most int) {
	p.newcomers.mu.Lock()
	defer p.newcomers.mu.Unlock()
	p.newcomers.most = most
}

// Who has not logged in takes no device's place; when these are taken nobody else gets in, but for a device that takes over from itself.
func TestStrangersTakeNoDevicesPlaces(t *testing.T) {
	o := options(t)
	o.MaxConnections = 2
	b := start(t, o, anybody{}, boundless())
	for range 10 * o.MaxConnections { // half of them say nothing at all, half begin a handshake
		silent, err := net.Dial("tcp", b.Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = silent.Close() })
		dial(t, b)
	}
	waitFor(t, "all of them", func() bool { return b.places.Load() >= int64(10*o.MaxConnections) })
	login := func(device string, want byte) *tls.Conn {
		conn, answer := dial(t, b), make([]byte, 4)
		_, err := conn.Write(hello(device, 0))
		if err == nil {
			_, err = io.ReadFull(conn, answer)
		}
		if err != nil || answer[3] != want {
			t.Fatalf("%s is answered % x, %v; want %d", device, answer, err, want)
		}
		return conn
	}
	first := login("first", 0)
	login("second", 0)
	login("third", 5)
	login("second", 0)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the place of a device that has gone", func() bool { return b.devices.count() < o.MaxConnections })
	login("third", 0)
	if !b.Disconnect("third") || b.Disconnect("first") {
		t.Error("Disconnect does not say who was connected")
	}
}

// Connections that do not log in are bounded in number and in time, and devices that have
// logged in do not notice.
func TestFloodOfConnections(t *testing.T) {
	b := open(t)
	device := dial(t, b)
	if _, err := device.Write(hello("logger-1", 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(device, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	var idle []net.Conn
	for range options(t).MaxConnections + maxNewcomers + spareConnections + 20 {
		conn, err := net.Dial("tcp", b.Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		idle = append(idle, conn)
	}
	if n := b.places.Load(); n > b.mostPlaces() {
		t.Errorf("%d connections are held", n)
	}
	if _, err := device.Write(control(pingPacket)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(device, make([]byte, 2)); err != nil {
		t.Errorf("a device that has logged in: %v", err)
	}
	for _, conn := range idle { // the broker ends them, without our doing
		if err := conn.SetReadDeadline(time.Now().Add(3 * handshakeTimeout)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("a connection that never logs in is kept")
		}
	}
	serves(t, b)
}
