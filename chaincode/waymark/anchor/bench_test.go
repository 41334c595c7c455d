package anchor_test

import (
	"slices"
	"testing"

	"github.com/waymark-ledger/waymark/chaincode/waymark/anchor"
)

// BenchmarkRun is what an endorser does with the bytes of a run of 20 messages of two series.
func BenchmarkRun(b *testing.B) {
	text := run(slices.Repeat([]anchor.Line{line()}, 20)...).Text()
	for b.Loop() {
		r, err := anchor.ParseRun(text)
		if err != nil {
			b.Fatal(err)
		}
		r.Root()
	}
	b.ReportMetric(float64(len(text))/20, "bytes/message")
}
