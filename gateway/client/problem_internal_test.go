package client

import (
	"net/http"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestRetryAfter(t *testing.T) {
	now := time.Now()
	for text, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "-1": 0, "999999999": maxRetryAfter, "soon": 0,
		now.Add(-time.Hour).UTC().Format(http.TimeFormat): 0,
		now.Add(time.Hour).UTC().Format(http.TimeFormat):  maxRetryAfter,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestWhatWasNotSentSaysWhere(t *testing.T) {
	for field, want := range map[string]string{"/number": "not sent: invalid: /number: must be more", "": "not sent: invalid: must be more"} {
		p := &Problem{Status: http.StatusBadRequest, Code: waymark.Invalid, Field: field, Detail: "must be more", unsent: true}
		if got := p.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
