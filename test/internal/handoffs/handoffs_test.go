package handoffs

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/test/internal/app"
)

const metrics = `# HELP waymark_gateway_retries_total Steps taken again inside one write, by cause.
# TYPE waymark_gateway_retries_total counter
waymark_gateway_retries_total{cause="conflicted"} 3
waymark_gateway_retries_total{cause="submit_failed"} 1
waymark_gateway_submissions_total{outcome="committed",transaction="shipments:Accept"} 5
waymark_gateway_submissions_total{outcome="committed",transaction="shipments:Offer"} 1e+01
waymark_gateway_submissions_total{outcome="conflicted",transaction="shipments:Offer"} 2
waymark_gateway_submissions_total{outcome="committed",transaction="shipments:Create"} 7
go_goroutines 12
`

func TestWhatGatewaysCounted(t *testing.T) {
	c := Counts{map[string]int{}, map[string]int{}}
	c.add(metrics)
	before := Counts{map[string]int{"committed": 4}, map[string]int{"conflicted": 1}}
	want := Counts{map[string]int{"committed": 11, "conflicted": 2}, map[string]int{"conflicted": 2, "submit_failed": 1}}
	if got := c.Less(before); !reflect.DeepEqual(got, want) || got.Writes() != 13 {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestWhatKeepsAHandoffFromHappening(t *testing.T) {
	for want, give := range map[string]error{
		"conflict": fmt.Errorf("offer: %w", &app.Problem{Code: waymark.Conflict}),
		"timeout":  fmt.Errorf("accept: %w", context.DeadlineExceeded),
	} {
		if got := failure(give); got != want {
			t.Errorf("%v: %s, want %s", give, got, want)
		}
	}
}
