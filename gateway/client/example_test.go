package client_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// A device registers itself by a statement that it signed with the key which it registers.
func ExampleClient_RegisterDevice() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, done := connect(map[string]func(http.ResponseWriter){
		"POST /v1/devices": answer(201, `{"transaction":{"tx_id":"5f1c","block_number":41,"status":"VALID"},"result":{"id":"logger-1","owner":"producer","state":"active"}}`),
	})
	defer done()

	registration := "eyJhbGciOiJFZERTQSJ9.e30.c2ln" // what the device signed
	device, err := c.RegisterDevice(ctx, waymark.RegisterDeviceRequest{Registration: registration, Activate: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s of %s is %s since block %d\n", device.Result.ID, device.Result.Owner, device.Result.State, device.Transaction.BlockNumber)
	// Output: logger-1 of producer is active since block 41
}

// A shipment is created under a key of the caller's own, so that the same order has the same
// answer whenever it is sent again, and is offered to the carrier.
func ExampleClient_CreateShipment() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, done := connect(map[string]func(http.ResponseWriter){
		"POST /v1/shipments":             answer(201, `{"transaction":{"tx_id":"9a27","block_number":42,"status":"VALID"},"result":{"id":"S1","consignor":"producer","consignee":"retailer"}}`),
		"POST /v1/shipments/S1/handoffs": answer(201, `{"transaction":{"tx_id":"c0de","block_number":43,"status":"VALID"},"result":{"shipment":"S1","number":1,"from":"producer","to":"carrier","state":"offered"}}`),
	})
	defer done()

	shipment, err := c.CreateShipment(ctx, waymark.CreateShipmentRequest{
		ID: "S1", Consignee: "retailer", Goods: []waymark.Line{{ID: waymark.Item("09506000134352", "4711").String()}},
		Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}},
	}, client.WithKey("order-4711"))
	if err != nil {
		fmt.Println(err)
		return
	}
	handoff, err := c.OfferHandoff(ctx, waymark.OfferHandoffRequest{Shipment: shipment.Result.ID, To: "carrier", ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("handoff %d of %s is %s to the %s\n", handoff.Result.Number, shipment.Result.ID, handoff.Result.State, handoff.Result.To)
	// Output: handoff 1 of S1 is offered to the carrier
}

// The carrier accepts what it was offered. Where the goods were too warm that takes a
// reservation: the refusal says by which rule.
func ExampleClient_AcceptHandoff() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, done := connect(map[string]func(http.ResponseWriter){
		"POST /v1/shipments/S1/handoffs/1/accept": answer(422, `{"code":"failed_precondition","detail":"the conditions are non_conformant","reasons":["excursion"]}`),
	})
	defer done()

	_, err := c.AcceptHandoff(ctx, waymark.AcceptHandoffRequest{Shipment: "S1", Number: 1})
	var problem *client.Problem
	if errors.As(err, &problem) && problem.Code == waymark.FailedPrecondition {
		fmt.Println("a reservation is needed:", problem.Reasons)
	}
	// Output: a reservation is needed: [excursion]
}

// connect stands for client.New with the address of a member's gateway: it returns the client of
// one that gives answers by method and path.
func connect(answers map[string]func(http.ResponseWriter)) (c *client.Client, done func()) {
	gateway := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers[r.Method+" "+r.URL.Path](w)
	}))
	roots := x509.NewCertPool()
	roots.AddCert(gateway.Certificate())
	c, err := client.New(client.Options{URL: gateway.URL, Roots: roots, Token: client.Token("wmk_...")})
	if err != nil {
		panic(err)
	}
	return c, func() { c.Close(); gateway.Close() }
}
