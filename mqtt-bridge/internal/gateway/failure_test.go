package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

func TestClasses(t *testing.T) {
	for _, test := range []struct {
		name                          string
		err                           error
		refused, credential, notFound bool
	}{
		{"our 400", &StatusError{Status: 400, Code: waymark.Invalid}, true, false, false},
		{"a proxy's 400", &StatusError{Status: 400}, false, false, false},
		{"413 of anyone", &StatusError{Status: 413}, true, false, false},
		{"401", &StatusError{Status: 401}, false, true, false},
		{"403", &StatusError{Status: 403}, false, true, false},
		{"our 404", &StatusError{Status: 404, Code: waymark.NotFound}, false, false, true},
		{"404 of a wrong address", &StatusError{Status: 404}, false, false, false},
		{"409", &StatusError{Status: 409, Code: waymark.Conflict}, false, false, false},
		{"503", &StatusError{Status: 503}, false, false, false},
		{"no answer", errors.New("refused"), false, false, false},
	} {
		if Refused(test.err) != test.refused || CredentialRefused(test.err) != test.credential || NotFound(test.err) != test.notFound {
			t.Errorf("%s: refused %t, credential %t, not found %t", test.name,
				Refused(test.err), CredentialRefused(test.err), NotFound(test.err))
		}
	}
}

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

func TestAway(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want bool
	}{
		{"no connection", fmt.Errorf("call gateway: %w", &net.OpError{Op: "dial", Err: errors.New("refused")}), true},
		{"connection lost", &net.OpError{Op: "read", Err: errors.New("reset")}, false},
		{"no token", fmt.Errorf("read gateway token: %w", &fs.PathError{Err: fs.ErrNotExist}), true},
		{"token refused", &StatusError{Status: 401}, true},
		{"too many", &StatusError{Status: 429}, true},
		{"500", &StatusError{Status: 500}, false},
		{"503", &StatusError{Status: 503, Code: waymark.Unavailable}, false},
		{"404", &StatusError{Status: 404}, false},
		{"no answer in time", context.DeadlineExceeded, false},
	} {
		if got := Away(test.err); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}
