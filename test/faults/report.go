package faults

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Outcome is what became of the messages that devices published through a fault: a row of the table.
type Outcome struct {
	Fault        string
	Acknowledged int            // messages that have their PUBACK
	Committed    int            // of them, on every peer
	Quarantined  map[string]int // of them, by code
	Lost         int            // of them, neither nor: at the peer that misses most
	Doubled      int            // messages that a peer has in two transactions
	Late         int            // messages recorded after one with a greater number of the same device
	Pause        time.Duration  // the longest between two commits, from the fault to the end of the load
	Remark       string         // what else a reader has to know, one sentence; may be empty
}

// head is the table's.
const head = `| fault | acknowledged | committed | in quarantine | lost | doubled | late | longest pause | |
|---|---|---|---|---|---|---|---|---|
`

// Table is the outcomes in Markdown.
func Table(outcomes []Outcome) string {
	var b strings.Builder
	b.WriteString(head)
	for _, o := range outcomes {
		fmt.Fprintf(&b, "| %s | %d | %d | %s | %d | %d | %d | %.1f s | %s |\n", o.Fault, o.Acknowledged, o.Committed,
			o.quarantined(), o.Lost, o.Doubled, o.Late, o.Pause.Seconds(), o.Remark)
	}
	return b.String()
}

func (o Outcome) quarantined() string {
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(o.Quarantined)) {
		parts = append(parts, fmt.Sprintf("%d `%s`", o.Quarantined[code], code))
	}
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, ", ")
}
