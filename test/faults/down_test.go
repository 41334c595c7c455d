//go:build e2e && linux

package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// inflicting is how a fault is let happen.
type inflicting = func(context.Context, *testing.T, *row)

// key is what devices are given of the site's bridge.
func (s *site) key(ctx context.Context, t *testing.T) (b device.Bridge) {
	t.Helper()
	printed, err := exec.CommandContext(ctx, program("mqtt-bridge"), "key", "--config", s.config).Output()
	if err == nil {
		err = json.Unmarshal(printed, &b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// addHearing connects one more device, which keeps its messages until it is told what became of them.
func (r *row) addHearing(ctx context.Context, t *testing.T) (*source, <-chan device.Heard) {
	t.Helper()
	s, key, heard := r.newSource(ctx, t), r.key(ctx, t), make(chan device.Heard, 100)
	if err := s.session.Close(); err != nil {
		t.Fatal(err)
	}
	s.connect(ctx, t, r.site, device.Broker{Keep: true, Down: func(payload []byte) {
		told, err := s.device.Hear(payload, key)
		if err != nil {
			t.Errorf("came down to %s: %v", s.device.ID(), err)
			return
		}
		select {
		case heard <- told:
		default: // it comes again
		}
	}})
	return s, heard
}

// asksAgain is how long a device waits for an answer.
const asksAgain = 3 * time.Second

// asking lets a fault happen while one more device sends, which forgets a message only once the bridge has signed that
// the ledger has it, and sends it again until then.
func asking(inflict inflicting) inflicting {
	return func(ctx context.Context, t *testing.T, r *row) {
		t.Helper()
		s, heard := r.addHearing(ctx, t)
		sending, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() {
			for sending.Err() == nil {
				if err := s.sendSurely(ctx, heard); err != nil {
					ended <- err
					return
				}
			}
			ended <- nil
		}()
		inflict(ctx, t, r)
		stop()
		if err := <-ended; err != nil || len(s.device.Outbox()) > 0 {
			t.Errorf("%d of %d messages are not known to have an end: %v", len(s.device.Outbox()), len(s.sent), err)
		}
		r.remark += fmt.Sprintf(" One that asks for commit receipts got them for each of its %d messages.", len(s.sent))
	}
}

// sendSurely sends a message until the device may free it.
func (s *source) sendSurely(ctx context.Context, heard <-chan device.Heard) error {
	m, err := s.sign(time.Now())
	if err != nil {
		return err
	}
	question, err := s.device.Inquiry(attest.JWS, m.Sequence)
	if err != nil {
		return err
	}
	for {
		for _, raw := range [][]byte{m.Raw, []byte(question)} {
			if err := s.session.PublishRaw(ctx, raw); err != nil {
				return err
			}
		}
		select {
		case told := <-heard:
			if told.Commit == nil || told.Commit.Number != m.Sequence {
				continue
			}
			if freed, err := s.device.Free(*told.Commit); freed || err != nil {
				return err
			}
		case <-time.After(asksAgain):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// The commands of a row about them.
const (
	commands        = 10
	commandInterval = 2 * time.Second
)

// commanded lets a fault happen while commands go down to one more device, which answers each as often as it comes. Each is
// to be closed on the ledger, by that answer.
func commanded(inflict inflicting) inflicting {
	return func(ctx context.Context, t *testing.T, r *row) {
		t.Helper()
		s, heard := r.addHearing(ctx, t)
		answering, stop := context.WithCancel(ctx)
		ended, requested := make(chan error, 2), make([]string, commands)
		go func() { ended <- s.answer(answering, heard) }()
		go func() { ended <- s.command(ctx, requested) }()
		inflict(ctx, t, r)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		for _, id := range requested {
			if err := s.awaitClosed(ctx, id); err != nil {
				t.Error(err)
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		r.remark += fmt.Sprintf("%d commands went down, and their receipts are on the ledger.", len(requested))
	}
}

// command requests commands, one after another, and notes their ids.
func (s *source) command(ctx context.Context, ids []string) error {
	operator, err := app.New(local.at, "producer", waymark.Operator)
	if err != nil {
		return err
	}
	for n := range ids {
		ids[n] = fmt.Sprintf("%s-%d", s.device.ID(), n)
		_, err := operator.RequestCommand(ctx, waymark.CommandRequest{ID: ids[n], Device: s.device.ID(), Name: "wake", Arguments: `{"minutes":5}`,
			ExpiresAt: time.Now().Add(time.Hour)})
		if err != nil {
			return err
		}
		pause(ctx, commandInterval)
	}
	return nil
}

// answer sends a receipt for each command that comes down, until ctx ends: the same bytes for the same command.
func (s *source) answer(ctx context.Context, heard <-chan device.Heard) error {
	receipts := map[string]string{}
	for {
		select {
		case told := <-heard:
			if told.Command == nil {
				continue
			}
			id := told.Command.ID
			if receipts[id] == "" {
				text, err := s.device.Receipt(waymark.CommandReceipt{Command: id, Result: waymark.CommandDone, ExecutedAt: time.Now().Unix()})
				if err != nil {
					return err
				}
				receipts[id] = text
			}
			if err := s.session.PublishRaw(ctx, []byte(receipts[id])); err != nil && ctx.Err() == nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// awaitClosed waits until a command is closed by the device's word.
func (s *source) awaitClosed(ctx context.Context, id string) error {
	viewer, err := app.New(local.at, "producer", waymark.Viewer)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, endedWithin)
	defer cancel()
	for {
		c, err := viewer.Command(ctx, waymark.CommandQuery{Device: s.device.ID(), ID: id})
		if err == nil && c.State == waymark.CommandClosed && c.Execution.Result == waymark.CommandDone {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("command %s is %s: %w", id, c.State, err)
		}
		pause(ctx, pollInterval)
	}
}
