package client_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/gateway/client"
)

// A receiver of a webhook believes what its secret has signed, and does what it says once.
func ExampleVerifyWebhook() {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" // as CreateWebhook returned it
	done := make(map[string]bool)                           // in a database, rather
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<20))
		if err != nil {
			http.Error(w, "too long", http.StatusRequestEntityTooLarge)
			return
		}
		event, err := client.VerifyWebhook(secret, r.Header, body)
		if err != nil {
			http.Error(w, "not of our gateway", http.StatusUnauthorized)
			return
		}
		if id := r.Header.Get(client.HeaderWebhookID); !done[id] {
			done[id] = true
			fmt.Println(event.Type, event.ID)
		}
	}

	// What a gateway sends, twice since the first answer got lost.
	const event = `{"specversion":"1.0","id":"17:0:0","type":"waymark.shipment.ready"}`
	for range 2 {
		now := time.Now()
		signature, err := client.SignWebhook(secret, "wh-1:17:0:0", now, []byte(event))
		if err != nil {
			fmt.Println(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/events", strings.NewReader(event))
		r.Header.Set(client.HeaderWebhookID, "wh-1:17:0:0")
		r.Header.Set(client.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
		r.Header.Set(client.HeaderWebhookSignature, signature)
		receive(httptest.NewRecorder(), r)
	}
	// Output: waymark.shipment.ready 17:0:0
}
