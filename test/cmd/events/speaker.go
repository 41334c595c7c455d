package main

import (
	"context"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/speaker"
)

// speakers registers devices.
func (g *gateway) speakers(ctx context.Context, n int) (all []*speaker.Speaker, err error) {
	c, err := g.client(waymark.Operator)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for i := range n {
		s, err := speaker.New(fmt.Sprintf("bench-%d", i), g.network.Channel)
		if err != nil {
			return nil, err
		}
		registration, err := s.Registration(member)
		if err != nil {
			return nil, err
		}
		if _, err := c.RegisterDevice(ctx, waymark.RegisterDeviceRequest{Registration: registration, Activate: true}); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// send sends the next messages of a device, and returns how many readings were recorded.
func send(ctx context.Context, relay *client.Client, s *speaker.Speaker) (int, error) {
	var batch waymark.Disclosures
	for range messagesAtOnce {
		signed, err := s.Say(time.Now(), readingsAMessage)
		if err != nil {
			return 0, err
		}
		batch.Messages = append(batch.Messages, signed.Text())
	}
	written, err := relay.RecordMessages(ctx, batch, client.WithoutKey())
	if err != nil {
		return 0, fmt.Errorf("messages of %s: %w", s.ID, err)
	}
	for _, m := range written.Result.Results {
		if m.Outcome != waymark.Recorded {
			return 0, fmt.Errorf("message %d of %s is %s", m.Sequence, s.ID, m.Outcome)
		}
	}
	return messagesAtOnce * readingsAMessage, nil
}
