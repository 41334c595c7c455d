package broker

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// publication is a PUBLISH of a device at a QoS.
func publication(device string, qos byte, id uint16, payload string) []byte {
	parts := [][]byte{str("waymark/v1/" + device + "/up")}
	if qos > 0 {
		parts = append(parts, []byte{byte(id >> 8), byte(id)})
	}
	return control(0x30|qos<<1, append(parts, []byte(payload))...)
}

// willing is a CONNECT with a will.
func willing(device, topic string, qos byte, will string) []byte {
	return control(connectPacket, str("MQTT"), []byte{4, 0xC6 | qos<<3, 0, 0}, str(device), str(topic), str(will), str(device), str("password"))
}

// talk is a connection of a device that was let in.
func (p place) talk(t testing.TB, connect []byte) net.Conn {
	t.Helper()
	conn := dial(t, p)
	send(t, conn, connect)
	expect(t, conn, 0x20, 2, 0, 0)
	return conn
}

func send(t testing.TB, conn net.Conn, packets ...[]byte) {
	t.Helper()
	if _, err := conn.Write(slices.Concat(packets...)); err != nil {
		t.Fatal(err)
	}
}

func expect(t testing.TB, conn net.Conn, want ...byte) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(conn, got); err != nil || !slices.Equal(got, want) {
		t.Fatalf("answered % x, %v; want % x", got[:n], err, want)
	}
}

// Each QoS is acknowledged as MQTT says, and not before there is room.
func TestWhatIsAcknowledged(t *testing.T) {
	p := start(t, options(t), anybody{}, roomFor(0))
	conn := p.talk(t, hello("logger-1", 0))
	send(t, conn, publication("logger-1", 1, 7, "one"), control(pingPacket))
	expect(t, conn, 0xD0, 0) // it is heard while it waits
	p.shelf.makeRoom(1)
	expect(t, conn, 0x40, 2, 0, 7)
	p.shelf.makeRoom(1)
	send(t, conn, publication("logger-1", 2, 8, "two"))
	expect(t, conn, 0x50, 2, 0, 8)
	send(t, conn, control(0x62, []byte{0, 8}), control(0x62, []byte{0, 9}))
	expect(t, conn, 0x70, 2, 0, 8, 0x70, 2, 0, 9)
	send(t, conn, publication("logger-2", 1, 9, "another's"), publication("logger-2", 2, 10, "another's"), publication("logger-2", 0, 0, "another's"), control(pingPacket))
	expect(t, conn, 0x40, 2, 0, 9, 0x50, 2, 0, 10, 0xD0, 0)
	if got := p.shelf.payloads(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("taken: %q", got)
	}
}

// A device that publishes while there is no room is left alone with it: one message waits outside the receiver, the rest in the connection.
func TestAFloodStaysInItsConnection(t *testing.T) {
	const many = 50000
	p := start(t, options(t), anybody{}, roomFor(0))
	conn := p.talk(t, hello("flooder", 0))
	payload := strings.Repeat("x", 1000)
	sent := 0
	for ; sent < many; sent++ {
		if err := conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(publication("flooder", 1, uint16(sent+1), payload)); err != nil {
			break
		}
	}
	if sent == many {
		t.Errorf("%d messages were read, and there is room for none", sent)
	}
	serves(t, p) // others do not notice
	p.shelf.makeRoom(100)
	expect(t, conn, 0x40, 2, 0, 1)
}

// A connection that is taken over brings nothing any more once the new one is let in.
func TestATakeoverKeepsTheOrder(t *testing.T) {
	p := start(t, options(t), anybody{}, roomFor(2))
	first := p.talk(t, hello("twin", 0))
	for i := range 10 {
		send(t, first, publication("twin", 1, uint16(i+1), fmt.Sprint(i)))
	}
	waitFor(t, "two of them", func() bool { return len(p.shelf.payloads()) == 2 })
	second := p.talk(t, hello("twin", 0))
	p.shelf.makeRoom(100)
	for i := 2; i < 10; i++ {
		send(t, second, publication("twin", 1, uint16(i+1), fmt.Sprint(i)))
	}
	for i := 2; i < 10; i++ {
		expect(t, second, 0x40, 2, 0, byte(i+1))
	}
	if got := p.shelf.payloads(); !slices.Equal(got, strings.Split("0123456789", "")) {
		t.Errorf("taken: %q", got)
	}
	if got := p.diary.read(); !slices.Equal(got, []string{"twin connected", "twin takeover", "twin connected"}) {
		t.Errorf("told: %q", got)
	}
}

// A device that connects again and again while there is no room waits for one will alone, that of the connection which was let in.
func TestTakeoversDoNotWaitForOneAnother(t *testing.T) {
	p := start(t, options(t), anybody{}, roomFor(0))
	connect := willing("twin", "waymark/v1/twin/up", 1, "the will")
	p.talk(t, connect)
	var last net.Conn
	for range 5 {
		before := p.devices.of("twin")
		last = dial(t, p)
		send(t, last, connect)
		waitFor(t, "the next connection", func() bool { return p.devices.of("twin") != before })
	}
	expect(t, last, 0x20, 2, 0, 0)
	if got := p.diary.read(); !slices.Equal(got, []string{"twin connected", "twin takeover", "twin connected"}) {
		t.Errorf("told: %q", got)
	}
}

// A will comes by its device's own topic, in whatever way the connection ends, but for its own goodbye and the broker's end.
func TestWills(t *testing.T) {
	const topic = "waymark/v1/dying/up"
	for _, test := range []struct {
		name   string
		topic  string
		qos    byte
		ends   func(t *testing.T, p place, conn net.Conn)
		comes  bool
		reason string
	}{
		{"it breaks", topic, 1, func(t *testing.T, _ place, conn net.Conn) { _ = conn.Close() }, true, "closed"},
		{"at QoS 2", topic, 2, func(t *testing.T, _ place, conn net.Conn) { _ = conn.Close() }, true, "closed"},
		{"at QoS 0", topic, 0, func(t *testing.T, _ place, conn net.Conn) { _ = conn.Close() }, false, "closed"},
		{"on another's topic", "waymark/v1/victim/up", 1, func(t *testing.T, _ place, conn net.Conn) { _ = conn.Close() }, false, "closed"},
		{"it is kicked", topic, 1, func(_ *testing.T, p place, _ net.Conn) { p.Disconnect("dying") }, true, "kicked"},
		{"it breaks the protocol", topic, 1, func(t *testing.T, _ place, conn net.Conn) { send(t, conn, control(0xF0)) }, true, "faulty"},
		{"it publishes at QoS 0", topic, 1, func(t *testing.T, _ place, conn net.Conn) { send(t, conn, publication("dying", 0, 0, "at most once")) }, true, "kicked"},
		{"it says goodbye", topic, 1, func(t *testing.T, _ place, conn net.Conn) { send(t, conn, control(0xE0)) }, false, "closed"},
		{"the broker ends", topic, 1, func(_ *testing.T, p place, _ net.Conn) { p.stop() }, false, "shutdown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := open(t)
			conn := p.talk(t, willing("dying", test.topic, test.qos, "the will"))
			test.ends(t, p, conn)
			waitFor(t, "its end", func() bool { return len(p.diary.read()) == 2 })
			if got := p.diary.read()[1]; got != "dying "+test.reason {
				t.Errorf("ended as %q", got)
			}
			if got := slices.Contains(p.shelf.payloads(), "the will"); got != test.comes {
				t.Errorf("the will came %t", got)
			}
		})
	}
	p := open(t)
	long := dial(t, p)
	send(t, long, willing("dying", topic, 1, strings.Repeat("x", maxWill+1)))
	expect(t, long, 0x20, 2, 0, 5)
}

// A device that is not there, does not listen, or does not read costs whoever publishes to it nothing.
func TestTheWayDown(t *testing.T) {
	p := open(t)
	publish := func(device, message string) error { return p.Publish(t.Context(), device, []byte(message)) }
	conn := p.talk(t, hello("logger-1", 0))
	for _, device := range []string{"logger-1", "absent"} {
		if err := publish(device, "to nobody"); err != nil {
			t.Error(err)
		}
	}
	send(t, conn, control(subscribePacket, []byte{0, 1}, str("waymark/v1/logger-1/down"), []byte{0}, str("waymark/v1/logger-2/down"), []byte{0}, str("#"), []byte{0},
		str("waymark/v1/logger-1/down"), []byte{1}))
	expect(t, conn, 0x90, 6, 0, 1, 0, 0x80, 0x80, 0x80)
	if err := publish("logger-1", "hello"); err != nil {
		t.Error(err)
	}
	expect(t, conn, control(0x30, str("waymark/v1/logger-1/down"), []byte("hello"))...)
	send(t, conn, control(0xA2, []byte{0, 2}, str("waymark/v1/logger-1/down")))
	expect(t, conn, 0xB0, 2, 0, 2)
	if err := publish("logger-1", "to nobody"); err != nil {
		t.Error(err)
	}
	send(t, conn, control(subscribePacket, []byte{0, 3}, str("waymark/v1/logger-1/down"), []byte{0}))
	expect(t, conn, 0x90, 3, 0, 3, 0)
	large, began := strings.Repeat("x", 8<<10), time.Now()
	for err := error(nil); err == nil; err = publish("logger-1", large) {
		if time.Since(began) > time.Minute {
			t.Fatal("all of it waits somewhere")
		}
	}
}

// A client that asks and asks and reads nothing is ended.
func TestWhoReadsNothingIsEnded(t *testing.T) {
	p := open(t)
	conn := p.talk(t, hello("logger-1", 0))
	pings := slices.Repeat(control(pingPacket), 10000)
	for end := time.Now().Add(time.Minute); ; {
		if _, err := conn.Write(pings); err != nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("it stays")
		}
	}
	waitFor(t, "its end", func() bool { return slices.Contains(p.diary.read(), "logger-1 faulty") })
}

// Packets beyond the buffer share a bound, and one that does not end is given up.
func TestLargePackets(t *testing.T) {
	p := open(t)
	conn := p.talk(t, hello("logger-1", 0))
	large := strings.Repeat("x", 100<<10)
	for i := range 3 {
		send(t, conn, publication("logger-1", 1, uint16(i+1), large))
		expect(t, conn, 0x40, 2, 0, byte(i+1))
	}
	half := publication("logger-1", 1, 4, large)
	send(t, conn, half[:len(half)-1])
	_ = conn.Close()
	waitFor(t, "its end", func() bool { return slices.Contains(p.diary.read(), "logger-1 closed") })
	if !p.large.TryAcquire(largeBytes) {
		t.Error("room is not given back")
	}
}

// When there is no room nobody stays, nor is let in who was logging in meanwhile.
func TestNobodyStaysWithoutRoom(t *testing.T) {
	logins := &unhurried{asked: make(chan struct{}), going: make(chan struct{})}
	p := start(t, options(t), logins, boundless())
	connected := dial(t, p)
	send(t, connected, hello("connected", 0))
	<-logins.asked
	logins.going <- struct{}{}
	expect(t, connected, 0x20, 2, 0, 0)
	waiting := dial(t, p)
	send(t, waiting, hello("waiting", 0))
	<-logins.asked
	p.SetRoom(false)
	logins.going <- struct{}{}
	expect(t, waiting, 0x20, 2, 0, 5)
	waitFor(t, "the end of the other", func() bool { return slices.Contains(p.diary.read(), "connected kicked") })
	refused := dial(t, p)
	send(t, refused, hello("connected", 0))
	expect(t, refused, 0x20, 2, 0, 5)
	p.SetRoom(true)
	again := dial(t, p)
	send(t, again, hello("connected", 0))
	<-logins.asked
	logins.going <- struct{}{}
	expect(t, again, 0x20, 2, 0, 0)
}

// brief lets devices in for a moment.
type brief struct{ anybody }

// Login lets them stay for that long.
func (brief) Login(context.Context, string, string) (time.Time, error) {
	return time.Now().Add(200 * time.Millisecond), nil
}

func TestALoginEnds(t *testing.T) {
	p := start(t, options(t), brief{}, boundless())
	p.talk(t, hello("logger-1", 0))
	waitFor(t, "its end", func() bool { return slices.Contains(p.diary.read(), "logger-1 expired") })
}

func TestWhoIsRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		logins Logins
		packet []byte
	}{
		{"by the registry", nobody{}, hello("logger-1", 0)},
		{"called as the bridge", anybody{}, hello("waymark-bridge", 0)},
		{"called as one of its sessions", anybody{}, hello("waymark-bridge-3", 0)},
		{"another user name", anybody{}, control(connectPacket, str("MQTT"), []byte{4, 0xC2, 0, 0}, str("logger-1"), str("logger-2"), str("x"))},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start(t, options(t), test.logins, boundless())
			conn := dial(t, p)
			send(t, conn, test.packet)
			expect(t, conn, 0x20, 2, 0, 5)
			if got := p.diary.read(); len(got) > 0 {
				t.Errorf("told: %q", got)
			}
		})
	}
}
