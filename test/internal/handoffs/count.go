package handoffs

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Counts is what gateways counted: writes of handoffs by outcome, and steps that they took
// again inside a write, by cause.
type Counts struct{ Outcomes, Retries map[string]int }

// count adds up what all gateways have counted so far.
func (b *Bench) count(ctx context.Context) (Counts, error) {
	all := Counts{map[string]int{}, map[string]int{}}
	for member, a := range b.apps {
		status, text, err := a.Do(ctx, http.MethodGet, "/metrics", nil)
		if err != nil {
			return all, err
		}
		if status != http.StatusOK {
			return all, fmt.Errorf("the metrics of %s: status %d", member, status)
		}
		all.add(string(text))
	}
	return all, nil
}

// counted is a line of Prometheus' text form that Counts either.
var counted = regexp.MustCompile(`^waymark_gateway_(submissions|retries)_total\{([^}]*)\} ([0-9.e+]+)$`)

// label is one label of such a line.
var label = regexp.MustCompile(`(\w+)="([^"]*)"`)

// add reads metrics in Prometheus' text form.
func (c Counts) add(text string) {
	for line := range strings.Lines(text) {
		found := counted.FindStringSubmatch(strings.TrimSpace(line))
		if found == nil {
			continue
		}
		labels := map[string]string{}
		for _, l := range label.FindAllStringSubmatch(found[2], -1) {
			labels[l[1]] = l[2]
		}
		value, err := strconv.ParseFloat(found[3], 64)
		if err != nil {
			continue
		}
		switch transaction := waymark.Transaction(labels["transaction"]); {
		case found[1] == "retries":
			c.Retries[labels["cause"]] += int(value)
		case transaction == waymark.ShipmentsOffer || transaction == waymark.ShipmentsAccept:
			c.Outcomes[labels["outcome"]] += int(value)
		}
	}
}

// Less is what was counted since before.
func (c Counts) Less(before Counts) Counts {
	since := Counts{maps.Clone(c.Outcomes), maps.Clone(c.Retries)}
	for name, n := range before.Outcomes {
		since.Outcomes[name] -= n
	}
	for name, n := range before.Retries {
		since.Retries[name] -= n
	}
	return since
}

// Writes is how many writes of handoffs there were.
func (c Counts) Writes() int { return Sum(c.Outcomes) }

// Sum is all that was counted.
func Sum(by map[string]int) int {
	total := 0
	for _, n := range by {
		total += n
	}
	return total
}
