//go:build e2e

package e2e

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
	gateway "github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

// receiver is a program that a webhook calls by HTTPS on this host. It believes what is signed, and keeps what it takes.
type receiver struct {
	*httptest.Server

	t       *testing.T
	mu      sync.Mutex
	secrets []string                               // each must have signed
	answer  func(e gateway.Event, attempt int) int // the status; 200, if it is nil
	asked   map[string]int                         // how often, by webhook-id
	taken   []string                               // ids of events, as they were answered 2xx for the first time
	again   int                                    // how many came again after that
}

func newReceiver(t *testing.T, answer func(e gateway.Event, attempt int) int) *receiver {
	t.Helper()
	r := &receiver{t: t, answer: answer, asked: make(map[string]int)}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return // the gateway was killed
		}
		w.WriteHeader(r.take(q.Header, body))
	}))
	t.Cleanup(r.Close)
	return r
}

// take believes, and answers.
func (r *receiver) take(h http.Header, body []byte) int {
	r.mu.Lock()
	secrets, answer := r.secrets, r.answer
	var e gateway.Event
	for _, secret := range secrets {
		var err error
		if e, err = gateway.VerifyWebhook(secret, h, body); err != nil {
			r.t.Errorf("a request that is not signed: %v", err)
		}
	}
	id := h.Get(gateway.HeaderWebhookID)
	r.asked[id]++
	attempt := r.asked[id]
	r.mu.Unlock()
	status := http.StatusOK
	if answer != nil {
		status = answer(e, attempt)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case status >= 300:
	case slices.Contains(r.taken, e.ID):
		r.again++
	default:
		r.taken = append(r.taken, e.ID)
	}
	return status
}

func (r *receiver) has() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.taken)
}

func (r *receiver) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// calling is the configuration of a gateway that may call a receiver of a test, and gives an event up after two attempts.
func calling(t *testing.T, r *receiver) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "receiver.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate().Raw}) // all receivers have the same
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("webhooks: {allow_networks: [127.0.0.1/32], ca_file: %q, attempts: 2}\n", file)
}

// hook has a receiver called of each event of devices from now on.
func hook(ctx context.Context, t *testing.T, a *app.App, r *receiver) gateway.Webhook {
	t.Helper()
	var made gateway.WebhookSecret
	until(ctx, t, "for the read model", func() bool {
		var err error
		made, err = a.CreateWebhook(ctx, waymark.WebhookRequest{URL: r.URL + "/events", Kind: "device"})
		if err != nil && problemOf(err) != waymark.Unavailable {
			t.Fatal(err)
		}
		return err == nil
	})
	r.set(func() { r.secrets = []string{made.Secret} })
	return made.Webhook
}

// registered makes a device, by another gateway than those that are killed.
func registered(ctx context.Context, t *testing.T) {
	t.Helper()
	registration, err := newLogger(t, attest.Ed25519).Registration()
	if err != nil {
		t.Fatal(err)
	}
	done(ctx, t, operator(t, "producer").RegisterDevice, waymark.RegisterDeviceRequest{Registration: registration, Activate: true})
}

// until returns once something is so.
func until(ctx context.Context, t *testing.T, what string, so func() bool) {
	t.Helper()
	for !so() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// TestWebhooksMissNothing: a receiver gets each event once and in order, over a target that fails, a gateway that is killed and
// a target beside it that does not answer; one event that it never takes is a dead letter, and comes when it is replayed.
func TestWebhooksMissNothing(t *testing.T) {
	ctx := limit(t, 3*time.Minute)
	var poison string // the event that is refused, until it is healed
	release := make(chan struct{})
	var good, slow *receiver
	good = newReceiver(t, func(e gateway.Event, attempt int) int {
		good.mu.Lock()
		defer good.mu.Unlock()
		switch {
		case len(good.taken) == 1 && attempt == 1: // it fails once
			return http.StatusServiceUnavailable
		case len(good.taken) == 4 && poison == "":
			poison = e.ID
		}
		if e.ID == poison {
			return http.StatusUnprocessableEntity
		}
		return http.StatusNoContent
	})
	slow = newReceiver(t, func(gateway.Event, int) int { <-release; return http.StatusOK })
	t.Cleanup(sync.OnceFunc(func() { close(release) }))
	file, config := filepath.Join(t.TempDir(), "gateway.db"), calling(t, good)
	a, kill := over(ctx, t, "producer", file, config)
	if _, err := a.CreateWebhook(ctx, waymark.WebhookRequest{URL: "https://127.0.0.2:8443/"}); problemOf(err) != waymark.Invalid {
		t.Errorf("an address that is not allowed: %v", err)
	}
	w, other := hook(ctx, t, a, good), hook(ctx, t, a, slow)

	for n := range 12 {
		switch n {
		case 6:
			until(ctx, t, "for the dead letter", func() bool { return deadLetters(ctx, t, a, w) == 1 })
			kill()
		case 9:
			a, kill = over(ctx, t, "producer", file, config)
		}
		registered(ctx, t)
	}
	want := pagesOf(ctx, t, as(t, "carrier", waymark.Viewer), waymark.EventsQuery{Kind: "device", After: w.Checkpoint})
	until(ctx, t, "for all", func() bool { return len(good.has()) >= len(want)-1 })
	good.mu.Lock()
	given := poison
	good.mu.Unlock()
	inOrder := slices.DeleteFunc(slices.Clone(want), func(id string) bool { return id == given })
	if got := good.has(); len(got) < 11 || !slices.Equal(got, inOrder) {
		t.Errorf("taken %v, happened %v", got, want)
	}
	if now := webhookNow(ctx, t, a, other); len(slow.has()) != 0 || now.Checkpoint != other.Checkpoint && now.DeadLetters == 0 {
		t.Errorf("the slow one is done with %+v", now)
	}
	good.mu.Lock()
	if good.again > 1 { // what was taken when the gateway was killed
		t.Errorf("%d came again", good.again)
	}
	good.answer = nil // it is healed
	good.mu.Unlock()
	replayAll(ctx, t, a, good, w)
	if got := good.has(); len(got) != len(want) || !slices.Contains(want, got[len(got)-1]) {
		t.Errorf("after the replay %v", got)
	}
	kill()
}

// TestWebhooksCallNothingInside: a gateway that is told nothing else calls no address of its own host, whatever name leads there.
func TestWebhooksCallNothingInside(t *testing.T) {
	ctx := limit(t, time.Minute)
	inside := newReceiver(t, func(gateway.Event, int) int { return http.StatusOK })
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a := operator(t, "producer")
	for _, host := range []string{"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"} {
		if _, err := a.CreateWebhook(ctx, waymark.WebhookRequest{URL: "https://" + host + ":" + port + "/"}); problemOf(err) != waymark.Invalid {
			t.Errorf("%s: %v", host, err)
		}
	}
	webhook(ctx, t, a) // so that there is room
	made, err := a.CreateWebhook(ctx, waymark.WebhookRequest{URL: "https://localhost:" + port + "/", Kind: "device"})
	if err != nil {
		t.Fatal(err)
	}
	registered(ctx, t)
	until(ctx, t, "for a failure", func() bool { return webhookNow(ctx, t, a, made.Webhook).Failing != nil })
	if now := webhookNow(ctx, t, a, made.Webhook); now.Failing.Problem != "it has no address that may be called" || len(inside.has()) != 0 {
		t.Errorf("%+v, taken %v", now.Failing, inside.has())
	}
	if _, err := a.DeleteWebhook(ctx, waymark.WebhookQuery{ID: made.Webhook.ID}); err != nil {
		t.Error(err)
	}
}

// replayAll renews the secret, and has all dead letters sent once more.
func replayAll(ctx context.Context, t *testing.T, a *app.App, r *receiver, w gateway.Webhook) {
	t.Helper()
	renewed, err := a.RotateWebhookSecret(ctx, waymark.WebhookQuery{ID: w.ID})
	if err != nil {
		t.Fatal(err)
	}
	r.set(func() { r.secrets = append(r.secrets, renewed.Secret) }) // both sign
	if replay, err := a.ReplayDeadLetters(ctx, waymark.ReplayRequest{Webhook: w.ID}); err != nil || replay.Waiting != 1 {
		t.Errorf("replay %+v, %v", replay, err)
	}
	until(ctx, t, "for the replay", func() bool { return deadLetters(ctx, t, a, w) == 0 })
}

func webhookNow(ctx context.Context, t *testing.T, a *app.App, w gateway.Webhook) gateway.Webhook {
	t.Helper()
	now, err := a.Webhook(ctx, waymark.WebhookQuery{ID: w.ID})
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func deadLetters(ctx context.Context, t *testing.T, a *app.App, w gateway.Webhook) int {
	t.Helper()
	list, err := a.ListDeadLetters(ctx, waymark.DeadLettersQuery{Webhook: w.ID})
	if err != nil {
		t.Fatal(err)
	}
	return len(list.DeadLetters)
}
