package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// A shipment is created by a member's gateway.
func Example() {
	roots, err := client.Roots("ca.pem")
	if err != nil {
		log.Fatal(err)
	}
	c, err := client.New(client.Options{URL: "https://gateway.producer.example:7100", Roots: roots, Token: client.TokenFile("token")})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	shipment, err := c.CreateShipment(ctx, waymark.CreateShipmentRequest{
		ID: "S1", Consignee: "retailer", Goods: []waymark.Line{{ID: waymark.Item("09506000134352", "4711").String()}},
	})
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("%s is in block %d\n", shipment.Result.ID, shipment.Transaction.BlockNumber)
}

// A device registers itself by a statement that it signed with the key which it registers.
func ExampleClient_RegisterDevice() {
	ctx, c, done := connect()
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

// A shipment is created, and offered to the carrier.
func ExampleClient_OfferHandoff() {
	ctx, c, done := connect()
	defer done()

	shipment, err := c.CreateShipment(ctx, waymark.CreateShipmentRequest{
		ID: "S1", Consignee: "retailer", Goods: []waymark.Line{{ID: waymark.Item("09506000134352", "4711").String()}},
		Conditions: []waymark.Condition{{Name: "temperature", Unit: "Cel", Minimum: "2", Maximum: "8"}},
	})
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
	ctx, c, done := connect()
	defer done()

	_, err := c.AcceptHandoff(ctx, waymark.AcceptHandoffRequest{Shipment: "S1", Number: 1})
	var problem *client.Problem
	if errors.As(err, &problem) && problem.Code == waymark.FailedPrecondition {
		fmt.Println("a reservation is needed:", problem.Reasons)
	}
	// Output: a reservation is needed: [excursion]
}

// The key is the order's number, which is on disk before the shipment is asked for. After a crash
// the program makes the same write again: if it had been made, it is answered as it was then.
func ExampleWithKey() {
	ctx, c, done := connect()
	defer done()

	order := "order-4711"
	request := waymark.CreateShipmentRequest{ID: "S1", Consignee: "retailer", Goods: []waymark.Line{{ID: waymark.Item("09506000134352", "4711").String()}}}
	for _, start := range []string{"at first", "after a crash"} {
		shipment, err := c.CreateShipment(ctx, request, client.WithKey(order))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %s in block %d, answered before: %t\n", start, shipment.Result.ID, shipment.Transaction.BlockNumber, shipment.Replayed)
	}
	// Output:
	// at first: S1 in block 42, answered before: false
	// after a crash: S1 in block 42, answered before: true
}

// A write is answered as soon as the gateway keeps it, and awaited later, by this process or by
// another one.
func ExampleAsync() {
	ctx, c, done := connect()
	defer done()

	device, err := c.SuspendDevice(ctx, waymark.DeviceStateRequest{Device: "logger-1", Reason: "stolen"}, client.Async())
	if err != nil {
		fmt.Println(err)
		return
	}
	if !device.Pending { // it was in a block already
		fmt.Println(device.Result.State)
		return
	}
	tx, err := c.Await(ctx, device.Transaction.TxID)
	if err != nil {
		fmt.Println(err)
		return
	}
	if tx.State == client.Invalid { // it changed nothing
		fmt.Println(tx.Status)
		return
	}
	fmt.Printf("%s in block %d: %s\n", tx.State, *tx.BlockNumber, tx.Result)
	// Output: committed in block 44: {"id":"logger-1","state":"suspended"}
}

// Notes are iterated over; their pages are asked for as they are needed.
func ExampleClient_AllNotes() {
	ctx, c, done := connect()
	defer done()

	var sum int64
	for note, err := range c.AllNotes(ctx, waymark.NotesQuery{Issuer: "auditor", Currency: "EUR"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		sum += note.Amount
	}
	fmt.Println(sum, "cents")
	// Output: 1250 cents
}
