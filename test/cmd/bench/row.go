package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/waymark-ledger/waymark/test/internal/timing"
)

// row is what was measured of a way to the ledger.
type row struct {
	name     string
	at       string // as in: 64 in flight
	alone    bool   // the only one of its name
	readings int    // of a message

	rounds    int
	perSecond []float64 // messages, of each round
	spent     spent     // over all rounds
	cell      timing.Cell
}

// add adds a round.
func (r *row) add(during spent, cell timing.Cell) {
	r.rounds++
	r.perSecond = append(r.perSecond, during.perSecond(during.messages))
	r.spent.add(during)
	r.cell.Add(cell)
}

// rate is how many messages a second there were.
func (r row) rate() float64 { return r.spent.perSecond(r.spent.messages) }

// perMessage is processor time for each message.
func (r row) perMessage(k kind) time.Duration { return each(r.spent.cpu[k], r.spent.messages) }

// each is an amount for each of a number; 0 of none.
func each(amount time.Duration, n int) time.Duration {
	if n <= 0 {
		return 0
	}
	return amount / time.Duration(n)
}

// inFlight is messages at once, at most.
func inFlight(n int) string { return fmt.Sprintf("%d in flight", n) }

// aSecond is a rate.
func aSecond(rate float64) string { return fmt.Sprintf("%.0f a second", rate) }

// id is the row's in the figures.
func (r row) id() string {
	if r.alone {
		return r.name + "_"
	}
	return r.name + "_at_" + strings.ReplaceAll(r.at, " ", "_") + "_"
}

// best is the row with most messages a second; -1 of none.
func best(rows []row) int {
	which := -1
	for i, r := range rows {
		if which < 0 || r.rate() > rows[which].rate() {
			which = i
		}
	}
	return which
}

// costs are what a block and a transaction cost of processor time, by kind.
type costs struct{ block, transaction map[kind]time.Duration }

// solve takes two rows apart that have different numbers of transactions in a block, after what the network
// takes at rest. It reports false if they do not tell the two apart.
func solve(idle spent, few, many row) (costs, bool) {
	a, b := few.spent, many.spent
	determinant := float64(a.blocks)*float64(b.transactions) - float64(b.blocks)*float64(a.transactions)
	if determinant == 0 || idle.took <= 0 {
		return costs{}, false
	}
	c := costs{map[kind]time.Duration{}, map[kind]time.Duration{}}
	for _, k := range kinds() {
		used := func(s spent) float64 {
			return float64(s.cpu[k]) - float64(idle.cpu[k])*s.took.Seconds()/idle.took.Seconds()
		}
		c.block[k] = time.Duration((used(a)*float64(b.transactions) - used(b)*float64(a.transactions)) / determinant)
		c.transaction[k] = time.Duration((used(b)*float64(a.blocks) - used(a)*float64(b.blocks)) / determinant)
	}
	return c, true
}
