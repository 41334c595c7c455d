package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
	"github.com/waymark-ledger/waymark/chaincode/waymark/senml"
	"github.com/waymark-ledger/waymark/test/internal/csvlog"
	"github.com/waymark-ledger/waymark/test/internal/trip"
)

// The condition of the demo's shipment.
const (
	minimum = "2"
	maximum = "8"
)

// journey is what one logger measures: before the first handoff, and after it.
type journey struct{ before, after []sample }

// sample is what a logger measures at one moment.
type sample []senml.Reading

// samplesEach is how many readings of each logger a made-up trip has.
const samplesEach = 200

// loadTrips returns the journey of each logger: from a file for the first, made up
// otherwise. A file replaces the made-up trips altogether.
func loadTrips(file string) ([]journey, error) {
	if file != "" {
		samples, err := readLog(file)
		if err != nil {
			return nil, err
		}
		return []journey{split(samples, len(samples)/2)}, nil
	}
	calm, err := made(trip.ColdChain, 1)
	if err != nil {
		return nil, err
	}
	warm, err := made(trip.Excursion, 2)
	if err != nil {
		return nil, err
	}
	// The excursion comes between 60 and 75 per cent of the trip: on the way.
	return []journey{split(warm, samplesEach/2), split(calm, samplesEach/2)}, nil
}

// readLog reads a data logger's file. The demo keeps what was measured, not when:
// a ledger takes no reading from before a device was registered.
func readLog(file string) ([]sample, error) {
	f, err := os.Open(file) //nolint:gosec // the caller names it
	if err != nil {
		return nil, fmt.Errorf("open logger file: %w", err)
	}
	defer f.Close()
	rows, err := csvlog.Read(f, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(rows) < 2 {
		return nil, fmt.Errorf("%s: has %d rows with readings, the story needs at least 2", file, len(rows))
	}
	samples := make([]sample, len(rows))
	for i, row := range rows {
		samples[i] = row.Readings
	}
	return samples, nil
}

func made(kind trip.Kind, seed uint64) ([]sample, error) {
	generated, err := trip.Generate(trip.Options{Kind: kind, Samples: samplesEach, Interval: time.Minute, Seed: seed})
	if err != nil {
		return nil, err
	}
	samples := make([]sample, len(generated))
	for i, s := range generated {
		samples[i] = s.Readings[:1] // the temperature: one reading for each sample
	}
	return samples, nil
}

func split(samples []sample, at int) journey {
	return journey{before: samples[:at], after: samples[at:]}
}

// verdict is what the ledger must find for samples, worked out apart from it.
func verdict(samples []sample) waymark.ConditionState {
	state := waymark.ConditionUnknown
	for _, s := range samples {
		for _, r := range s {
			if r.Name != "temperature" || r.Unit != "Cel" {
				continue
			}
			if r.Value < 200 || r.Value > 800 {
				return waymark.ConditionNonConformant
			}
			state = waymark.ConditionConformant
		}
	}
	return state
}

// stamp gives samples their times: spread over a second from now, since a ledger
// takes no reading from the future.
func stamp(samples []sample, from time.Time) []sample {
	stamped := make([]sample, len(samples))
	step := time.Second / time.Duration(max(1, len(samples)))
	for i, s := range samples {
		stamped[i] = slices.Clone(s)
		for j := range stamped[i] {
			stamped[i][j].Time = from.Add(time.Duration(i) * step).UTC().Truncate(time.Millisecond)
		}
	}
	return stamped
}
