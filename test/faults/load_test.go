//go:build e2e && linux

package faults_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/app"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// The load of a row.
const (
	loadDevices  = 3
	loadInterval = 40 * time.Millisecond // between two messages of one device
)

// source is a device with what it has sent.
type source struct {
	device  *device.Device
	home    string // its folder
	session *device.Session
	sent    []device.Message
}

// newSource makes a device of the producer, registers it and connects it. It is one of the row's from then on.
func (r *row) newSource(ctx context.Context, t *testing.T) *source {
	t.Helper()
	dir, id := t.TempDir(), r.devicePrefix()+strconv.Itoa(len(r.devices)+1)
	d, err := device.Create(dir, device.Settings{ID: id, Consortium: local.at.Consortium,
		Owner: "producer", Model: "TL-20"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	registration, err := d.Registration()
	if err != nil {
		t.Fatal(err)
	}
	operator, err := app.New(local.at, "producer", waymark.Operator)
	if err != nil {
		t.Fatal(err)
	}
	written, err := operator.RegisterDevice(ctx, waymark.RegisterDeviceRequest{Registration: registration, Activate: true})
	if err != nil {
		t.Fatal(err)
	}
	for member := range local.at.Members {
		viewer, err := app.New(local.at, member, waymark.Viewer)
		if err != nil {
			t.Fatal(err)
		}
		if err := app.Settle(ctx, written.Transaction.TxID, viewer); err != nil {
			t.Fatal(err)
		}
	}
	made := &source{device: d, home: filepath.Join(dir, id)}
	made.connect(ctx, t, r.site, device.Broker{})
	r.devices = append(r.devices, made)
	return made
}

// connect connects a device to the site's broker, with what else is said of it. The end of the test ends it.
func (s *source) connect(ctx context.Context, t *testing.T, at *site, b device.Broker) {
	t.Helper()
	b.URL, b.CAFile = at.at.MQTT.URL, at.at.MQTT.CAFile
	if at.certificate != nil {
		var err error
		if b.Certificate, err = at.certificate(s.device.ID()); err != nil {
			t.Fatal(err)
		}
	}
	session, err := s.device.Connect(ctx, b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	s.session = session
}

// sign makes the next message of the device, of a reading at a time.
func (s *source) sign(at time.Time) (device.Message, error) {
	m, err := s.device.Sign(attest.COSE, []senml.Reading{{Name: "temperature", Unit: "Cel", Value: 400, Time: at.UTC().Truncate(time.Millisecond)}})
	if err == nil {
		s.sent = append(s.sent, m)
	}
	return m, err
}

// send signs a message and hands it over.
func (s *source) send(ctx context.Context, at time.Time) error {
	m, err := s.sign(at)
	if err != nil {
		return err
	}
	return s.session.Send(ctx, m)
}

// load is devices that publish at a steady rate until it is stopped.
type load struct {
	devices []*source
	end     chan struct{}
	ended   chan error // of each device
}

// begin lets the row's devices publish.
func (r *row) begin(ctx context.Context, t *testing.T) *load {
	t.Helper()
	l := &load{end: make(chan struct{}), ended: make(chan error, loadDevices)}
	for range loadDevices {
		l.devices = append(l.devices, r.newSource(ctx, t))
	}
	for _, s := range l.devices {
		go func() { l.ended <- l.publish(ctx, s) }()
	}
	return l
}

// publish returns once everything has its PUBACK.
func (l *load) publish(ctx context.Context, s *source) error {
	for {
		select {
		case <-l.end:
			return s.session.Flush(ctx)
		case <-time.After(loadInterval):
		}
		if err := s.send(ctx, time.Now()); err != nil {
			return err
		}
	}
}

// stop ends the load, and returns once everything has its PUBACK.
func (l *load) stop(ctx context.Context) error {
	close(l.end)
	within := time.After(endedWithin)
	var err error
	for range l.devices {
		select {
		case ended := <-l.ended:
			err = errors.Join(err, ended)
		case <-within:
			return fmt.Errorf("after %s not everything was acknowledged", endedWithin)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// acknowledged counts the PUBACKs of the row's devices.
func (r *row) acknowledged() (n int) {
	for _, s := range r.devices {
		n += s.session.Counts().Acknowledged
	}
	return n
}

// asksAfter is how long nothing may have been recorded before a device that is not sure asks the ledger.
const asksAfter = 5 * time.Second

// sendAgain publishes what was acknowledged and is not recorded, as a device does that asks the ledger before it
// forgets.
func (r *row) sendAgain(ctx context.Context) error {
	if r.seen.idle() < asksAfter {
		return nil
	}
	for _, s := range r.devices {
		for _, m := range s.sent {
			if r.seen.has(s.device.ID(), m.Sequence) {
				continue
			}
			if err := s.session.PublishRaw(ctx, m.Raw); err != nil {
				return err
			}
			r.again++
		}
	}
	return nil
}
