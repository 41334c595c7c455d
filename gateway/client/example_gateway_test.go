package client_test

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/gateway/client"
)

// exampleAnswers are what the examples' gateway says, by method, path and query; the last one again and again.
var exampleAnswers = map[string][]func(http.ResponseWriter){
	"POST /v1/devices": {answer(201, `{"transaction":{"tx_id":"5f1c","block_number":41,"status":"VALID"},"result":{"id":"logger-1","owner":"producer","state":"active"}}`)},
	"POST /v1/shipments": {
		answer(201, shipmentMade),
		answer(201, shipmentMade, "Idempotency-Replayed", "true"),
	},
	"POST /v1/shipments/S1/handoffs":          {answer(201, `{"transaction":{"tx_id":"c0de","block_number":43,"status":"VALID"},"result":{"shipment":"S1","number":1,"from":"producer","to":"carrier","state":"offered"}}`)},
	"POST /v1/shipments/S1/handoffs/1/accept": {answer(422, `{"code":"failed_precondition","detail":"the conditions are non_conformant","reasons":["excursion"]}`)},
	"POST /v1/devices/logger-1/suspend":       {answer(202, `{"tx_id":"77aa"}`)},
	"GET /v1/transactions/77aa": {
		answer(200, `{"tx_id":"77aa","state":"submitted"}`),
		answer(200, `{"tx_id":"77aa","state":"committed","status":"VALID","block_number":44,"result":{"id":"logger-1","state":"suspended"}}`),
	},
	"GET /v1/members/auditor/currencies/EUR/notes":           {answer(200, `{"notes":[{"id":"n1","amount":1000}],"cursor":"n1"}`)},
	"GET /v1/members/auditor/currencies/EUR/notes?cursor=n1": {answer(200, `{"notes":[{"id":"n2","amount":250}]}`)},
}

const shipmentMade = `{"transaction":{"tx_id":"9a27","block_number":42,"status":"VALID"},"result":{"id":"S1","consignor":"producer","consignee":"retailer"}}`

// connect stands for client.New with the address of a member's gateway, and a context with a deadline.
func connect() (ctx context.Context, c *client.Client, done func()) {
	var mu sync.Mutex
	asked := make(map[string]int)
	gateway := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		target := r.Method + " " + r.URL.RequestURI()
		script := exampleAnswers[target]
		if len(script) == 0 {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		script[min(asked[target], len(script)-1)](w)
		asked[target]++
	}))
	roots := x509.NewCertPool()
	roots.AddCert(gateway.Certificate())
	c, err := client.New(client.Options{URL: gateway.URL, Roots: roots, Token: client.Token("wmk_...")})
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	return ctx, c, func() { cancel(); c.Close(); gateway.Close() }
}
