package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
	"github.com/waymark-ledger/waymark/gateway/internal/ledger"
	"github.com/waymark-ledger/waymark/gateway/internal/rest"
)

var _ rest.Offline = (*fakeLedger)(nil)

func (f *fakeLedger) Propose(tx waymark.Transaction, request waymark.Validator, certificate []byte) (ledger.Unsigned, error) {
	_, err := f.take(call{As: ledger.Identity(certificate), Tx: tx, Request: request})
	return ledger.Unsigned{TxID: someTx, Bytes: []byte("proposal")}, err
}

// EndorseSigned takes "transaction request" for a proposal.
func (f *fakeLedger) EndorseSigned(_ context.Context, signed ledger.Signed, offered ledger.Offered) (ledger.Unsigned, error) {
	tx, request, _ := strings.Cut(string(signed.Bytes), " ")
	q, err := offered(waymark.Transaction(tx), []byte(request))
	if err != nil {
		return ledger.Unsigned{}, err
	}
	signed.Proved(ledger.Creator{MSPID: "producer", CertificateSHA256: someCreator}, waymark.Transaction(tx))
	result, err := f.take(call{Tx: waymark.Transaction(tx), Request: q, At: string(signed.Signature)})
	return ledger.Unsigned{TxID: someTx, Bytes: []byte("transaction"), Result: result}, err
}

func (f *fakeLedger) SubmitSigned(ctx context.Context, signed ledger.Signed, offered ledger.Offered, journal ledger.Journal) (ledger.Committed, error) {
	t, err := f.EndorseSigned(ctx, signed, offered)
	if err != nil {
		return ledger.Committed{}, err
	}
	if journal == nil {
		return ledger.Committed{}, errors.New("nobody keeps it")
	}
	return ledger.Committed{Commit: ledger.Commit{TxID: someTx, BlockNumber: 12, Status: ledger.Valid}, Result: t.Result}, nil
}

// someCreator is who signs all that comes back.
const someCreator = "5e3c"

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

var suspend = waymark.DeviceStateRequest{Device: "d", Reason: "lost"}

func TestPropose(t *testing.T) {
	for name, tt := range map[string]struct {
		body   string
		status int
		field  string
	}{
		"offered":                {body: `{"transaction":"devices:Suspend","request":{"device":"d","reason":"lost"},"certificate":"PEM"}`, status: 200},
		"unknown":                {body: `{"transaction":"devices:Melt","request":{},"certificate":"PEM"}`, status: 400, field: "/transaction"},
		"private":                {body: `{"transaction":"settlement:Propose","request":{},"certificate":"PEM"}`, status: 400, field: "/transaction"},
		"several transactions":   {body: `{"transaction":"telemetry:Record","request":{},"certificate":"PEM"}`, status: 400, field: "/transaction"},
		"a read":                 {body: `{"transaction":"devices:Get","request":{},"certificate":"PEM"}`, status: 400, field: "/transaction"},
		"an invalid request":     {body: `{"transaction":"devices:Suspend","request":{"device":"a b","reason":"lost"},"certificate":"PEM"}`, status: 400, field: "/request/device"},
		"a member that is not":   {body: `{"transaction":"devices:Suspend","request":{"device":"d","reason":"lost","x":1},"certificate":"PEM"}`, status: 400, field: "/request/x"},
		"a member in other case": {body: `{"transaction":"devices:Suspend","request":{"Device":"d","reason":"lost"},"certificate":"PEM"}`, status: 400, field: "/request/Device"},
		"no object":              {body: `{"transaction":"devices:Suspend","request":[],"certificate":"PEM"}`, status: 400, field: "/request"},
		"no request":             {body: `{"transaction":"devices:Suspend","certificate":"PEM"}`, status: 400, field: "/request"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t)
			w := a.do("POST", "/v1/proposals", tt.body)
			if w.Code != tt.status {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			if tt.status != http.StatusOK {
				if p := problem(t, w); p.Field != tt.field || len(a.ledger.seen()) != 0 {
					t.Errorf("field %q, calls %v", p.Field, a.ledger.seen())
				}
				return
			}
			var got client.Proposal
			_ = json.Unmarshal(w.Body.Bytes(), &got)
			if got.TxID != someTx || string(got.Proposal) != "proposal" || len(got.Digest) != 64 {
				t.Errorf("got %s", w.Body)
			}
			if seen := a.ledger.seen(); !reflect.DeepEqual(seen, []call{{As: "PEM", Tx: waymark.DevicesSuspend, Request: suspend}}) {
				t.Errorf("calls %+v", seen)
			}
		})
	}
}

func TestEndorseAndSubmit(t *testing.T) {
	const sound = `devices:Suspend {"device":"d","reason":"lost"}`
	a := newAPI(t)
	a.ledger.result = `{"id":"d"}`
	w := a.do("POST", "/v1/proposals:endorse", jsonOf(map[string][]byte{"proposal": []byte(sound), "signature": []byte("s")}))
	var got client.Endorsed
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || string(got.Transaction) != "transaction" || string(got.Result) != `{"id":"d"}` || len(got.Digest) != 64 {
		t.Errorf("endorse: %d %s", w.Code, w.Body)
	}
	w = a.do("POST", "/v1/transactions:submit", jsonOf(map[string][]byte{"transaction": []byte(sound), "signature": []byte("s")}))
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"block_number":12`) || !strings.Contains(w.Body.String(), `"result":{"id":"d"}`) {
		t.Errorf("submit: %d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/v1/proposals:endorse", "/v1/transactions:submit"} {
		part := map[string]string{"/v1/proposals:endorse": "proposal", "/v1/transactions:submit": "transaction"}[path]
		for _, bytes := range []string{`devices:Melt {}`, `settlement:Propose {}`, `devices:Suspend {"device":"a b"}`} {
			w := a.do("POST", path, jsonOf(map[string][]byte{part: []byte(bytes), "signature": []byte("s")}))
			if p := problem(t, w); p.Code != waymark.Invalid {
				t.Errorf("%s of %q: %s", path, bytes, w.Body)
			}
		}
	}
	want := call{Tx: waymark.DevicesSuspend, Request: suspend, At: "s"}
	if seen := a.ledger.seen(); !reflect.DeepEqual(seen, []call{want, want}) {
		t.Errorf("calls %+v", seen)
	}
}
