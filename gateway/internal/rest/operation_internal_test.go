package rest

import (
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// A parameter that is no field of what is asked for, or more than one, cannot be told to who
// writes a client.
func TestParametersAreOneFieldEach(t *testing.T) {
	for name, tt := range map[string]struct {
		asked func(path) any
		want  string
	}{
		"none": {func(path) any { return waymark.OfferHandoffRequest{} }, "becomes the fields []"},
		"two":  {func(p path) any { return waymark.OfferHandoffRequest{Shipment: p.id, To: p.id} }, `becomes the fields ["Shipment" "To"]`},
	} {
		_, err := route{path: "/v1/shipments/{id}", doc: documented{asked: tt.asked}}.operation()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o, err := route{path: "/v1/shipments/{id}", doc: documented{asked: func(p path) any { return waymark.OfferHandoffRequest{Shipment: p.id} }}}.operation()
	if err != nil || len(o.Parameters) != 1 || o.Parameters[0].Field != "Shipment" {
		t.Errorf("%+v, %v", o.Parameters, err)
	}
}
