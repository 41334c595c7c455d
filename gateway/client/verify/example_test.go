package verify_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
)

// A receipt of a transaction is asked for, and checked by the authorities of the members alone.
// Which gateway answered does not matter.
func Example() {
	trust := verify.Trust{Members: make(map[string]*x509.CertPool)}
	for _, member := range []string{"producer", "carrier", "retailer", "auditor"} { // all of them
		authorities, err := client.Roots(member + "-ca.pem") // of its Fabric identities
		if err != nil {
			log.Fatal(err)
		}
		trust.Members[member] = authorities
	}
	c, err := client.New(client.Options{URL: "https://gateway.producer.example:7100", Token: client.TokenFile("token")})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	txID := "9a27..." // as the write said
	content, err := c.Receipt(ctx, txID)
	if err != nil {
		log.Print(err)
		return
	}
	receipt, err := verify.Read(bytes.NewReader(content))
	if err != nil {
		log.Print(err)
		return
	}
	report, err := trust.Verify(receipt)
	var failed *verify.Error
	if errors.As(err, &failed) {
		log.Printf("it proves nothing, by its %s: %v", failed.Part, failed.Err)
		return
	}
	if report.TxID != txID { // a receipt that holds, of something else
		log.Printf("it is of %s", report.TxID)
		return
	}
	fmt.Printf("%s in block %d, by %s of %s\n", report.Status, report.BlockNumber, report.Creator.Name, report.Creator.Member)
}
