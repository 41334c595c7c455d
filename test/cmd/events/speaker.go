package main

import (
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// speaker is a device with a key, Ed25519, which it keeps in memory alone.
type speaker struct {
	header   attest.Header
	key      crypto.Signer
	sequence uint64
	previous []byte
}

// speakers registers devices.
func (g *gateway) speakers(ctx context.Context, n int) (all []*speaker, err error) {
	c, err := g.client(waymark.Operator)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for i := range n {
		key, err := attest.GenerateKey(attest.Ed25519)
		if err != nil {
			return nil, err
		}
		s := &speaker{key: key, header: attest.Header{Device: fmt.Sprintf("bench-%d", i), Consortium: g.network.Channel, KeyID: "k1"}}
		if err := s.register(ctx, c); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (s *speaker) register(ctx context.Context, c *client.Client) error {
	jwk, err := attest.PublicJWK(s.key)
	if err != nil {
		return err
	}
	statement, err := json.Marshal(waymark.Registration{Device: s.header.Device, Owner: member, Model: "TL-20", KeyID: s.header.KeyID, JWK: jwk})
	if err != nil {
		return fmt.Errorf("encode registration: %w", err)
	}
	h := s.header
	h.Kind = attest.Registration
	signed, err := attest.Sign(attest.JWS, s.key, h, statement)
	if err != nil {
		return err
	}
	_, err = c.RegisterDevice(ctx, waymark.RegisterDeviceRequest{Registration: signed.Text(), Activate: true})
	return err
}

// send sends the next messages of the device, and returns how many readings were recorded.
func (s *speaker) send(ctx context.Context, relay *client.Client) (int, error) {
	var batch waymark.Disclosures
	for range messagesAtOnce {
		text, err := s.say()
		if err != nil {
			return 0, err
		}
		batch.Messages = append(batch.Messages, text)
	}
	written, err := relay.RecordMessages(ctx, batch, client.WithoutKey())
	if err != nil {
		return 0, fmt.Errorf("messages of %s: %w", s.header.Device, err)
	}
	for _, m := range written.Result.Results {
		if m.Outcome != waymark.Recorded {
			return 0, fmt.Errorf("message %d of %s is %s", m.Sequence, s.header.Device, m.Outcome)
		}
	}
	return messagesAtOnce * readingsAMessage, nil
}

// say is the next message of the device.
func (s *speaker) say() (string, error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	pack := make([]senml.Reading, readingsAMessage)
	for i := range pack {
		pack[i] = senml.Reading{Name: "temperature", Unit: "Cel", Value: 400 + int64(s.sequence+uint64(i))%200, Time: now.Add(time.Duration(i) * time.Millisecond)} //nolint:gosec // small
	}
	payload, err := senml.EncodeCBOR(pack)
	if err != nil {
		return "", err
	}
	s.sequence++
	h := s.header
	h.Kind, h.Sequence, h.Previous = attest.PackCBOR, s.sequence, s.previous
	signed, err := attest.Sign(attest.COSE, s.key, h, payload)
	s.previous = signed.Digest[:]
	return signed.Text(), err
}
