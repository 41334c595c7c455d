package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// refusals shows what cannot be done, on the first logger.
func (s *story) refusals(ctx context.Context) error {
	s.chapter("What is refused")
	for _, attempt := range []func(context.Context, *logger) error{s.forge, s.replay, s.suspend} {
		if err := attempt(ctx, s.loggers[0]); err != nil {
			return err
		}
	}
	return nil
}

// forge signs a reading in the logger's name with another key: what a thief of the
// relay's credential could try.
func (s *story) forge(ctx context.Context, l *logger) error {
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		return err
	}
	payload, err := senml.EncodeJSON(now(500))
	if err != nil {
		return err
	}
	last, digest := l.Last()
	forged, err := attest.Sign(attest.JWS, key, attest.Header{Device: l.ID(), Consortium: s.network.Consortium,
		KeyID: l.KeyID(), Kind: attest.PackJSON, Sequence: last + 1, Previous: digest}, payload)
	if err != nil {
		return err
	}
	result, err := s.record(ctx, forged.Text())
	if err != nil {
		return err
	}
	if result.Outcome != waymark.Rejected || result.Code != waymark.Unauthenticated || !contains(result.Reasons, "signature") {
		return fmt.Errorf("a forged message was %s (%s)", result.Outcome, result.Code)
	}
	s.say("    REFUSED a reading forged with a stolen relay credential, but not the logger's key")
	s.say("            %s, rule %s", result.Code, result.Reasons[0])
	return nil
}

// replay submits a recorded message again.
func (s *story) replay(ctx context.Context, l *logger) error {
	result, err := s.record(ctx, attest.Text(l.sent[0]))
	if err != nil {
		return err
	}
	if result.Outcome != waymark.Duplicate || result.TxID == "" {
		return fmt.Errorf("a replayed message was %s", result.Outcome)
	}
	s.say("    NOTHING CHANGED by message 1 of %s, replayed", l.ID())
	s.say("            %s of transaction %.8s", result.Outcome, result.TxID)
	return nil
}

// suspend suspends the logger: the broker lets it in no more, and the ledger takes nothing of it, whoever brings that.
func (s *story) suspend(ctx context.Context, l *logger) error {
	suspended, err := s.apps["producer"].SuspendDevice(ctx, waymark.DeviceStateRequest{Device: l.ID(), Reason: "reported stolen"})
	if err != nil {
		return err
	}
	s.done(suspended.Transaction, "the producer suspends %s", l.ID())
	if err := s.keptOut(ctx, l); err != nil {
		return err
	}
	s.say("    REFUSED the suspended logger's connection to the broker")
	m, err := l.Sign(attest.COSE, now(500))
	if err != nil {
		return err
	}
	result, err := s.record(ctx, attest.Text(m.Raw))
	if err != nil {
		return err
	}
	if result.Outcome != waymark.Rejected || result.Code != waymark.Forbidden || !contains(result.Reasons, "only-active-device-reports") {
		return fmt.Errorf("the suspended logger's message was %s (%s)", result.Outcome, result.Code)
	}
	s.say("    REFUSED its message, brought by a relay")
	s.say("            %s, rule %s", result.Code, result.Reasons[0])
	return nil
}

// keptOut connects the logger until that is refused: the bridge hears of the suspension a moment after the ledger has it.
func (s *story) keptOut(ctx context.Context, l *logger) error {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	for {
		if err := l.session.Close(); err != nil {
			return err
		}
		session, err := l.Connect(ctx, s.broker())
		if errors.Is(err, device.ErrRefused) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the suspended logger is not refused: %w", err)
		}
		l.session = session
	}
}

// record submits one message with the relay's credential.
func (s *story) record(ctx context.Context, text string) (waymark.MessageResult, error) {
	recorded, err := s.relay.RecordMessages(ctx, waymark.Disclosures{Messages: []string{text}})
	if err != nil {
		return waymark.MessageResult{}, err
	}
	return recorded.Result.Results[0], nil
}

func now(centiCelsius int64) []senml.Reading {
	return []senml.Reading{{Name: "temperature", Unit: "Cel", Value: centiCelsius, Time: time.Now().UTC().Truncate(time.Millisecond)}}
}
