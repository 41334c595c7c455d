package gateway

import (
	"context"
	"errors"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

func TestWhatIsUnderWay(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want string // the transaction to follow
	}{
		{"kept", &client.Problem{Status: 202, Code: waymark.Unavailable, TxID: "tx"}, "tx"},
		{"not kept", &client.Problem{Status: 503, Code: waymark.Unavailable, TxID: "tx"}, "tx"},
		{"a conflict has changed nothing", &client.Problem{Status: 409, Code: waymark.Conflict, TxID: "tx"}, ""},
		{"no transaction", &client.Problem{Status: 503, Code: waymark.Unavailable}, ""},
		{"no answer", errors.New("reset"), ""},
	} {
		var under *UnderWay
		got := ""
		if errors.As(underWay(test.err), &under) {
			got = under.TxID
		}
		if got != test.want || !errors.Is(underWay(test.err), test.err) {
			t.Errorf("%s: follow %q, want %q", test.name, got, test.want)
		}
	}
}

func TestUndecided(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want bool
	}{
		{"no end in time", context.DeadlineExceeded, true},
		{"no answer", errors.New("reset"), true},
		{"token refused", &client.Problem{Status: 401}, true},
		{"too many", &client.Problem{Status: 429}, true},
		{"not ready", &client.Problem{Status: 503}, true},
		{"of a proxy", &client.Problem{Status: 502}, true},
		{"not known all the time", &client.Problem{Status: 404}, false},
		{"of another caller", &client.Problem{Status: 403}, false},
	} {
		if got := undecided(test.err); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}
