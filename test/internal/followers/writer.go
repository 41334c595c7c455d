package followers

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/gateway/client"
)

// maxWriting bounds the writes that are under way.
const maxWriting = 100

// Writer registers products, each once.
type Writer struct{ serial int }

// Write registers products at a steady rate for so long, as an admin, and returns how many.
func (w *Writer) Write(ctx context.Context, c *client.Client, perSecond int, long time.Duration) (int, error) {
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	places := make(chan struct{}, maxWriting)
	var writing sync.WaitGroup
	n := 0
	for end := time.Now().Add(long); time.Now().Before(end) && ctx.Err() == nil; n++ {
		<-ticker.C
		w.serial++
		product := waymark.RegisterProductRequest{GTIN: gtin(w.serial), Name: "vaccine"}
		places <- struct{}{}
		writing.Go(func() {
			defer func() { <-places }()
			if _, err := c.RegisterProduct(ctx, product, client.WithoutKey()); err != nil {
				fail(fmt.Errorf("a write failed: %w", err))
			}
		})
	}
	writing.Wait()
	return n, context.Cause(ctx)
}

// gtin is a number of 14 digits, the last its check digit (GS1 General Specifications, 7.9.1).
func gtin(serial int) string {
	digits := fmt.Sprintf("%013d", serial)
	sum := 0
	for i, d := range digits {
		weight := 3 - 2*(i%2)
		sum += weight * int(d-'0')
	}
	return fmt.Sprintf("%s%d", digits, (10-sum%10)%10)
}
