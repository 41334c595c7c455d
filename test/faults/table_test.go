//go:build e2e && linux

package faults_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/waymark-ledger/waymark/test/faults"
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
	var outcomes []faults.Outcome
	rows := slices.Concat(killed(), fleets(), stopped(), away(), full(), clocks(), messages())
	for _, f := range rows {
		t.Run(f.name, func(t *testing.T) { outcomes = append(outcomes, f.run(t)) })
	}
	took := time.Since(began).Round(time.Second)
	text := fmt.Sprintf("Measured on %s in %s, with seed %d: %s; commit %s.\n\n%s", local.conditions.Date.Format(time.DateOnly), took, *seed,
		local.conditions.Text(), local.conditions.Waymark, faults.Table(outcomes))
	fmt.Println(text)
	if took > tableWithin {
		t.Logf("it took %s, and is meant to take %s", took, tableWithin)
	}
	if *table == "" || t.Failed() || len(outcomes) < len(rows) {
		return
	}
	if err := write(*table, text); err != nil {
		t.Error(err)
	}
}

// write puts the table into its page.
func write(path, text string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed, err := faults.Insert(string(page), text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(changed), 0o600)
}
