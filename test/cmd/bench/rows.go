package main

import "context"

// rowOf is a row of the report, and how it is measured.
type rowOf struct {
	name       string
	ownNetwork bool // it changes what others are measured on
	measure    func(ctx context.Context, b *bench, r *report) error
	again      func(ctx context.Context, b *bench, r *report) error // after all others; may be nil
}

// rows are all of them, in the order in which they are measured.
func rows() []rowOf {
	return []rowOf{
		{name: "raw", measure: measureRaw, again: rawAgain},
		{name: "ingest", measure: measureIngest},
		{name: "latency", measure: measureLatency},
		{name: "limit", measure: measureLimit},
		{name: "fleet", measure: measureFleet},
		{name: "handoff", measure: measureHandoff},
		{name: "authorize", measure: measureAuthorize},
		{name: "read", measure: measureRead},
		{name: "events", measure: measureEvents},
		{name: "growth", ownNetwork: true, measure: measureGrowth},
	}
}

func rowNames() (names []string) {
	for _, r := range rows() {
		names = append(names, r.name)
	}
	return names
}
