package client

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of what a webhook is sent (Standard Webhooks 1.0.0).
const (
	// HeaderWebhookID is the same each time that an event is sent by a webhook, and of no other event or
	// webhook: who has done what it says ignores it when it comes again.
	HeaderWebhookID        = "Webhook-Id"
	HeaderWebhookTimestamp = "Webhook-Timestamp" // of the attempt, in seconds since 1970
	HeaderWebhookSignature = "Webhook-Signature" // one for each secret, with spaces between
)

// WebhookMedia is the media type of what a webhook is sent: an Event.
const WebhookMedia = "application/cloudevents+json"

const (
	secretPrefix     = "whsec_"
	signaturePrefix  = "v1,"
	webhookTolerance = 5 * time.Minute
	// maxSignatures bounds how many signatures of a request are tried.
	maxSignatures = 16
)

// The reasons why VerifyWebhook refuses a request.
var (
	ErrWebhookSignature = errors.New("webhook: no signature of the request is by this secret")
	ErrWebhookTime      = errors.New("webhook: the request was not signed within five minutes of now: it is old, or a clock is wrong")
)

// VerifyWebhook returns the event in a request that a gateway sent by a webhook, once it has checked that the secret
// signed the body, all of it as it came, within five minutes of now. Who renews a secret tries both.
//
// Errors: ErrWebhookSignature, ErrWebhookTime; anything else says that the secret is none, or the body no event.
func VerifyWebhook(secret string, header http.Header, body []byte) (Event, error) {
	return verifyWebhook(secret, header, body, time.Now())
}

func verifyWebhook(secret string, header http.Header, body []byte, now time.Time) (Event, error) {
	seconds, err := strconv.ParseInt(header.Get(HeaderWebhookTimestamp), 10, 64)
	if err != nil {
		return Event{}, ErrWebhookTime
	}
	at := time.Unix(seconds, 0)
	want, err := SignWebhook(secret, header.Get(HeaderWebhookID), at, body)
	if err != nil {
		return Event{}, err
	}
	if !signedBy(header.Get(HeaderWebhookSignature), want) {
		return Event{}, ErrWebhookSignature
	}
	if now.Sub(at).Abs() > webhookTolerance {
		return Event{}, ErrWebhookTime
	}
	var e Event
	if err := json.Unmarshal(body, &e); err != nil {
		return Event{}, fmt.Errorf("webhook: decode event: %w", err)
	}
	return e, nil
}

// signedBy looks for a signature among those of a header, in a time that does not depend on which it is.
func signedBy(given, want string) bool {
	found := false
	for _, signature := range strings.SplitN(given, " ", maxSignatures) {
		found = hmac.Equal([]byte(signature), []byte(want)) || found
	}
	return found
}

// SignWebhook returns the signature of what a webhook is sent, as gateways make it, and as tests of receivers
// need it. id has no dot.
func SignWebhook(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil || len(key) == 0 {
		return "", errors.New("webhook: the secret is not whsec_ and base64") // the cause would tell of it
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", id, at.Unix()) // never fails
	mac.Write(body)
	return signaturePrefix + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
