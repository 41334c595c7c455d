package mqtt

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a broker that a test plays.
type script struct {
	*testing.T

	listener net.Listener
}

func newScript(t *testing.T) *script {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &script{t, l}
}

// accept takes the next connection, and says whether there is a session.
func (s *script) accept(present bool) net.Conn {
	s.Helper()
	return s.greet(s.arrive(), present)
}

// arrive takes the next connection, and does not answer yet.
func (s *script) arrive() net.Conn {
	s.Helper()
	conn, err := s.listener.Accept()
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = conn.Close() })
	expect[*packets.ConnectPacket](s, conn)
	return conn
}

// greet answers a connection.
func (s *script) greet(conn net.Conn, present bool) net.Conn {
	s.Helper()
	answer, _ := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
	answer.SessionPresent = present
	s.send(conn, answer)
	return conn
}

// grant answers a subscription.
func (s *script) grant(conn net.Conn) {
	s.Helper()
	asked := expect[*packets.SubscribePacket](s, conn)
	answer, _ := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
	answer.MessageID, answer.ReturnCodes = asked.MessageID, []byte{1}
	s.send(conn, answer)
}

// publish sends a message of a device.
func (s *script) publish(conn net.Conn, id uint16) {
	s.Helper()
	p, _ := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.Qos, p.MessageID, p.TopicName, p.Payload = 1, id, topicPrefix+"logger-1/up", []byte("x")
	s.send(conn, p)
}

func (s *script) send(conn net.Conn, p packets.ControlPacket) {
	s.Helper()
	if err := p.Write(conn); err != nil {
		s.Fatal(err)
	}
}

func expect[P packets.ControlPacket](s *script, conn net.Conn) P {
	s.Helper()
	p, err := packets.ReadPacket(conn)
	if err != nil {
		s.Fatal(err)
	}
	got, ok := p.(P)
	if !ok {
		s.Fatalf("got %v", p)
	}
	return got
}

// full is a receiver that has no room, and says when something waits and when it waits no more.
type full struct{ waits, ends chan struct{} }

func (f full) Put(ctx context.Context, _ intake.Arrival) error {
	f.waits <- struct{}{}
	<-ctx.Done()
	f.ends <- struct{}{}
	return ctx.Err()
}

// TestWhatWaitsEndsWithItsConnection, before its subscription is answered and after.
func TestWhatWaitsEndsWithItsConnection(t *testing.T) {
	s, r := newScript(t), full{make(chan struct{}, 9), make(chan struct{}, 9)}
	var anew atomic.Int32
	subscribed := make(chan struct{}, 9)
	c := New(Options{URLs: []string{"tcp://" + s.listener.Addr().String()}, ClientID: "bridge"}, r,
		func() { anew.Add(1) }, func() { subscribed <- struct{}{} }, zap.NewNop())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()

	began := time.Now()
	first := s.accept(true) // a backlog, and no answer to the subscription
	s.publish(first, 1)
	<-r.waits
	_ = first.Close()
	<-r.ends
	if waited := time.Since(began); waited >= subscribeTimeout || anew.Load() != 0 || len(subscribed) != 0 {
		t.Errorf("ended after %v; %d sessions lost, %d subscribed", waited, anew.Load(), len(subscribed))
	}

	second := s.accept(false)
	if c.Stands() {
		t.Error("it stands, and the broker does not have it")
	}
	if s.grant(second); anew.Load() != 1 {
		t.Errorf("%d sessions lost", anew.Load())
	}
	s.publish(second, 1)
	<-r.waits
	if <-subscribed; !c.Subscribed() || !c.Stands() {
		t.Error("not subscribed")
	}
	_ = second.Close()
	<-r.ends
	conn := s.arrive()
	if c.Subscribed() || c.Stands() || !c.InDoubt() {
		t.Error("subscribed by a connection that is lost")
	}
	third := s.greet(conn, true)
	s.publish(third, 1)
	<-r.waits
	expect[*packets.SubscribePacket](s, third) // which is not answered
	if c.Subscribed() || !c.Stands() || c.InDoubt() {
		t.Error("the broker has the session, and it does not stand")
	}
	cancel() // in order
	<-r.ends
	<-done
	expect[*packets.DisconnectPacket](s, third)
	if !c.Stands() || c.InDoubt() {
		t.Error("a session that is given up in order is in doubt")
	}
}

// TestHeard: what the broker answers shows that it is there; that a connection stands shows nothing.
func TestHeard(t *testing.T) {
	s := newScript(t)
	subscribed := make(chan struct{}, 1)
	c := New(Options{URLs: []string{"tcp://" + s.listener.Addr().String()}, ClientID: "bridge", Asks: true}, full{}, func() {},
		func() { subscribed <- struct{}{} }, zap.NewNop())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	if !c.Heard().IsZero() {
		t.Error("heard before anything was sent")
	}
	conn := s.accept(true)
	s.grant(conn)
	<-subscribed
	first := c.Heard()
	asked := expect[*packets.UnsubscribePacket](s, conn)
	if first.IsZero() || !c.Heard().Equal(first) {
		t.Errorf("heard at %v, then without an answer at %v", first, c.Heard())
	}
	answer, _ := packets.NewControlPacket(packets.Unsuback).(*packets.UnsubackPacket)
	answer.MessageID = asked.MessageID
	s.send(conn, answer)
	expect[*packets.UnsubscribePacket](s, conn) // it asks again once that is read
	if asked.Topics[0] != noFilter || !c.Heard().After(first) || !c.Subscribed() {
		t.Errorf("it ended %v; heard at %v after an answer", asked.Topics, c.Heard())
	}
	cancel()
	<-done
}
