package main

import "time"

// amounts are how much is measured.
type amounts struct {
	idle    time.Duration
	raw     []int         // transactions in flight, at one level after another; the least comes first
	ramp    time.Duration // before a raw level is looked at
	rawEach time.Duration // of a level, twice

	devices int // of each row through the whole way, if it does not say otherwise
	packs   []pack
	each    time.Duration // of a row through the whole way

	rates []float64 // messages a second at which latency is measured, and then at bestPart of the best rate

	signatures int // full requests of them that are verified

	fleets    []int   // devices that are connected
	fleetRate float64 // messages a second of all of them

	busyRate  float64       // messages a second while business is measured
	askEach   time.Duration // of one kind of call
	shipments int           // handed over in parallel
	followers int           // of events

	firstSize   int           // readings on the ledger
	growth      []int         // times as many
	fillTimeout time.Duration // each time
}

// pack is what messages of a row of ingest are.
type pack struct {
	name     string
	readings int // of a message
	devices  int // if not as many as of other rows
	anchored bool
	window   int // messages of a device under way
	ceiling  int // messages a second for which the devices have enough to say
}

// bestPart is the part of the best rate at which latency is measured too.
const bestPart = 0.8

func (s settings) amounts() amounts {
	packs := []pack{
		{name: "ingest_single", readings: 1, window: 64, ceiling: 6000},
		{name: "ingest_packs_of_10", readings: 10, window: 64, ceiling: 5000},
		{name: "ingest_packs_of_100", readings: 100, window: 16, ceiling: 1500},
		// Few devices that say much, so that a window has many messages: what one costs is of all in it.
		{name: "ingest_anchored_packs_of_100", readings: 100, devices: 10, anchored: true, window: 160, ceiling: 2500},
	}
	if s.Quick {
		for i := range packs {
			packs[i].window, packs[i].devices = 8, 0
		}
		return amounts{idle: 2 * time.Second, raw: []int{1, 16}, ramp: time.Second, rawEach: 2 * time.Second,
			devices: 8, packs: packs, each: 3 * time.Second, rates: []float64{20},
			signatures: 1, fleets: []int{2, 20}, fleetRate: 20, busyRate: 20, askEach: 3 * time.Second, shipments: 2, followers: 3,
			firstSize: 1000, growth: []int{1, 2}, fillTimeout: time.Minute}
	}
	return amounts{idle: time.Minute, raw: []int{1, 16, 64, 128, 256, 400}, ramp: 3 * time.Second, rawEach: 15 * time.Second,
		devices: 100, packs: packs, each: time.Minute, rates: []float64{100, 500},
		signatures: 50, fleets: []int{10, 1000, 10_000}, fleetRate: 200, busyRate: 500, askEach: 15 * time.Second, shipments: 10, followers: 100,
		firstSize: 30_000, growth: []int{1, 10, 100}, fillTimeout: 5 * time.Minute}
}
