package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

func TestClasses(t *testing.T) {
	for _, test := range []struct {
		name                          string
		err                           error
		refused, credential, notFound bool
	}{
		{"our 400", &client.Problem{Status: 400, Code: waymark.Invalid}, true, false, false},
		{"a proxy's 400", &client.Problem{Status: 400}, false, false, false},
		{"413 of anyone", &client.Problem{Status: 413}, true, false, false},
		{"401", &client.Problem{Status: 401}, false, true, false},
		{"403", &client.Problem{Status: 403}, false, true, false},
		{"our 404", &client.Problem{Status: 404, Code: waymark.NotFound}, false, false, true},
		{"404 of a wrong address", &client.Problem{Status: 404}, false, false, false},
		{"409", &client.Problem{Status: 409, Code: waymark.Conflict}, false, false, false},
		{"503", &client.Problem{Status: 503}, false, false, false},
		{"202", &client.Problem{Status: 202, Code: waymark.Unavailable}, false, false, false},
		{"no answer", errors.New("refused"), false, false, false},
	} {
		if Refused(test.err) != test.refused || CredentialRefused(test.err) != test.credential || NotFound(test.err) != test.notFound {
			t.Errorf("%s: refused %t, credential %t, not found %t", test.name,
				Refused(test.err), CredentialRefused(test.err), NotFound(test.err))
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
		{"token refused", &client.Problem{Status: 401}, true},
		{"too many", &client.Problem{Status: 429}, true},
		{"500", &client.Problem{Status: 500}, false},
		{"503", &client.Problem{Status: 503, Code: waymark.Unavailable}, false},
		{"under way", &client.Problem{Status: 202, Code: waymark.Unavailable}, false},
		{"404", &client.Problem{Status: 404}, false},
		{"no answer in time", context.DeadlineExceeded, false},
	} {
		if got := Away(test.err); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}
