package tracing_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/waymark-ledger/waymark/gateway/internal/tracing"
)

// TestTheTraceOfATransactionIsKnown, of the last ones that were sampled, by the span that named them first.
func TestTheTraceOfATransactionIsKnown(t *testing.T) {
	p := provider(t, 1)
	ctx, span := p.Serve(t.Context(), header(parent), "request", "")
	defer span.End()
	ctx, end := tracing.Start(ctx, "block", tracing.TxID("tx"))
	defer end(nil)
	_, endBelow := tracing.Start(ctx, "submit", tracing.TxID("tx"))
	defer endBelow(nil)
	got := p.Parent("tx")
	if !strings.HasPrefix(got, parent[:36]) || !strings.HasSuffix(got, "-01") || got != p.Parent("tx") {
		t.Errorf("got %q", got)
	}
	if other := p.Parent("another"); other != "" {
		t.Errorf("of another: %q", other)
	}
	for n := range 4096 {
		_, end := tracing.Start(ctx, "block", tracing.TxID(fmt.Sprint(n)))
		end(nil)
	}
	if old := p.Parent("tx"); old != "" {
		t.Errorf("of one long ago: %q", old)
	}
	if p.Parent("0") == "" || p.Parent("4095") == "" {
		t.Error("the last ones are not known")
	}
}

func TestTheTraceOfAnUnsampledTransactionIsNot(t *testing.T) {
	p := provider(t, 0)
	ctx, span := p.Serve(t.Context(), http.Header{}, "request", "")
	defer span.End()
	_, end := tracing.Start(ctx, "block", tracing.TxID("tx"))
	defer end(nil)
	if got := p.Parent("tx"); got != "" {
		t.Errorf("got %q", got)
	}
}
