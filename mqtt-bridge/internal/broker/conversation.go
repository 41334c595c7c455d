package broker

import (
	"bytes"
	"context"
	"time"

	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/broker/packet"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/intake"
	"github.com/waymark-ledger/waymark/mqtt-bridge/internal/presence"
	"golang.org/x/sync/errgroup"
)

// Topics of a device: it publishes to the one, and may subscribe the other.
const (
	topicPrefix = "waymark/v1/"
	upSuffix    = "/up"
	downSuffix  = "/down"
)

// conversation is with a device that was let in. While the receiver has no room for what the device published, it is still heard, so that
// its pings are answered; what it publishes next is left in the connection.
type conversation struct {
	*connection

	up, down string          // its topics
	handing  *errgroup.Group // of one at a time
}

// converse serves a device, and returns why it does no more. All that was handed over then has been taken, or will not be.
func (c *connection) converse(ctx context.Context) error {
	handing, ctx := errgroup.WithContext(ctx)
	handing.SetLimit(1)
	with := conversation{connection: c, up: topicPrefix + c.device + upSuffix, down: topicPrefix + c.device + downSuffix, handing: handing}
	err := with.listen(ctx)
	c.end(err)
	_ = handing.Wait() // what it says has ended the connection
	return err
}

func (c conversation) listen(ctx context.Context) error {
	for {
		if err := c.await(c.keepAlive + c.keepAlive/2); err != nil { // clause 3.1.2.10
			return err
		}
		head, err := c.in.Head()
		if err != nil {
			return err
		}
		if head.Kind == packet.Publish {
			err = c.published(ctx, head)
		} else {
			err = c.asked(head)
		}
		if err != nil {
			return err
		}
	}
}

// await bounds how long reading may take, 0 for no bound.
func (c conversation) await(most time.Duration) error {
	var until time.Time
	if most > 0 {
		until = time.Now().Add(most)
	}
	return c.raw.SetReadDeadline(until)
}

// published takes a PUBLISH. It is given room once there is some.
func (c conversation) published(ctx context.Context, head packet.Head) error {
	done := func() {}
	if !c.in.Whole(head) {
		size := int64(head.Length)
		if err := c.large.Acquire(ctx, size); err != nil {
			return err
		}
		done = func() { c.large.Release(size) }
		if err := c.await(largeTimeout); err != nil {
			done()
			return err
		}
	}
	body, err := c.in.Body(head)
	var p packet.Publication
	if err == nil {
		p, err = packet.ParsePublish(head, body)
	}
	if err != nil || string(p.Topic) != c.up {
		done()
		if err == nil {
			c.acknowledge(p.QoS, p.ID) // and drop it (clause 3.3.5)
		}
		return err
	}
	c.hand(ctx, p, done)
	return nil
}

// acknowledge acknowledges what was published at a QoS.
func (c conversation) acknowledge(qos byte, id uint16) {
	switch qos {
	case 1:
		c.out.add(packet.NewAck(packet.Puback, id))
	case 2:
		c.out.add(packet.NewAck(packet.Pubrec, id))
	}
}

// hand hands over what was published, once what was before it has been taken. What comes at QoS 0 nobody can hold back, so it is told, and
// ends the connection.
func (c conversation) hand(ctx context.Context, p packet.Publication, done func()) {
	qos, id := p.QoS, p.ID
	arrival := intake.Arrival{Device: c.device, Received: time.Now(), Payload: p.Payload, AtMostOnce: p.QoS == 0, ID: p.ID,
		Ack: func() { c.acknowledge(qos, id) }}
	c.handing.Go(func() error {
		defer done()
		err := c.Receiver.Put(ctx, arrival)
		if err == nil && arrival.AtMostOnce {
			err = ending(presence.Kicked)
		}
		if err != nil {
			c.end(err)
		}
		return err
	})
}

// asked answers what is not a PUBLISH.
func (c conversation) asked(head packet.Head) error {
	body, err := c.in.Body(head)
	if err != nil {
		return err
	}
	switch head.Kind {
	case packet.Pingreq:
		c.out.add(packet.NewPingresp())
	case packet.Disconnect:
		return errGoodbye
	case packet.Pubrel: // what it releases is on the disk, and known there if it comes again
		var id uint16
		if id, err = packet.ParseID(body); err == nil {
			c.out.add(packet.NewAck(packet.Pubcomp, id))
		}
	case packet.Subscribe:
		err = c.subscribe(body)
	case packet.Unsubscribe:
		err = c.unsubscribe(body)
	default:
		return packet.ErrMalformed
	}
	return err
}

// subscribe grants a device its own down topic at QoS 0, and nothing else.
func (c conversation) subscribe(body []byte) error {
	id, filters, err := packet.ParseSubscribe(body)
	if err != nil {
		return err
	}
	codes := make([]byte, len(filters))
	for i, f := range filters {
		if f.Topic != c.down || f.QoS != 0 {
			codes[i] = packet.Refused
			continue
		}
		c.listens.Store(true)
	}
	c.out.add(packet.NewSuback(id, codes))
	return nil
}

func (c conversation) unsubscribe(body []byte) error {
	id, topics, err := packet.ParseUnsubscribe(body)
	if err != nil {
		return err
	}
	for _, topic := range topics {
		if topic == c.down {
			c.listens.Store(false)
		}
	}
	c.out.add(packet.NewAck(packet.Unsuback, id))
	return nil
}

// willOf is what is kept of a will for as long as its connection lasts, and no more of the CONNECT. One at QoS 0, or on a topic that is
// not the device's own, is nobody's.
func willOf(s packet.Session) []byte {
	if s.Will == nil || s.Will.QoS == 0 || s.Will.Topic != topicPrefix+s.ClientID+upSuffix {
		return nil
	}
	return bytes.Clone(s.Will.Payload)
}

// bequeath brings a device's will by the way of all that it publishes.
func (c *connection) bequeath(ctx context.Context) {
	if c.will == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), willTimeout)
	defer cancel()
	_ = c.Receiver.Put(ctx, intake.Arrival{Device: c.device, Received: time.Now(), Payload: c.will, Ack: func() {}}) // nobody waits for it
}
