package rest_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client/verify"
)

// The verifier reads what the gateway answers, every member of it.
func TestReceipt(t *testing.T) {
	a := newAPI(t)
	a.ledger.result = allowed
	w := a.do("GET", "/v1/transactions/"+someTx+"/receipt", "")
	got, err := verify.Read(bytes.NewReader(w.Body.Bytes()))
	want := verify.Receipt{Format: verify.Format, TxID: someTx, Channel: "waymark", BlockNumber: 12, Status: "VALID", Block: []byte("block"),
		Consenters:   []verify.Consenter{{ID: 1, MSPID: "producer", Certificate: []byte("pem")}},
		Attestations: []verify.Attestation{{MSPID: "producer", Payload: []byte("said")}}}
	if err != nil || w.Code != 200 || !reflect.DeepEqual(got, want) {
		t.Errorf("status %d, %v\ngot  %+v\nwant %+v", w.Code, err, got, want)
	}
	if calls := a.ledger.seen(); !reflect.DeepEqual(calls, []call{question("operator"), {As: "operator", Tx: "receipt", Request: someTx}}) {
		t.Errorf("calls %+v", calls)
	}
}

func TestReceiptNeedsAPermit(t *testing.T) {
	a := newAPI(t)
	a.ledger.result = `{"allowed":false}`
	w := a.do("GET", "/v1/transactions/"+someTx+"/receipt", "")
	if p := problem(t, w); p.Code != waymark.Forbidden || len(a.ledger.seen()) != 1 {
		t.Errorf("got %s, calls %v", w.Body, a.ledger.seen())
	}
}
