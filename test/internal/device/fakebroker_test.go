package device_test

import (
	"crypto/tls"
	"encoding/pem"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/waymark-ledger/waymark/test/internal/device"
)

// fakeBroker is as much of an MQTT 3.1.1 broker as a device needs, with faults.
type fakeBroker struct {
	t        *testing.T
	listener net.Listener
	caFile   string

	mu sync.Mutex
	// refuse answers CONNECT with this code if it is not 0.
	refuse byte
	// fault decides what becomes of the nth PUBLISH, counted from 1.
	fault func(n int) fault
	n     int
	raw   [][]byte // what was published, repetitions included
}

type fault int

const (
	none       fault = iota
	lost             // the connection ends, the message was not taken
	unanswered       // the connection ends after the message was taken, without a PUBACK
)

func newFakeBroker(t *testing.T) *fakeBroker {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	web.Close() // only its certificate for 127.0.0.1 is wanted
	certificate := web.TLS.Certificates[0]
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	b := &fakeBroker{t: t, listener: listener, caFile: filepath.Join(t.TempDir(), "ca.pem"), fault: func(int) fault { return none }}
	block := &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}
	if err := os.WriteFile(b.caFile, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go b.accept()
	return b
}

func (b *fakeBroker) options() device.Broker {
	return device.Broker{URL: "ssl://" + b.listener.Addr().String(), CAFile: b.caFile, Window: 8}
}

func (b *fakeBroker) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

// published returns the payloads that the broker took.
func (b *fakeBroker) published() [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([][]byte(nil), b.raw...)
}

func (b *fakeBroker) accept() {
	for {
		conn, err := b.listener.Accept()
		if err != nil {
			return
		}
		go b.serve(conn)
	}
}

func (b *fakeBroker) serve(conn net.Conn) {
	defer conn.Close()
	for {
		packet, err := packets.ReadPacket(conn)
		if err != nil {
			return
		}
		answer, goOn := b.answer(packet)
		if answer != nil && answer.Write(conn) != nil || !goOn {
			return
		}
	}
}

func (b *fakeBroker) answer(packet packets.ControlPacket) (packets.ControlPacket, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch p := packet.(type) {
	case *packets.ConnectPacket:
		ack := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
		ack.ReturnCode = b.refuse
		return ack, b.refuse == 0
	case *packets.SubscribePacket:
		ack := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
		ack.MessageID, ack.ReturnCodes = p.MessageID, []byte{0}
		return ack, true
	case *packets.PublishPacket:
		return b.take(p)
	case *packets.PingreqPacket:
		return packets.NewControlPacket(packets.Pingresp), true
	}
	return nil, false
}

func (b *fakeBroker) take(p *packets.PublishPacket) (packets.ControlPacket, bool) {
	b.n++
	what := b.fault(b.n)
	if what == lost {
		return nil, false
	}
	b.raw = append(b.raw, p.Payload)
	if what == unanswered {
		return nil, false
	}
	ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
	ack.MessageID = p.MessageID
	return ack, true
}
