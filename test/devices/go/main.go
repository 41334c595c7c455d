package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
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

// run makes a device, has it registered, publishes three messages and waits until the ledger has them.
func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("usage: go run ./devices/go ENDPOINTS")
	}
	network, err := endpoints.Load(args[0])
	if err != nil {
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
	if err := publish(ctx, network, d); err != nil {
		return err
	}
	return recorded(ctx, operator, d)
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

// publish publishes what waits, in order, and forgets it as its PUBACKs come.
func publish(ctx context.Context, network *endpoints.Network, d *Device) error {
	c, err := connect(ctx, network, d)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Disconnect(250)
	var tokens []mqtt.Token
	for _, raw := range d.Waiting() {
		tokens = append(tokens, c.Publish("waymark/v1/"+d.ID+"/up", 1, false, raw))
	}
	for _, token := range tokens {
		if err := settled(token); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		if err := d.Acknowledged(1); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %d messages acknowledged\n", d.ID, len(tokens))
	return nil
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
