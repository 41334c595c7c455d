//go:build e2e && linux

package faults_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/faults"
	"github.com/waymark-ledger/waymark/test/internal/page"
)

// tableWithin bounds all rows together, on two cores that do nothing else.
const tableWithin = 12 * time.Minute

// TestFaultTable lets each fault happen while devices publish. P1, P2: what a device was acknowledged is on the ledger of every
// peer or in quarantine with its reason, nothing is there twice, and what is recorded of a device is in its order.
func TestFaultTable(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("the same moments again with -seed %d", *seed)
	began := time.Now()
	rows := slices.Concat(killed(), fleets(), stopped(), away(), full(), clocks(), messages())
	outcomes := inflictAll(t, rows)
	took := time.Since(began).Round(time.Second)
	text := fmt.Sprintf("Measured on %s in %s, with seed %d, %d at once: %s; commit %s.\n\n%s", local.conditions.Date.Format(time.DateOnly), took, *seed,
		*together, local.conditions.Text(), local.conditions.Waymark, faults.Table(outcomes))
	fmt.Println(text)
	if took > tableWithin {
		t.Logf("it took %s, and is meant to take %s", took, tableWithin)
	}
	if *table == "" || t.Failed() || len(outcomes) < len(rows) {
		return
	}
	if err := page.Write(*table, "faults", text); err != nil {
		t.Error(err)
	}
}

// inflictAll runs all rows: first those that make the network's own parts fail, one after another, then the others, so many at once
// as are to be. It returns the outcomes of those that came to an end, in the order of the rows.
func inflictAll(t *testing.T, rows []fault) []faults.Outcome {
	t.Helper()
	outcomes := make([]*faults.Outcome, len(rows))
	run := func(i int) {
		t.Run(rows[i].name, func(t *testing.T) {
			o := rows[i].run(t, i+1)
			outcomes[i] = &o
		})
	}
	for i, f := range rows {
		if f.alone {
			run(i)
		}
	}
	turns := make(chan struct{}, max(1, *together))
	var all sync.WaitGroup
	for i, f := range rows {
		if f.alone {
			continue
		}
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			run(i)
		})
	}
	all.Wait()
	var ended []faults.Outcome
	for _, o := range outcomes {
		if o != nil {
			ended = append(ended, *o)
		}
	}
	return ended
}
