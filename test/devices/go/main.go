package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/network/endpoints"
)

const (
	owner    = "producer"
	patience = time.Minute
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "device:", err)
		os.Exit(1)
	}
}

// run makes a device, has it registered, publishes three messages and frees each as the bridge says that the ledger has it.
func run(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: go run ./devices/go ENDPOINTS BRIDGE-KEY")
	}
	network, noNetwork := endpoints.Load(args[0])
	bridge, noBridge := loadBridge(args[1])
	if err := errors.Join(noNetwork, noBridge); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "waymark-device-") // a real device keeps it
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	key, err := attest.GenerateKey(attest.Ed25519)
	if err != nil {
		return err
	}
	d := &Device{ID: "go-" + strings.ToLower(rand.Text()[:8]), Consortium: network.Consortium, KeyID: "k1", Key: key, Format: attest.COSE}
	if err := d.Load(filepath.Join(dir, "state")); err != nil {
		return err
	}
	operator, err := register(ctx, network, d)
	if err != nil {
		return err
	}
	for i := range 3 {
		now := time.Now()
		if err := d.Sign([]senml.Reading{{Name: "temperature", Unit: "Cel", Value: int64(425 + i), Time: now}}); err != nil {
			return err
		}
	}
	if err := deliver(ctx, network, d, bridge); err != nil {
		return err
	}
	return recorded(ctx, operator, d)
}

// loadBridge reads what `mqtt-bridge key` printed.
func loadBridge(path string) (b Bridge, err error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the file that the operator gave
	if err != nil {
		return b, err
	}
	return b, json.Unmarshal(raw, &b)
}

// register sends the device's registration to its owner's gateway, as the owner would.
func register(ctx context.Context, network *endpoints.Network, d *Device) (*client.Client, error) {
	member := network.Members[owner]
	roots, err := client.Roots(member.CAFile)
	if err != nil {
		return nil, err
	}
	operator, err := client.New(client.Options{URL: member.GatewayURL, Roots: roots, Token: client.Token(member.Tokens[string(waymark.Operator)])})
	if err != nil {
		return nil, err
	}
	text, err := d.Registration(owner, "Go")
	if err != nil {
		return nil, err
	}
	written, err := operator.RegisterDevice(ctx, waymark.RegisterDeviceRequest{Registration: text, Activate: true})
	if err != nil {
		return nil, err
	}
	fmt.Printf("%s: %s in block %d\n", d.ID, written.Result.State, written.Transaction.BlockNumber)
	return operator, nil
}

// connect tries until the broker takes the device: its registration may be news to the bridge.
func connect(ctx context.Context, network *endpoints.Network, d *Device) (mqtt.Client, error) {
	roots, err := client.Roots(network.MQTT.CAFile)
	if err != nil {
		return nil, err
	}
	for until := time.Now().Add(patience); ; {
		password, err := d.Password(time.Now())
		if err != nil {
			return nil, err
		}
		c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(network.MQTT.URL).
			SetTLSConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}).
			SetClientID(d.ID).SetUsername(d.ID).SetPassword(password).SetProtocolVersion(4).SetCleanSession(true).SetAutoReconnect(false))
		if err = settled(c.Connect()); err == nil || time.Now().After(until) {
			return c, err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// deliver publishes what waits, in order, and asks for each message until it can be freed.
func deliver(ctx context.Context, network *endpoints.Network, d *Device, b Bridge) error {
	c, err := connect(ctx, network, d)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Disconnect(250)
	heard := make(chan []byte, 16)
	down := func(_ mqtt.Client, m mqtt.Message) {
		select {
		case heard <- m.Payload():
		default: // it is asked for again
		}
	}
	if err := settled(c.Subscribe("waymark/v1/"+d.ID+"/down", 0, down)); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	for ctx.Err() == nil {
		if err := publish(c, d, d.Waiting()...); err != nil {
			return err
		}
		if freed, err := ask(ctx, c, d, b, heard); freed || err != nil {
			return err
		}
	}
	return ctx.Err()
}

// publish publishes messages, and returns when each has its PUBACK.
func publish(c mqtt.Client, d *Device, messages ...[]byte) error {
	var tokens []mqtt.Token
	for _, raw := range messages {
		tokens = append(tokens, c.Publish("waymark/v1/"+d.ID+"/up", 1, false, raw))
	}
	for _, token := range tokens {
		if err := settled(token); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	return nil
}

// ask asks for the oldest message, frees it, and goes on with the next. It reports whether all are freed; those that are not are to be
// published again.
func ask(ctx context.Context, c mqtt.Client, d *Device, b Bridge, heard <-chan []byte) (bool, error) {
	for {
		number, err := d.Oldest()
		if number == 0 || err != nil {
			return err == nil, err
		}
		inquiry, err := d.Inquiry(number)
		if err != nil {
			return false, err
		}
		if err := publish(c, d, inquiry); err != nil {
			return false, err
		}
		freed, err := hear(ctx, d, b, number, heard)
		if !freed || err != nil {
			return false, err
		}
	}
}

// hear waits for the receipt of a message, and reports whether it was freed by it.
func hear(ctx context.Context, d *Device, b Bridge, number uint64, heard <-chan []byte) (bool, error) {
	for again := time.After(2 * patience); ; {
		select {
		case payload := <-heard:
			r, err := d.Hear(payload, b)
			if err != nil || r.Number != number {
				continue // it is not for us, or of before
			}
			fmt.Printf("%s: message %d is %s\n", d.ID, r.Number, r.State)
			return d.Free(r)
		case <-again:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

func settled(token mqtt.Token) error {
	if !token.WaitTimeout(patience) {
		return errors.New("no answer in time")
	}
	return token.Error()
}

// recorded waits until the ledger has all that the device has signed.
func recorded(ctx context.Context, operator *client.Client, d *Device) error {
	for until := time.Now().Add(patience); time.Now().Before(until); {
		stream, err := operator.Stream(ctx, waymark.DeviceQuery{Device: d.ID})
		if err == nil && stream.Last == d.state.Sequence && len(stream.Gaps) == 0 {
			fmt.Printf("%s: on the ledger up to %d\n", d.ID, stream.Last)
			return nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("the ledger does not have all %d messages within %s", d.state.Sequence, patience)
}
