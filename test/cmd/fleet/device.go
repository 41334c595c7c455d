package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/waymark-ledger/waymark/test/internal/speaker"
)

const (
	connectTimeout = 30 * time.Second
	// ackTimeout is how long a broker may say nothing at all while a message has no PUBACK.
	ackTimeout  = time.Minute
	bufferBytes = 16 << 10
	protocol311 = 4
)

// errNothingLeft keeps a bench from measuring devices that have nothing to say.
var errNothingLeft = errors.New("the device has no message left: --messages is too small")

// device is one, with its connection.
type device struct {
	speaker  *speaker.Speaker
	messages [][]byte
	topic    string

	conn net.Conn
	in   *bufio.Reader
	out  *bufio.Writer

	sent    []time.Time   // PUBLISH packets; of publish alone until it has ended
	slots   chan struct{} // holds one for each message under way
	open    chan struct{} // holds one for each message without PUBACK; closed by publish
	closing sync.Once
}

func newDevice(s *speaker.Speaker, o options) *device {
	window := o.window
	if o.rate > 0 {
		window = o.messages
	}
	return &device{speaker: s, topic: "waymark/v1/" + s.ID + "/up", slots: make(chan struct{}, o.window), open: make(chan struct{}, window)}
}

// connect connects to the broker as the device.
func (d *device) connect(ctx context.Context, broker string, settings *tls.Config) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	password, err := d.speaker.Login(time.Now())
	if err != nil {
		return err
	}
	if d.conn, err = (&tls.Dialer{Config: settings}).DialContext(ctx, "tcp", broker); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	d.in, d.out = bufio.NewReaderSize(d.conn, bufferBytes), bufio.NewWriterSize(d.conn, bufferBytes)
	p := &packets.ConnectPacket{
		FixedHeader: packets.FixedHeader{MessageType: packets.Connect}, ProtocolName: "MQTT", ProtocolVersion: protocol311, CleanSession: true,
		ClientIdentifier: d.speaker.ID, UsernameFlag: true, Username: d.speaker.ID, PasswordFlag: true, Password: []byte(password),
	}
	if err := errors.Join(d.conn.SetDeadline(time.Now().Add(connectTimeout)), p.Write(d.out), d.out.Flush()); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	answer, err := packets.ReadPacket(d.in)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if ack, is := answer.(*packets.ConnackPacket); !is || ack.ReturnCode != packets.Accepted {
		return fmt.Errorf("connect: the broker answers %s", answer)
	}
	return d.conn.SetDeadline(time.Time{})
}

func (d *device) disconnect() {
	d.closing.Do(func() {
		if d.conn != nil {
			_ = d.conn.Close() // nothing is under way that counts
		}
	})
}

// recorded makes room in the window.
func (d *device) recorded(count int) error {
	if count > len(d.slots) { // nobody else takes from it
		return errors.New("more is recorded than was published")
	}
	for range count {
		<-d.slots
	}
	return nil
}

// turn waits until a device may publish its next message. It reports false when the device is to stop.
type turn func(ctx context.Context, stop <-chan struct{}) (bool, error)

// publish publishes in its turns, until it is to stop.
func (d *device) publish(ctx context.Context, stop <-chan struct{}, next turn) error {
	defer close(d.open)
	for _, m := range d.messages {
		more, err := next(ctx, stop)
		if err != nil || !more {
			return err
		}
		select {
		case d.open <- struct{}{}:
		case <-ctx.Done():
			return nil // somebody else has failed
		}
		d.sent = append(d.sent, time.Now())
		p := &packets.PublishPacket{
			FixedHeader: packets.FixedHeader{MessageType: packets.Publish, Qos: 1}, TopicName: d.topic,
			MessageID: uint16(1 + len(d.sent)%65535), Payload: m,
		}
		if err := p.Write(d.out); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	if err := d.flush(); err != nil {
		return err
	}
	if more, err := next(ctx, stop); err != nil || !more {
		return err
	}
	return errNothingLeft
}

// after has a device wait, once it has published so many messages, until it is let go on.
func (d *device) after(first int, more <-chan struct{}, next turn) turn {
	if first == 0 {
		return next
	}
	return func(ctx context.Context, stop <-chan struct{}) (bool, error) {
		if len(d.sent) == first {
			if err := d.flush(); err != nil {
				return false, err
			}
			select {
			case <-more:
			case <-stop:
				return false, nil
			case <-ctx.Done():
				return false, nil // somebody else has failed
			}
		}
		return next(ctx, stop)
	}
}

// place waits for a place in the window. What is written is sent before it waits. It reports false when
// the device is to stop.
func (d *device) place(ctx context.Context, stop <-chan struct{}) (bool, error) {
	select {
	case <-stop:
		return false, d.flush()
	default:
	}
	select {
	case d.slots <- struct{}{}:
		return true, nil
	default:
	}
	if err := d.flush(); err != nil {
		return false, err
	}
	select {
	case d.slots <- struct{}{}:
		return true, nil
	case <-stop:
		return false, nil
	case <-ctx.Done():
		return false, nil // somebody else has failed
	}
}

func (d *device) flush() error {
	if err := d.out.Flush(); err != nil { // a broker that reads nothing is noticed by collect
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// collect reads a PUBACK for each message.
func (d *device) collect() error {
	for range d.open {
		if err := d.acknowledged(); err != nil {
			return err
		}
	}
	return nil
}

func (d *device) acknowledged() error {
	if err := d.conn.SetReadDeadline(time.Now().Add(ackTimeout)); err != nil {
		return fmt.Errorf("wait for a PUBACK: %w", err)
	}
	p, err := packets.ReadPacket(d.in)
	if err != nil {
		return fmt.Errorf("wait for a PUBACK: %w", err)
	}
	if _, is := p.(*packets.PubackPacket); !is {
		return fmt.Errorf("the broker sends %s", p)
	}
	return nil
}
