package client

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// The vector of the specification's own libraries.
const (
	vectorSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorBody      = `{"test": 2432232314}`
	vectorSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

var vectorTime = time.Unix(1614265330, 0)

func TestSignWebhook(t *testing.T) {
	for _, secret := range []string{vectorSecret, vectorSecret[len(secretPrefix):]} {
		if got, err := SignWebhook(secret, vectorID, vectorTime, []byte(vectorBody)); err != nil || got != vectorSignature {
			t.Errorf("%s, %v", got, err)
		}
	}
	for _, secret := range []string{"", "whsec_", "whsec_*", "whpk_AAAA"} {
		if got, err := SignWebhook(secret, vectorID, vectorTime, nil); err == nil {
			t.Errorf("%q signs %s", secret, got)
		}
	}
}

// TestVerifyWebhook: nothing but what a gateway signed, and signed just now, is an event (ASVS 5.0: 4.1.5).
func TestVerifyWebhook(t *testing.T) {
	const event = `{"specversion":"1.0","id":"17:0:0","type":"waymark.shipment.ready"}`
	signature, err := SignWebhook(vectorSecret, "wh-1:17:0:0", vectorTime, []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name                    string
		id, at, signature, body string // as they should be, if they are empty
		secret                  string
		later                   time.Duration
		want                    error
	}{
		{name: "as it came"},
		{name: "just within", later: webhookTolerance},
		{name: "a clock that is behind", later: -webhookTolerance},
		{name: "old", later: webhookTolerance + time.Second, want: ErrWebhookTime},
		{name: "of tomorrow", later: -24 * time.Hour, want: ErrWebhookTime},
		{name: "of no time", at: "soon", want: ErrWebhookTime},
		{name: "another time", at: strconv.FormatInt(vectorTime.Unix()+1, 10), want: ErrWebhookSignature},
		{name: "another id", id: "wh-2:17:0:0", want: ErrWebhookSignature},
		{name: "another body", body: event + " ", want: ErrWebhookSignature},
		{name: "another secret", secret: "whsec_AAAA", want: ErrWebhookSignature},
		{name: "no signature", signature: " ", want: ErrWebhookSignature},
		{name: "of another kind", signature: "v1a," + signature[3:], want: ErrWebhookSignature},
		{name: "among others", signature: "v1,AAAA v1a,AAAA " + signature},
		{name: "behind too many", signature: manySignatures(signature), want: ErrWebhookSignature},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			h.Set(HeaderWebhookID, or(tt.id, "wh-1:17:0:0"))
			h.Set(HeaderWebhookTimestamp, or(tt.at, strconv.FormatInt(vectorTime.Unix(), 10)))
			h.Set(HeaderWebhookSignature, or(tt.signature, signature))
			e, err := verifyWebhook(or(tt.secret, vectorSecret), h, []byte(or(tt.body, event)), vectorTime.Add(tt.later))
			if !errors.Is(err, tt.want) || (err == nil) != (e.ID == "17:0:0") {
				t.Errorf("%+v, %v", e, err)
			}
		})
	}
}

func manySignatures(last string) string {
	all := ""
	for range maxSignatures {
		all += "v1,AAAA "
	}
	return all + last
}

func or(given, usual string) string {
	if given == "" {
		return usual
	}
	return given
}

func TestVerifyWebhookNow(t *testing.T) {
	h := http.Header{}
	h.Set(HeaderWebhookID, vectorID)
	h.Set(HeaderWebhookTimestamp, strconv.FormatInt(vectorTime.Unix(), 10))
	h.Set(HeaderWebhookSignature, vectorSignature)
	if _, err := VerifyWebhook(vectorSecret, h, []byte(vectorBody)); !errors.Is(err, ErrWebhookTime) {
		t.Errorf("a request of 2021: %v", err)
	}
}
