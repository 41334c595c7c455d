package bridge_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/attest"
)

// A message with disclosures goes the whole way, and what is said of it, to whoever may
// look at the bridge's metrics, names no secret.
func TestDisclosuresGoTheWholeWay(t *testing.T) {
	const secret = "planted-secret"
	s := newSite(t)
	s.start(t)
	for _, format := range []attest.Format{attest.JWS, attest.COSE} {
		d, client := s.device(t, "logger-"+string(format), format)
		sealed := d.NextSealed(t, secret)
		for range 2 { // a device that saw no PUBACK sends the same bytes again
			if token := client.Publish("waymark/v1/"+d.ID+"/up", 1, false, sealed); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
				t.Fatal(token.Error())
			}
		}
		publish(t, client, d, 1)
		waitFor(t, "both messages", func() bool { return s.inOrder(d.ID, 2) })
		for _, disclosure := range s.gateway.Disclosed(d.ID) {
			if !strings.Contains(disclosure, secret) {
				t.Errorf("%s: disclosed %q", format, disclosure)
			}
		}
		if n := len(s.gateway.Disclosed(d.ID)); n == 0 {
			t.Errorf("%s: nothing was disclosed", format)
		}
	}
	d, client := s.device(t, "logger-refused", attest.JWS)
	s.gateway.Reject(d.ID, waymark.ReasonExposed)
	payload := d.NextSealed(t, secret)
	if token := client.Publish("waymark/v1/"+d.ID+"/up", 1, false, payload); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	c := s.admin(t)
	waitFor(t, "the quarantine", func() bool {
		devices, err := c.Devices(t.Context())
		return err == nil && len(devices) == 1
	})
	_, encoded, _ := bytes.Cut(payload, []byte("~"))
	if text := s.metrics(t); !strings.Contains(text, "relayed") || strings.Contains(text, secret) || strings.Contains(text, string(encoded[:16])) {
		t.Errorf("metrics: %s", text)
	}
}

func (s *site) metrics(t *testing.T) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.config.Listen+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
