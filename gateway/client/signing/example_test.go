package signing_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"log"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/client/signing"
)

// A device is suspended with a key that no gateway holds: here of a file, else of a module or an agent.
func Example() {
	certificate, key, err := ofFiles("officer.pem", "officer.key")
	if err != nil {
		log.Fatal(err)
	}
	officer := signing.Signer{
		Member: "producer", Channel: "waymark", Chaincode: "waymark", Certificate: certificate,
		Sign: func(digest []byte) ([]byte, error) { return key.Sign(rand.Reader, digest, crypto.SHA256) },
	}
	c, err := client.New(client.Options{URL: "https://gateway.producer.example:7100", Token: client.TokenFile("token")})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	device, err := signing.Write[waymark.Device](ctx, c, officer, waymark.DevicesSuspend, waymark.DeviceStateRequest{Device: "logger-1", Reason: "stolen"})
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("%s is %s since block %d\n", device.Result.ID, device.Result.State, device.Transaction.BlockNumber)
}

// ofFiles reads a certificate, as PEM with nothing beside it, and its key.
func ofFiles(certificate, key string) ([]byte, crypto.Signer, error) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, nil, err
	}
	signer, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, nil, fmt.Errorf("%s signs nothing", key)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), signer, nil
}
